namespace Holdfast.Archive.Writing;

/// <summary>The result of writing an archive.</summary>
public sealed record ArchiveSummary
{
    /// <summary>Id of the archive.</summary>
    public required string Id { get; init; }

    /// <summary>Whether it is an incremental with the same contents as the archive before it, so that it need not be kept.</summary>
    public required bool IsUnchanged { get; init; }

    /// <summary>Size of all items at this point, in bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Bytes of items stored in the archive itself, before compression.</summary>
    public required long OwnBytes { get; init; }

    /// <summary>Size of the file, in bytes.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>SHA-256 of the manifest, Base64, with which a catalog detects a forged archive.</summary>
    public required string ManifestSha256 { get; init; }

    /// <summary>SHA-256 of the file, Base64.</summary>
    public required string StoredSha256 { get; init; }

    /// <summary>Size of the index file, in bytes.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>SHA-256 of the index file, Base64.</summary>
    public required string IndexSha256 { get; init; }
}
