using System.Buffers;
using System.Security.Cryptography;
using Holdfast.Archive.Age.Headers;
using Holdfast.Archive.Items;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age.Payload;

/// <summary>
/// Random access to the plaintext of an age file. Only authenticated bytes are returned. Thread-safe: chunks that a read covers completely
/// are decrypted into the caller's memory, others into a cache of one chunk behind a lock.
/// </summary>
internal sealed class AgeReader : IByteSource
{
    private const int MaxChunksPerRead = 31; // just under 2 MiB: any read of 1 MiB is one read of the file

    private readonly IByteSource _source;
    private readonly AgePayload _payload;
    private readonly long _payloadStart;
    private readonly AgeLayout _layout;
    private readonly ChunkCache _cache;

    private AgeReader(IByteSource source, AgePayload payload, long payloadStart, AgeLayout layout)
    {
        (_source, _payload, _payloadStart, _layout) = (source, payload, payloadStart, layout);
        _cache = new(layout);
    }

    /// <inheritdoc/>
    public string Name => _source.Name;

    /// <summary>The key or passphrase that opened it. For a logical archive of an encrypted database, the database's own key.</summary>
    public required DatabaseKey OpenedWith { get; init; }

    /// <inheritdoc/>
    public long Length => _layout.Length;

    /// <inheritdoc/>
    public bool IsRemote => _source.IsRemote;

    /// <inheritdoc/>
    public int Copy => _source.Copy;

    /// <summary>
    /// Opens the file and checks its end, so that truncation is detected now. On success the reader owns the source; on failure it does
    /// not.
    /// </summary>
    /// <param name="source">The file.</param>
    /// <param name="keys">Keys to try.</param>
    /// <param name="canBeLength">
    /// Whether complete plaintext can have this length; null if unknown. If the end is not authentic, this distinguishes a truncated file
    /// from a damaged one.
    /// </param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.KeyMissing"/>, <see cref="ErrorCatalog.KeyWrong"/>, <see cref="ErrorCatalog.Corrupt"/> or
    /// <see cref="ErrorCatalog.Truncated"/>.
    /// </exception>
    public static async ValueTask<AgeReader> OpenAsync(
        IByteSource source,
        AgeKeys keys,
        Func<long, bool>? canBeLength,
        CancellationToken cancellationToken
    )
    {
        var header = await AgeHeader.ReadAsync(source, cancellationToken);
        var (fileKey, openedWith) = HeaderUnlock.Unlock(header, keys, source.Name);
        try
        {
            var payloadStart = header.Length + (long)AgePayload.NonceSize;
            var layout = AgeLayout.TryOf(source.Length - payloadStart) ?? throw Cut(source);
            var nonce = await ReadNonceAsync(header, source, cancellationToken);
            var reader = new AgeReader(source, new(fileKey, nonce.Span), payloadStart, layout) { OpenedWith = openedWith };
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
        CheckBounds(offset, buffer.Length);
        while (!buffer.IsEmpty)
        {
            var done = _cache.Read(offset, buffer.Span);
            if (done == 0)
            {
                done = await ReadChunksAsync(offset, buffer, cancellationToken);
            }
            offset += done;
            buffer = buffer[done..];
        }
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(long offset, long length, CancellationToken cancellationToken)
    {
        CheckBounds(offset, length);
        if (length == 0)
        {
            return Stream.Null;
        }
        var (first, last) = (offset / AgePayload.ChunkSize, (offset + length - 1) / AgePayload.ChunkSize);
        var start = AgeLayout.StoredOffset(first);
        var size = AgeLayout.StoredOffset(last) + _layout.StoredSize(last) - start;
        var copy = Copy;
        var stored = await _source.OpenReadAsync(_payloadStart + start, size, cancellationToken);
        return new AgeRangeStream(this, stored, copy, offset, length);
    }

    /// <inheritdoc/>
    public ValueTask<bool> TryNextCopyAsync(int damaged, HoldfastException problem, CancellationToken cancellationToken) =>
        _source.TryNextCopyAsync(damaged, problem, cancellationToken);

    /// <summary>Returns the stored size of the chunk that contains the plaintext at <paramref name="offset"/>.</summary>
    internal int StoredSizeAt(long offset) => _layout.StoredSize(offset / AgePayload.ChunkSize);

    /// <summary>
    /// Decrypts the chunk that contains the plaintext at <paramref name="offset"/>; if it is not authentic, reads it from another copy.
    /// </summary>
    /// <param name="offset">Any offset in the chunk.</param>
    /// <param name="stored">The stored chunk.</param>
    /// <param name="copy">The copy from which it comes.</param>
    /// <param name="plaintext">Receives the chunk.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Size of the plaintext.</returns>
    internal async ValueTask<int> OpenChunkAsync(
        long offset,
        ReadOnlyMemory<byte> stored,
        int copy,
        Memory<byte> plaintext,
        CancellationToken cancellationToken
    )
    {
        var chunk = offset / AgePayload.ChunkSize;
        plaintext = plaintext[..(stored.Length - AgePayload.TagSize)];
        if (!TryOpen(chunk, stored.Span, plaintext.Span))
        {
            var problem = Damaged(chunk);
            if (!await TryNextCopyAsync(copy, problem, cancellationToken))
            {
                throw problem;
            }
            await ReadAsync(chunk * AgePayload.ChunkSize, plaintext, cancellationToken);
        }
        return plaintext.Length;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _payload.Dispose();
        return _source.DisposeAsync();
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadNonceAsync(
        AgeHeader header,
        IByteSource source,
        CancellationToken cancellationToken
    )
    {
        // The read of the header nearly always includes the nonce, which saves a request to a remote store.
        if (header.PayloadPrefix.Length >= AgePayload.NonceSize)
        {
            return header.PayloadPrefix[..AgePayload.NonceSize];
        }
        var nonce = new byte[AgePayload.NonceSize];
        await source.ReadAsync(header.Length, nonce, cancellationToken);
        return nonce;
    }

    private async ValueTask CheckEndAsync(Func<long, bool>? canBeLength, CancellationToken cancellationToken)
    {
        var last = _layout.LastChunk;
        var stored = new byte[_layout.StoredSize(last)];
        await _source.ReadAsync(_payloadStart + AgeLayout.StoredOffset(last), stored, cancellationToken);
        using var cipher = _payload.CreateCipher();
        if (_cache.Open(cipher, last, isLast: true, stored, 0, []) is not null)
        {
            return;
        }
        var isFull = stored.Length == AgePayload.SealedSize;
        var hasMoreBehind = isFull && _cache.Open(cipher, last, isLast: false, stored, 0, []) is not null;
        _payload.Dispose();
        if (hasMoreBehind)
        {
            throw Cut(_source);
        }
        // A short chunk that is not authentic is either truncated or damaged. A file of many chunks is far more likely to be truncated.
        var isWhole = canBeLength is null ? isFull || last == 0 : canBeLength(Length);
        throw isWhole ? Damaged(last) : Cut(_source);
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
            while (true)
            {
                var copy = Copy;
                await _source.ReadAsync(_payloadStart + storedStart, stored.AsMemory(0, storedSize), cancellationToken);
                try
                {
                    return OpenChunks(first, stored.AsSpan(0, storedSize), offset, buffer.Span);
                }
                catch (HoldfastException e) when (e.IsDamage)
                {
                    if (!await TryNextCopyAsync(copy, e, cancellationToken))
                    {
                        throw;
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    private void CheckBounds(long offset, long length)
    {
        if (offset < 0 || offset > Length - length)
        {
            throw new HoldfastException(
                ErrorCatalog.Truncated,
                $"{Name} has {Length} bytes of plaintext; {length} were requested at offset {offset}."
            );
        }
    }

    private bool TryOpen(long chunk, ReadOnlySpan<byte> stored, Span<byte> plaintext)
    {
        using var cipher = _payload.CreateCipher();
        return AgePayload.TryOpen(cipher, chunk, chunk == _layout.LastChunk, stored, plaintext);
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
        {
            return AgePayload.TryOpen(cipher, chunk, isLast, stored, buffer[..size]) ? size : throw Damaged(chunk);
        }
        return _cache.Open(cipher, chunk, isLast, stored, offset, buffer) ?? throw Damaged(chunk);
    }

    private HoldfastException Damaged(long chunk)
    {
        var start = _payloadStart + AgeLayout.StoredOffset(chunk);
        return new(
            ErrorCatalog.Corrupt,
            $"{Name} is damaged: bytes {start} to {start + _layout.StoredSize(chunk) - 1} are not authentic.",
            "Use another copy of the file."
        );
    }

    private static HoldfastException Cut(IByteSource source) =>
        new(
            ErrorCatalog.Truncated,
            $"{source.Name} ends after {source.Length} bytes, before the end of the encrypted payload.",
            "It was truncated when it was written or copied."
        );
}
