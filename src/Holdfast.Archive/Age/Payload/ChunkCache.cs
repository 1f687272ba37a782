using System.Security.Cryptography;

namespace Holdfast.Archive.Age.Payload;

/// <summary>
/// The plaintext of one chunk: the one last read in part, as the next read often goes on within it. Several threads may
/// use it.
/// </summary>
internal sealed class ChunkCache(AgeLayout layout)
{
    private readonly Lock _gate = new();
    private readonly byte[] _plaintext = new byte[Math.Min(layout.Length, AgePayload.ChunkSize)];
    private long _chunk = -1;

    /// <summary>
    /// Copies what the cache holds from <paramref name="offset"/> of the plaintext; gives the number of bytes, 0 where
    /// it holds another chunk.
    /// </summary>
    public int Read(long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            return offset / AgePayload.ChunkSize == _chunk ? Copy(offset, buffer) : 0;
        }
    }

    /// <summary>Decrypts a chunk into the cache and copies from it; null where it is not authentic, and then the cache is empty.</summary>
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
