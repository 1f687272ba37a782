using Holdfast.Archive.Format;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Verification;

/// <summary>The result of verifying one archive.</summary>
/// <param name="Archive">The archive.</param>
/// <param name="Header">Its header; null if unreadable.</param>
/// <param name="TarBytes">Bytes of its tar stream, all of which were verified; 0 if there is a problem.</param>
/// <param name="Problem">The problem with its position; null if the archive is intact.</param>
public sealed record VerifyResult(StoredArchive Archive, ArchiveHeader? Header, long TarBytes, HoldfastException? Problem)
{
    /// <summary>SHA-256 of its manifest, Base64; null if unreadable.</summary>
    public string? ManifestSha256 { get; init; }
}
