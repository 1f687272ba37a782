using Holdfast.Archive.Format;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Verification;

/// <summary>What verifying one archive came to.</summary>
/// <param name="Archive">The archive.</param>
/// <param name="Header">Its header; null where it could not be read.</param>
/// <param name="TarBytes">Bytes of its tar stream, all of which were checked; 0 where there is a problem.</param>
/// <param name="Problem">What is wrong, and where; null where it is whole.</param>
public sealed record VerifyResult(StoredArchive Archive, ArchiveHeader? Header, long TarBytes, HoldfastException? Problem)
{
    /// <summary>SHA-256 of its manifest, Base64; null where it could not be read.</summary>
    public string? ManifestSha256 { get; init; }
}
