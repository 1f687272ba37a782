using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Node.Places;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Backups;

/// <summary>Removes what the backups that a crash ended have left at the destinations, so that it goes even where their task never runs again.</summary>
/// <param name="destinations">All destinations.</param>
public sealed class CrashCleaner(DestinationBook destinations)
{
    /// <summary>Cleans the folders of these databases. What cannot be cleaned now, the next backup cleans.</summary>
    public async Task CleanAsync(IReadOnlyCollection<DatabaseId> databases, CancellationToken cancellationToken)
    {
        if (databases.Count == 0) return;
        foreach (var destination in destinations.Items)
        {
            foreach (var database in databases)
            {
                try
                {
                    await CleanAsync(destination.Key, database, cancellationToken);
                }
                catch (HoldfastException)
                {
                    break; // the destination is not there: the next backup says so
                }
            }
        }
    }

    private async Task CleanAsync(string destination, DatabaseId database, CancellationToken cancellationToken)
    {
        var opened = await destinations.OpenAsync(destination, cancellationToken);
        await foreach (var chain in DatabaseFolder.Of(opened, database).ChainsAsync(cancellationToken))
        {
            if (chain.Leftovers.Count > 0 || chain.Archives.Count == 0) await Leftovers.RemoveAsync(opened, chain, cancellationToken);
        }
    }
}
