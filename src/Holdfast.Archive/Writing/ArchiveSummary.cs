namespace Holdfast.Archive.Writing;

/// <summary>The result of writing an archive.</summary>
/// <param name="Id">Id of the archive.</param>
/// <param name="IsUnchanged">
/// Whether it is an incremental with the same contents as the archive before it, so that it need not be kept.
/// </param>
/// <param name="TotalBytes">Size of all items at this point, in bytes.</param>
/// <param name="OwnBytes">Bytes of items stored in the archive itself, before compression.</param>
/// <param name="StoredBytes">Size of the file, in bytes.</param>
/// <param name="ManifestSha256">SHA-256 of the manifest, Base64, with which a catalog detects a forged archive.</param>
/// <param name="StoredSha256">SHA-256 of the file, Base64.</param>
/// <param name="IndexBytes">Size of the index file, in bytes.</param>
/// <param name="IndexSha256">SHA-256 of the index file, Base64.</param>
public sealed record ArchiveSummary(
    string Id,
    bool IsUnchanged,
    long TotalBytes,
    long OwnBytes,
    long StoredBytes,
    string ManifestSha256,
    string StoredSha256,
    long IndexBytes,
    string IndexSha256
);
