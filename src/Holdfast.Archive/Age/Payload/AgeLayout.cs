namespace Holdfast.Archive.Age.Payload;

/// <summary>The positions of the chunks of a payload.</summary>
/// <param name="Length">Size of the plaintext, in bytes.</param>
/// <param name="LastChunk">Number of the last chunk, from 0. It has 1 to 65,536 bytes; the only chunk may be empty.</param>
internal readonly record struct AgeLayout(long Length, long LastChunk)
{
    /// <summary>
    /// Returns the layout of a payload of <paramref name="storedBytes"/> without its nonce; null if no complete payload has that size.
    /// </summary>
    public static AgeLayout? TryOf(long storedBytes)
    {
        var last = (storedBytes - 1) / AgePayload.SealedSize;
        var lastSize = storedBytes - (last * AgePayload.SealedSize) - AgePayload.TagSize;
        return storedBytes < AgePayload.TagSize || lastSize < 0 || (lastSize == 0 && last > 0)
            ? null
            : new((last * AgePayload.ChunkSize) + lastSize, last);
    }

    /// <summary>Returns the offset of a chunk from the first one.</summary>
    public static long StoredOffset(long chunk) => chunk * AgePayload.SealedSize;

    /// <summary>Returns the stored size of a chunk, including its tag.</summary>
    public int StoredSize(long chunk) => PlainSize(chunk) + AgePayload.TagSize;

    /// <summary>Returns the size of the plaintext in a chunk.</summary>
    public int PlainSize(long chunk) => chunk == LastChunk ? (int)(Length - (chunk * AgePayload.ChunkSize)) : AgePayload.ChunkSize;
}
