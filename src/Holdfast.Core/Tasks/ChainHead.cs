namespace Holdfast.Core.Tasks;

/// <summary>
/// The newest archive of a task's newest chain, as written. It is part of the state, so it is known even if the catalog is lost.
/// </summary>
/// <param name="Chain">Id of the chain.</param>
/// <param name="Archive">Id of the archive.</param>
/// <param name="Length">Bytes of its file.</param>
/// <param name="Sha256">SHA-256 of those bytes, Base64.</param>
/// <param name="ManifestSha256">SHA-256 of its manifest, Base64.</param>
public sealed record ChainHead(string Chain, string Archive, long Length, string Sha256, string ManifestSha256)
{
    /// <summary>Its path at each destination; null if an earlier version stored this record.</summary>
    public string? Path { get; init; }
}
