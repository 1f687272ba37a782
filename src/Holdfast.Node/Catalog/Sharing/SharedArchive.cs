namespace Holdfast.Node.Catalog.Sharing;

/// <summary>An archive in a <see cref="SharedCatalog"/>: what its listing shows, and hashes of the stored bytes.</summary>
/// <param name="Name">File name.</param>
/// <param name="Length">Length of the file, in bytes.</param>
/// <param name="Sha256">SHA-256 of the file, Base64; null if unknown.</param>
/// <param name="IndexLength">Length of its index, in bytes; null if unknown.</param>
/// <param name="IndexSha256">SHA-256 of its index, Base64; null if unknown.</param>
public sealed record SharedArchive(string Name, long Length, string? Sha256, long? IndexLength, string? IndexSha256)
{
    /// <summary>The same, with hashes that it lacks and that another description has for the same lengths.</summary>
    internal SharedArchive AddFrom(SharedArchive other)
    {
        if (Sha256 is not null || other.Length != Length)
        {
            return this;
        }
        var isSameIndex = IndexSha256 is null && (IndexLength is null || IndexLength == other.IndexLength);
        return this with
        {
            Sha256 = other.Sha256,
            IndexLength = isSameIndex ? other.IndexLength : IndexLength,
            IndexSha256 = isSameIndex ? other.IndexSha256 : IndexSha256,
        };
    }
}
