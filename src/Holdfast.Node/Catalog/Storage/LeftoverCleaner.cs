using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>Removes what runs that were killed have left, and nothing that another run is writing at this moment.</summary>
internal static class LeftoverCleaner
{
    /// <summary>Removes the leftovers in a chain's folder.</summary>
    public static async Task RemoveAsync(IDestination destination, StoredChain chain, CancellationToken cancellationToken)
    {
        // A run that was killed before it began its first file leaves an empty folder, which goes with the last file in
        // it, one that is not there too.
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
        // An index gets its name a moment before its archive does: what now has neither archive nor partial archive
        // beside it has lost it for good.
        var now = await DatabaseFolder.ReadChainAsync(destination, chain.Path, chain.Name, cancellationToken);
        var underWay = now.Leftovers.Where(IsPartial).Select(Stem).ToHashSet(StringComparer.Ordinal);
        foreach (var index in now.Leftovers.Where(f => !IsPartial(f) && !underWay.Contains(Stem(f)) && chain.Leftovers.Contains(f)))
        {
            await TryRemoveAsync(destination, index, cancellationToken);
        }
    }

    /// <summary>Removes one file; false where that cannot be done, as with a partial file whose writer lives and holds its lock.</summary>
    public static async Task<bool> TryRemoveAsync(IDestination destination, string path, CancellationToken cancellationToken)
    {
        try
        {
            await destination.DeleteAsync(path, cancellationToken);
            return true;
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.DestinationFailed)
        {
            return false;
        }
    }

    private static bool IsPartial(string path) => path.EndsWith(ArchiveName.PartialSuffix, StringComparison.Ordinal);

    // The time and form, which an archive and its index share.
    private static string Stem(string path)
    {
        var name = path.LastIndexOf('/') + 1;
        var form = path.IndexOf('.', name) + 1;
        var end = path.IndexOf('.', form);
        return end < 0 ? path : path[..end];
    }
}
