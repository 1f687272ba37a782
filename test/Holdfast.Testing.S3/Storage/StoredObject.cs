namespace Holdfast.Testing.S3.Storage;

/// <summary>An object of a bucket.</summary>
public sealed record StoredObject
{
    /// <summary>Its content, in segments.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Content { get; init; }

    /// <summary>Its ETag, without quotes.</summary>
    public required string ETag { get; init; }

    /// <summary>When it was stored.</summary>
    public required DateTimeOffset Modified { get; init; }

    /// <summary>Its storage class.</summary>
    public string StorageClass { get; init; } = "STANDARD";

    /// <summary>Headers of encryption and metadata that were sent with it.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Its length, in bytes.</summary>
    public long Length => Content.Sum(s => (long)s.Length);

    /// <summary>Its whole content.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        var at = 0;
        foreach (var segment in Content)
        {
            segment.Span.CopyTo(bytes.AsSpan(at));
            at += segment.Length;
        }
        return bytes;
    }
}
