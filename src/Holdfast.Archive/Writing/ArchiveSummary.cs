namespace Holdfast.Archive.Writing;

/// <summary>What writing one archive came to.</summary>
/// <param name="Id">Id of the archive.</param>
/// <param name="IsUnchanged">An incremental whose contents equal those of the archive before it: it need not be kept.</param>
/// <param name="TotalBytes">Bytes of all items at this point.</param>
/// <param name="OwnBytes">Bytes of items that the archive itself holds, before compression.</param>
/// <param name="StoredBytes">Bytes of the file.</param>
/// <param name="ManifestSha256">SHA-256 of the manifest, Base64: a catalog that keeps it can tell a forged archive.</param>
/// <param name="StoredSha256">SHA-256 of the file, Base64.</param>
/// <param name="IndexBytes">Bytes of the index file.</param>
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
