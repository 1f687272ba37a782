using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;

namespace Holdfast.Node.Backups;

/// <summary>Removes what a crash has left at the destinations, so that it goes even where no task runs there again.</summary>
/// <param name="destinations">All destinations.</param>
public sealed class CrashCleaner(DestinationRegistry destinations)
{
    /// <summary>
    /// Cleans the roots, where a killed process may have been putting the guide without any backup, and the folders of
    /// these databases. What cannot be
    /// cleaned now, the next backup cleans.
    /// </summary>
    public async Task CleanAsync(IReadOnlyCollection<DatabaseId> databases, CancellationToken cancellationToken)
    {
        Exception? odd = null;
        foreach (var destination in destinations.Items)
        {
            try
            {
                await using var opened = await destinations.OpenAsync(destination.Key, cancellationToken);
                await RestoreInstructions.CleanAsync(opened, cancellationToken);
                foreach (var database in databases)
                {
                    await CleanAsync(opened, database, cancellationToken);
                }
            }
            catch (HoldfastException)
            {
                // The destination is not there: the next backup says so.
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                odd ??= e; // the other destinations are cleaned all the same
            }
        }

        if (odd is not null)
        {
            throw new InvalidOperationException($"What a crash left cannot be removed: {odd.Message}", odd);
        }
    }

    private static async Task CleanAsync(IDestination destination, DatabaseId database, CancellationToken cancellationToken)
    {
        await foreach (var chain in DatabaseFolder.Of(destination, database).ListChainsAsync(cancellationToken))
        {
            if (chain.Leftovers.Count > 0 || chain.Archives.Count == 0)
            {
                await LeftoverCleaner.RemoveAsync(destination, chain, cancellationToken);
            }
        }
    }
}
