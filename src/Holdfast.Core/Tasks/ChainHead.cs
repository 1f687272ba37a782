namespace Holdfast.Core.Tasks;

/// <summary>
/// The newest archive of a task's newest chain, as it was written: what the state knows of it even where the catalog is
/// lost.
/// </summary>
/// <param name="Chain">Id of the chain.</param>
/// <param name="Archive">Id of the archive.</param>
/// <param name="Length">Bytes of its file.</param>
/// <param name="Sha256">SHA-256 of those bytes, Base64.</param>
/// <param name="ManifestSha256">SHA-256 of its manifest, Base64.</param>
public sealed record ChainHead(string Chain, string Archive, long Length, string Sha256, string ManifestSha256)
{
    /// <summary>Its path at each destination; null where an earlier build stored this.</summary>
    public string? Path { get; init; }
}
