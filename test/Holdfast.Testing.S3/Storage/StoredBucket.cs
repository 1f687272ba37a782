namespace Holdfast.Testing.S3.Storage;

/// <summary>The objects and uploads of a bucket. All members are guarded by <see cref="Lock"/>.</summary>
public sealed class StoredBucket
{
    /// <summary>Guards the bucket.</summary>
    public Lock Lock { get; } = new();

    /// <summary>The objects by key. Ordinal order is that of their UTF-8 bytes, by which S3 lists, except beyond the BMP.</summary>
    public SortedDictionary<string, StoredObject> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>Uploads that are not completed, by id.</summary>
    public Dictionary<string, StoredUpload> Uploads { get; } = new(StringComparer.Ordinal);

    /// <summary>Uploads that were completed, by id, with the ETag of their object.</summary>
    public Dictionary<string, string> Completed { get; } = new(StringComparer.Ordinal);
}
