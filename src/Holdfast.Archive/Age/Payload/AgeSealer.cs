using System.Security.Cryptography;
using Holdfast.Archive.Age.Headers;
using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Age.Payload;

/// <summary>
/// Encrypts a stream of plaintext as an age file. Chunks are encrypted in parallel and in place: the plaintext is collected with gaps for
/// the tags, so a piece needs one buffer of 1 MiB. A file that fits into one piece starts no workers. Without <see cref="CompleteAsync"/>
/// the file is truncated, which every reader detects.
/// </summary>
internal sealed class AgeSealer : IAsyncDisposable
{
    private const int MaxPieceSize = 1 << 20;
    private const int FirstPieceSize = 8 * 1024;
    private const int ChunksPerPiece = MaxPieceSize / AgePayload.SealedSize;

    private readonly Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> _output;
    private readonly int _workers;
    private readonly CancellationToken _stop;
    private readonly AgePayload _payload;
    private OrderedWorkers<Piece, PooledBuffer>? _stage;
    private PooledBuffer _buffer;
    private int _clearBytes;
    private int _chunkBytes;
    private int _chunks = 1;
    private long _firstChunk;
    private bool _isEnded;

    /// <summary>Creates a file key and the header. With a passphrase this takes about a second.</summary>
    /// <param name="protection">The recipients or the passphrase.</param>
    /// <param name="output">Receives the bytes of the file, one call at a time; the memory is valid during the call only.</param>
    /// <param name="workers">Maximum number of pieces of 1 MiB in flight.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public AgeSealer(
        AgeProtection protection,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
        int workers,
        CancellationToken cancellationToken
    )
    {
        (_output, _workers, _stop) = (output, workers, cancellationToken);
        Span<byte> fileKey = stackalloc byte[FileKey.Size];
        Span<byte> nonce = stackalloc byte[AgePayload.NonceSize];
        RandomNumberGenerator.Fill(fileKey);
        RandomNumberGenerator.Fill(nonce);
        var header = AgeHeader.Write(protection, fileKey);
        _payload = new(fileKey, nonce);
        CryptographicOperations.ZeroMemory(fileKey);
        _buffer = new(Math.Max(FirstPieceSize, header.Length * 2));
        Append(header);
        Append(nonce);
        _clearBytes = _buffer.Length;
    }

    /// <summary>Encrypts the next bytes; the caller may reuse the memory when this returns. Rethrows exceptions of the output.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_isEnded)
        {
            throw new InvalidOperationException("The file is complete.");
        }
        while (!plaintext.IsEmpty)
        {
            // A full chunk stays open until more bytes arrive: it may be the last, which is marked.
            if (_chunkBytes == AgePayload.ChunkSize)
            {
                await NextChunkAsync();
            }
            var count = Math.Min(plaintext.Length, AgePayload.ChunkSize - _chunkBytes);
            Append(plaintext.Span[..count]);
            _chunkBytes += count;
            plaintext = plaintext[count..];
        }
    }

    /// <summary>Marks the end and waits until the output has received everything.</summary>
    public async ValueTask CompleteAsync()
    {
        if (_isEnded)
        {
            throw new InvalidOperationException("The file is complete.");
        }
        _isEnded = true; // the piece owns the buffer now
        var piece = DetachPiece(isLast: true);
        if (_stage is null)
        {
            await ForwardAsync(Seal(piece), _stop);
            return;
        }

        await _stage.AddAsync(piece);
        await _stage.CompleteAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_stage is not null)
        {
            await _stage.DisposeAsync();
        }
        if (!_isEnded)
        {
            _buffer.Dispose();
        }
        _payload.Dispose();
    }

    private async ValueTask NextChunkAsync()
    {
        _chunkBytes = 0;
        if (_chunks < ChunksPerPiece)
        {
            _chunks++;
            Reserve(AgePayload.TagSize);
            _buffer.Length += AgePayload.TagSize;
            return;
        }

        var piece = DetachPiece(isLast: false);
        _buffer = new(MaxPieceSize);
        (_clearBytes, _chunks) = (0, 1);
        _firstChunk += ChunksPerPiece;
        _stage ??= new(_workers, Seal, ForwardAsync, _stop);
        await _stage.AddAsync(piece);
    }

    private Piece DetachPiece(bool isLast)
    {
        Reserve(AgePayload.TagSize);
        _buffer.Length += AgePayload.TagSize;
        return new(_buffer, _clearBytes, _firstChunk, isLast);
    }

    private PooledBuffer Seal(Piece piece)
    {
        using var cipher = _payload.CreateCipher();
        var rest = piece.Buffer.Span[piece.ClearBytes..];
        for (var number = piece.FirstChunk; !rest.IsEmpty; number++)
        {
            var size = Math.Min(rest.Length, AgePayload.SealedSize);
            AgePayload.Seal(cipher, number, piece.IsLast && size == rest.Length, rest[..size]);
            rest = rest[size..];
        }

        return piece.Buffer;
    }

    private async ValueTask ForwardAsync(PooledBuffer buffer, CancellationToken cancellationToken)
    {
        using (buffer)
        {
            await _output(buffer.Memory, cancellationToken);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.Free);
        _buffer.Length += bytes.Length;
    }

    private void Reserve(int bytes)
    {
        var needed = _buffer.Length + bytes;
        if (needed > _buffer.Capacity)
        {
            _buffer = _buffer.Grow(needed + AgePayload.TagSize, MaxPieceSize);
        }
    }

    private readonly record struct Piece(PooledBuffer Buffer, int ClearBytes, long FirstChunk, bool IsLast);
}
