using System.Security.Cryptography;

namespace Holdfast.Archive.Age.Payload;

/// <summary>The plaintext of the chunk last read in part, because the next read often continues in it. Thread-safe.</summary>
internal sealed class ChunkCache(AgeLayout layout)
{
    private readonly Lock _gate = new();
    private readonly byte[] _plaintext = new byte[Math.Min(layout.Length, AgePayload.ChunkSize)];
    private long _chunk = -1;

    /// <summary>
    /// Copies cached plaintext from <paramref name="offset"/>; returns the number of bytes, 0 if another chunk is cached.
    /// </summary>
    public int Read(long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            return offset / AgePayload.ChunkSize == _chunk ? Copy(offset, buffer) : 0;
        }
    }

    /// <summary>
    /// Decrypts a chunk into the cache and copies from it; null if it is not authentic, in which case the cache is empty.
    /// </summary>
    public int? Open(ChaCha20Poly1305 cipher, long chunk, bool isLast, ReadOnlySpan<byte> stored, long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            _chunk = -1;
            if (!AgePayload.TryOpen(cipher, chunk, isLast, stored, _plaintext.AsSpan(0, stored.Length - AgePayload.TagSize)))
            {
                return null;
            }
            _chunk = chunk;
            return Copy(offset, buffer);
        }
    }

    private int Copy(long offset, Span<byte> buffer)
    {
        var within = (int)(offset % AgePayload.ChunkSize);
        var size = Math.Min(buffer.Length, layout.PlainSize(_chunk) - within);
        _plaintext.AsSpan(within, size).CopyTo(buffer);
        return size;
    }
}
