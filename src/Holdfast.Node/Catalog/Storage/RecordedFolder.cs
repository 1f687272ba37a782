using Holdfast.Core.Databases;
using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>The chains in the folder of a database as the catalog knows them, in the form of a listing.</summary>
internal static class RecordedFolder
{
    /// <summary>The chains, the newest first; null if the folder has to be listed.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="destination">Name of the destination in the catalog.</param>
    /// <param name="database">The database.</param>
    /// <param name="task">The task whose newest chain is to be extended; null for one-time backups.</param>
    /// <exception cref="Core.Errors.HoldfastException">The catalog cannot be read.</exception>
    public static IReadOnlyList<StoredChain>? Find(ICatalog catalog, string destination, DatabaseId database, string? task)
    {
        if (!catalog.Folders.Contains(destination, database))
        {
            return null;
        }
        var chains = catalog.ChainsOf(database);
        return chains.LastOrDefault(c => c.Task == task) is { } newest && !IsComplete(newest, destination)
            ? null
            : [.. chains.Reverse().Select(c => ToStored(c, destination)).OfType<StoredChain>()];
    }

    /// <summary>
    /// Whether everything that the next incremental needs is known of a chain: each archive with its index, the archive that it builds
    /// on, and no problem of its copy. An archive without a copy at the destination was never there.
    /// </summary>
    private static bool IsComplete(CatalogChain chain, string destination)
    {
        string? parent = null;
        foreach (var (archive, copies) in chain.Entries)
        {
            if (
                archive is not { IsRecorded: true, IndexLength: not null }
                || archive.Parent != parent
                || copies.FirstOrDefault(c => c.Destination == destination) is { State: not CopyState.Whole }
            )
            {
                return false;
            }
            parent = archive.Id;
        }

        return chain.Full is not null;
    }

    // Null if nothing of it is there.
    private static StoredChain? ToStored(CatalogChain chain, string destination)
    {
        if (ChainName.TryParse(chain.Path[(chain.Path.LastIndexOf('/') + 1)..]) is not { } name)
        {
            return null;
        }
        var archives = chain
            .Entries.Where(e => e.CopyAt(destination) is { State: not CopyState.Missing })
            .Select(e => (e.Archive, Name: ArchiveName.TryParse(e.Archive.Name)))
            .Where(e => e.Name is not null)
            .Select(e => new StoredArchive($"{chain.Path}/{e.Name}", e.Name!, e.Archive.Length, e.Archive.IndexLength is not null)
            {
                IndexLength = e.Archive.IndexLength,
            })
            .OrderBy(a => a.Name.Time)
            .ThenBy(a => a.Path, StringComparer.Ordinal)
            .ToList();
        return archives.Count == 0 ? null : new(chain.Path, name, archives, []);
    }
}
