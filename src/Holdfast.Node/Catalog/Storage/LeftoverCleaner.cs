using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>Removes leftovers of killed runs, but nothing that another run is writing.</summary>
internal static class LeftoverCleaner
{
    /// <summary>Removes the leftovers in the folder of a chain.</summary>
    public static async Task RemoveAsync(IDestination destination, StoredChain chain, CancellationToken cancellationToken)
    {
        // A run that was killed before it created its first file leaves an empty folder. Removing a file also removes its empty
        // folder, even if the file does not exist.
        if (chain is { Archives.Count: 0, Leftovers.Count: 0 })
        {
            await TryRemoveAsync(destination, $"{chain.Path}/{ArchiveName.PartialSuffix}", cancellationToken);
        }
        foreach (var partial in chain.Leftovers.Where(IsPartial))
        {
            await TryRemoveAsync(destination, partial, cancellationToken);
        }
        if (chain.Leftovers.All(IsPartial))
        {
            return;
        }
        // An index is renamed just before its archive. One that now has neither an archive nor a partial archive has lost it for
        // good.
        var now = await DatabaseFolder.ReadChainAsync(destination, chain.Path, chain.Name, cancellationToken);
        var underWay = now.Leftovers.Where(IsPartial).Select(Stem).ToHashSet(StringComparer.Ordinal);
        foreach (var index in now.Leftovers.Where(f => !IsPartial(f) && !underWay.Contains(Stem(f)) && chain.Leftovers.Contains(f)))
        {
            await TryRemoveAsync(destination, index, cancellationToken);
        }
    }

    /// <summary>
    /// Removes one file; false if that is impossible, for example for a partial file whose writer is running and holds its lock.
    /// </summary>
    public static async Task<bool> TryRemoveAsync(IDestination destination, string path, CancellationToken cancellationToken)
    {
        try
        {
            await destination.DeleteAsync(path, cancellationToken);
            return true;
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationFailed)
        {
            return false;
        }
    }

    private static bool IsPartial(string path) => path.EndsWith(ArchiveName.PartialSuffix, StringComparison.Ordinal);

    // The time and form, which an archive and its index have in common.
    private static string Stem(string path)
    {
        var name = path.LastIndexOf('/') + 1;
        var form = path.IndexOf('.', name) + 1;
        var end = path.IndexOf('.', form);
        return end < 0 ? path : path[..end];
    }
}
