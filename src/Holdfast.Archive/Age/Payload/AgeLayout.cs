namespace Holdfast.Archive.Age.Payload;

/// <summary>Where the chunks of a payload lie.</summary>
/// <param name="Length">Bytes of plaintext.</param>
/// <param name="LastChunk">Number of the last chunk, counted from 0; it holds 1 to 65,536 bytes, or none where it is the only one.</param>
internal readonly record struct AgeLayout(long Length, long LastChunk)
{
    /// <summary>
    /// The layout of a payload that takes <paramref name="storedBytes"/> without its nonce; null where no whole payload
    /// does.
    /// </summary>
    public static AgeLayout? TryOf(long storedBytes)
    {
        var last = (storedBytes - 1) / AgePayload.SealedSize;
        var lastSize = storedBytes - (last * AgePayload.SealedSize) - AgePayload.TagSize;
        return storedBytes < AgePayload.TagSize || lastSize < 0 || (lastSize == 0 && last > 0)
            ? null
            : new((last * AgePayload.ChunkSize) + lastSize, last);
    }

    /// <summary>Where a chunk begins, counted from the first one.</summary>
    public static long StoredOffset(long chunk) => chunk * AgePayload.SealedSize;

    /// <summary>Bytes that a chunk takes, its tag with it.</summary>
    public int StoredSize(long chunk) => PlainSize(chunk) + AgePayload.TagSize;

    /// <summary>Bytes of plaintext in a chunk.</summary>
    public int PlainSize(long chunk) => chunk == LastChunk ? (int)(Length - (chunk * AgePayload.ChunkSize)) : AgePayload.ChunkSize;
}
