using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>Removes leftovers of killed runs, but nothing that another run is writing.</summary>
internal static class LeftoverCleaner
{
    /// <summary>
    /// Minimum age of a leftover at a remote destination, by its clock. Its listings do not show what is being uploaded: an index whose
    /// archive follows looks like one whose backup was killed.
    /// </summary>
    public static readonly TimeSpan MinAge = TimeSpan.FromDays(1);

    /// <summary>Removes the leftovers in the folder of a chain.</summary>
    public static async Task RemoveAsync(IDestination destination, StoredChain chain, CancellationToken cancellationToken)
    {
        if (destination.Capabilities.IsRemote)
        {
            await RemoveOldAsync(destination, chain, cancellationToken);
            return;
        }
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
        catch (HoldfastException e) when (IsRefusal(e.Error))
        {
            return false;
        }
    }

    // Without the destination's clock nothing is known to be old.
    private static async Task RemoveOldAsync(IDestination destination, StoredChain chain, CancellationToken cancellationToken)
    {
        if (destination.ServerTime is not { } now || !chain.Leftovers.Any(IsOld))
        {
            return;
        }
        // An upload can take longer than a day: its archive may have been published, or its index replaced, since the listing.
        var latest = await DatabaseFolder.ReadChainAsync(destination, chain.Path, chain.Name, cancellationToken);
        foreach (var leftover in latest.Leftovers.Where(f => IsOld(f) && latest.IsOlderThan(f, now - MinAge)))
        {
            if (!await IsBeingUploadedAsync(destination, leftover, now, cancellationToken))
            {
                await TryRemoveAsync(destination, leftover, cancellationToken);
            }
        }

        bool IsOld(string leftover) => chain.IsOlderThan(leftover, now - MinAge);
    }

    private static async Task<bool> IsBeingUploadedAsync(
        IDestination destination,
        string leftover,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        await foreach (var upload in destination.ListUnfinishedAsync(cancellationToken))
        {
            if (Stem(upload.Path) == Stem(leftover) && now - await destination.FindLastActivityAsync(upload, cancellationToken) < MinAge)
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsRefusal(Error error) =>
        error == ErrorCatalog.DestinationFailed || error == ErrorCatalog.DestinationDenied || error == ErrorCatalog.DestinationLocked;

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
