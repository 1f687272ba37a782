using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Search;

/// <summary>
/// What the file for other servers in the folder of a database says about the archives of a listing, so that they need not be opened to be
/// shown. Anyone who can write to the destination can have written it: it says nothing about archives that the listing does not have or
/// has with another length, and nothing is restored because of it.
/// </summary>
internal sealed class FolderHints
{
    private readonly string? _folder;
    private readonly Dictionary<string, SharedChain> _chains;

    private FolderHints(SharedCatalog catalog, string? folder)
    {
        _folder = folder;
        _chains = catalog.Chains.DistinctBy(c => c.Name, StringComparer.Ordinal).ToDictionary(c => c.Name, StringComparer.Ordinal);
    }

    /// <summary>
    /// Reads the file of a folder; null if there is none, if it cannot be used, or if it would save nothing. Costs at most one request.
    /// </summary>
    /// <param name="path">The location.</param>
    /// <param name="folder">Path of the folder at the location's destination.</param>
    /// <param name="chains">Its chains there.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<FolderHints?> ReadAsync(
        ResolvedLocation path,
        string folder,
        IEnumerable<StoredChain> chains,
        CancellationToken cancellationToken
    )
    {
        if (path.Archive is not null || !path.MayHaveHints(folder) || chains.Sum(c => c.Archives.Count) < 2)
        {
            return null;
        }
        try
        {
            return await SharedCatalog.FindAsync(path.Destination, folder, cancellationToken) is { } file
                ? new(file.Content, path.FindDatabaseFolder(folder))
                : null;
        }
        catch (HoldfastException) when (!cancellationToken.IsCancellationRequested)
        {
            return null; // damaged or unreadable: the archives speak for themselves
        }
    }

    /// <summary>
    /// Names of the archives of a chain that the file describes as the listing shows them, with their ids; null if they are unknown. Empty
    /// if it does not describe the chain.
    /// </summary>
    /// <param name="chain">The chain, as listed.</param>
    /// <param name="keys">Keys that may open the ids.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<IReadOnlyDictionary<string, RestorePointHint?>> FindAsync(
        StoredChain chain,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        var found = new Dictionary<string, RestorePointHint?>(StringComparer.Ordinal);
        if (!_chains.TryGetValue(chain.Path[(chain.Path.LastIndexOf('/') + 1)..], out var shared))
        {
            return found;
        }
        var ids = await SharedCatalogFormat.FindIdsAsync(shared, keys, cancellationToken);
        if (ids is not null && !IsOfThisFolder(ids.Database))
        {
            return found;
        }
        var lengths = shared.Archives.ToDictionary(a => a.Name, a => a.Length, StringComparer.Ordinal);
        var known = ids?.Archives.ToDictionary(a => a.Name, StringComparer.Ordinal) ?? [];
        foreach (var archive in chain.Archives)
        {
            var name = archive.Name.ToString();
            if (lengths.TryGetValue(name, out var length) && length == archive.Length)
            {
                found[name] = known.TryGetValue(name, out var said) ? new(ids!.Database, said) : null;
            }
        }
        return found;
    }

    // A chain can be copied anywhere: the folders count only below the root of a destination.
    private bool IsOfThisFolder(string database)
    {
        try
        {
            return _folder is null || DatabaseFolder.PathOf(DatabaseId.Parse(database)) == _folder;
        }
        catch (HoldfastException)
        {
            return false;
        }
    }
}
