using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>Lists the folder of a database at one destination, and records how it differs from the catalog.</summary>
/// <param name="catalog">The catalog.</param>
/// <param name="time">The clock.</param>
public sealed class FolderComparison(ICatalog catalog, TimeProvider time)
{
    /// <summary>
    /// Lists the folder and records the differences: names and lengths. From then on a remote folder is known; see
    /// <see cref="KnownFolders"/>.
    /// </summary>
    /// <param name="location">The destination in the catalog.</param>
    /// <param name="opened">The destination.</param>
    /// <param name="database">The database.</param>
    /// <param name="settled">
    /// Tasks whose backups are not publishing now, so that the listing shows the outcome of those before; null for one-time backups.
    /// </param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The chains, the newest first.</returns>
    /// <exception cref="HoldfastException">The destination cannot be listed, or the catalog cannot be read or written.</exception>
    public async Task<IReadOnlyList<StoredChain>> ListAndRecordAsync(
        CopyLocation location,
        IDestination opened,
        DatabaseId database,
        IReadOnlyList<string?> settled,
        CancellationToken cancellationToken
    )
    {
        var known = catalog.ChainsOf(database); // before the listing: see ListingComparer
        var listed = await DatabaseFolder.Of(opened, database).ListChainsAsync(cancellationToken).ToListAsync(cancellationToken);
        await RecordAsync(location, database, known, listed);
        if (opened.Capabilities.IsRemote)
        {
            await catalog.Folders.AddAsync(location, database, settled);
        }
        return listed;
    }

    private async Task RecordAsync(
        CopyLocation location,
        DatabaseId database,
        IReadOnlyList<CatalogChain> known,
        IReadOnlyList<StoredChain> listed
    )
    {
        var now = time.GetUtcNow();
        foreach (var chain in listed.Where(c => c.Archives.Count > 0))
        {
            var before = known.FirstOrDefault(k => k.Path == chain.Path);
            var findings = ListingComparer.Compare(before, chain.Path, chain.Archives, location.Destination, now, location.Identity);
            await catalog.RecordFindingsAsync(database, chain.Name.Task, findings);
        }

        var there = listed.Where(c => c.Archives.Count > 0).Select(c => c.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in known.Where(k => !there.Contains(k.Path)))
        {
            var findings = ListingComparer.Compare(gone, gone.Path, [], location.Destination, now, location.Identity);
            await catalog.RecordFindingsAsync(database, gone.Task, findings);
        }
    }
}
