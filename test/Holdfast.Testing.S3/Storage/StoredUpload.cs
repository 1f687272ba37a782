namespace Holdfast.Testing.S3.Storage;

/// <summary>A multipart upload that is not completed.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Key">The key of the object that it becomes.</param>
/// <param name="Initiated">When it was started.</param>
public sealed record StoredUpload(string Id, string Key, DateTimeOffset Initiated)
{
    /// <summary>The parts by number. Guarded by the bucket's lock.</summary>
    public SortedDictionary<int, StoredObject> Parts { get; } = [];

    /// <summary>Its storage class.</summary>
    public string StorageClass { get; init; } = "STANDARD";

    /// <summary>Headers of encryption and metadata that were sent with it.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}
