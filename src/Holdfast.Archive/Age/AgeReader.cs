using System.Buffers;
using System.Security.Cryptography;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>
/// The plaintext of an age file, read from anywhere in it. Nothing is given out that was not authenticated. Several tasks may read at once; chunks
/// that a read covers wholly are decrypted into the caller's memory, the others into a cache of one chunk behind a lock.
/// </summary>
internal sealed class AgeReader : IByteSource
{
    private const int MaxChunksPerRead = 31; // just under 2 MiB: 1 MiB from anywhere is one read of the file

    private readonly IByteSource _source;
    private readonly AgePayload _payload;
    private readonly long _payloadStart;
    private readonly AgeLayout _layout;
    private readonly Lock _gate = new();
    private readonly byte[] _cached;
    private long _cachedChunk = -1;

    private AgeReader(IByteSource source, AgePayload payload, long payloadStart, AgeLayout layout)
    {
        (_source, _payload, _payloadStart, _layout) = (source, payload, payloadStart, layout);
        _cached = new byte[Math.Min(layout.Length, AgePayload.ChunkSize)];
    }

    /// <inheritdoc/>
    public string Name => _source.Name;

    /// <inheritdoc/>
    public long Length => _layout.Length;

    /// <summary>Opens the file, whose end is checked, so that a cut file is found now. The reader owns the source from then on; not where this fails.</summary>
    /// <param name="source">The file.</param>
    /// <param name="keys">Keys to try.</param>
    /// <param name="canBeLength">
    /// Whether whole plaintext can have this length; null where nothing is known. When the end is not authentic, this tells a cut file from a damaged one.
    /// </param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.KeyMissing"/>, <see cref="ErrorCatalogue.KeyWrong"/>, <see cref="ErrorCatalogue.Corrupt"/> or <see cref="ErrorCatalogue.Truncated"/>.
    /// </exception>
    public static async ValueTask<AgeReader> OpenAsync(IByteSource source, AgeKeys keys, Func<long, bool>? canBeLength, CancellationToken cancellationToken)
    {
        var header = await AgeHeader.ReadAsync(source, cancellationToken);
        var fileKey = HeaderUnlock.Open(header, keys, source.Name);
        try
        {
            var payloadStart = header.Length + (long)AgePayload.NonceSize;
            var layout = AgeLayout.TryOf(source.Length - payloadStart) ?? throw Cut(source);
            var nonce = new byte[AgePayload.NonceSize];
            await source.ReadAsync(header.Length, nonce, cancellationToken);
            var reader = new AgeReader(source, new(fileKey, nonce), payloadStart, layout);
            await reader.CheckEndAsync(canBeLength, cancellationToken);
            return reader;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset < 0 || offset > Length - buffer.Length)
            throw new HoldfastException(ErrorCatalogue.Truncated, $"{Name} holds {Length} bytes of plaintext; {buffer.Length} were wanted at byte {offset}.");
        while (!buffer.IsEmpty)
        {
            var done = ReadCached(offset, buffer.Span);
            if (done == 0) done = await ReadChunksAsync(offset, buffer, cancellationToken);
            offset += done;
            buffer = buffer[done..];
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _payload.Dispose();
        return _source.DisposeAsync();
    }

    private async ValueTask CheckEndAsync(Func<long, bool>? canBeLength, CancellationToken cancellationToken)
    {
        var stored = new byte[_layout.StoredSize(_layout.LastChunk)];
        await _source.ReadAsync(_payloadStart + AgeLayout.StoredOffset(_layout.LastChunk), stored, cancellationToken);
        using var cipher = _payload.CreateCipher();
        if (AgePayload.TryOpen(cipher, _layout.LastChunk, isLast: true, stored, _cached.AsSpan(0, stored.Length - AgePayload.TagSize)))
        {
            _cachedChunk = _layout.LastChunk;
            return;
        }

        var isWholeChunk = stored.Length == AgePayload.SealedSize;
        if (isWholeChunk && AgePayload.TryOpen(cipher, _layout.LastChunk, isLast: false, stored, _cached)) throw Cut(_source);
        // A short chunk that is not authentic: cut within a chunk, or damaged. A file of many chunks is far more likely to have lost its end.
        var isWhole = canBeLength is null ? isWholeChunk || _layout.LastChunk == 0 : canBeLength(Length);
        throw isWhole ? Damaged(_layout.LastChunk) : Cut(_source);
    }

    private int ReadCached(long offset, Span<byte> buffer)
    {
        lock (_gate) return offset / AgePayload.ChunkSize == _cachedChunk ? CopyCached(offset, buffer) : 0;
    }

    private async ValueTask<int> ReadChunksAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var first = offset / AgePayload.ChunkSize;
        var last = Math.Min((offset + buffer.Length - 1) / AgePayload.ChunkSize, first + MaxChunksPerRead - 1);
        var storedStart = AgeLayout.StoredOffset(first);
        var storedSize = (int)(AgeLayout.StoredOffset(last) + _layout.StoredSize(last) - storedStart);
        var stored = ArrayPool<byte>.Shared.Rent(storedSize);
        try
        {
            await _source.ReadAsync(_payloadStart + storedStart, stored.AsMemory(0, storedSize), cancellationToken);
            return OpenChunks(first, stored.AsSpan(0, storedSize), offset, buffer.Span);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    private int OpenChunks(long chunk, ReadOnlySpan<byte> stored, long offset, Span<byte> buffer)
    {
        using var cipher = _payload.CreateCipher();
        var done = 0;
        for (; !stored.IsEmpty; chunk++)
        {
            var size = _layout.StoredSize(chunk);
            done += OpenChunk(cipher, chunk, stored[..size], offset + done, buffer[done..]);
            stored = stored[size..];
        }

        return done;
    }

    private int OpenChunk(ChaCha20Poly1305 cipher, long chunk, ReadOnlySpan<byte> stored, long offset, Span<byte> buffer)
    {
        var isLast = chunk == _layout.LastChunk;
        var size = stored.Length - AgePayload.TagSize;
        if (offset % AgePayload.ChunkSize == 0 && size <= buffer.Length)
            return AgePayload.TryOpen(cipher, chunk, isLast, stored, buffer[..size]) ? size : throw Damaged(chunk);
        lock (_gate)
        {
            _cachedChunk = -1;
            if (!AgePayload.TryOpen(cipher, chunk, isLast, stored, _cached.AsSpan(0, size))) throw Damaged(chunk);
            _cachedChunk = chunk;
            return CopyCached(offset, buffer);
        }
    }

    private int CopyCached(long offset, Span<byte> buffer)
    {
        var within = (int)(offset % AgePayload.ChunkSize);
        var size = Math.Min(buffer.Length, _layout.PlainSize(_cachedChunk) - within);
        _cached.AsSpan(within, size).CopyTo(buffer);
        return size;
    }

    private HoldfastException Damaged(long chunk)
    {
        var start = _payloadStart + AgeLayout.StoredOffset(chunk);
        return new(ErrorCatalogue.Corrupt, $"{Name} is damaged: bytes {start} to {start + _layout.StoredSize(chunk) - 1} are not what was encrypted.", "Use another copy of the file.");
    }

    private static HoldfastException Cut(IByteSource source) =>
        new(ErrorCatalogue.Truncated, $"{source.Name} ends after {source.Length} bytes, before the end that was encrypted.", "It was cut when it was written or copied.");
}
