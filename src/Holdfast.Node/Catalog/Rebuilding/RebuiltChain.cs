using Holdfast.Core.Databases;
using Holdfast.Node.Catalog.Sharing;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>A chain that was found at a destination.</summary>
/// <param name="Archives">Its archives, the oldest first.</param>
/// <param name="Database">The database, if an archive or the file for other servers says it; null if unknown.</param>
/// <param name="IsEncrypted">Whether its archives are encrypted.</param>
/// <param name="IsContradicted">Whether the file for other servers says something else than the archives.</param>
internal sealed record RebuiltChain(IReadOnlyList<RebuiltArchive> Archives, DatabaseId? Database, bool IsEncrypted, bool IsContradicted)
{
    /// <summary>
    /// Its ids, as they are written for other servers; null if they are unknown. Those of an encrypted chain can only be taken over,
    /// because its archives do not say to whom they are sealed.
    /// </summary>
    /// <param name="database">The database.</param>
    /// <param name="known">The chain in the file for other servers; null if there is none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<byte[]?> FindIdsAsync(DatabaseId database, SharedChain? known, CancellationToken cancellationToken)
    {
        if (IsEncrypted)
        {
            return IsContradicted || known?.Sealed is not { } file || !SharedCatalogFormat.IsSealed(file) ? null : file;
        }
        if (Archives is not [{ Archive.Chain: { } chain }, ..] || !Archives.All(a => a.Archive.IsRecorded))
        {
            return null;
        }
        var ids = Archives
            .Select(a => a.Archive)
            .Select(a => new SharedArchiveIds(a.Name, a.Id!, a.Parent, a.ManifestSha256, a.Started))
            .ToList();
        return await SharedCatalogFormat.SealAsync(new(chain, database.ToString(), ids), protection: null, cancellationToken);
    }
}
