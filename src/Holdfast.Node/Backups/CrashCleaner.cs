using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;

namespace Holdfast.Node.Backups;

/// <summary>Removes what a crash left at the destinations, even if no task uses them any more.</summary>
/// <param name="destinations">All destinations.</param>
public sealed class CrashCleaner(DestinationRegistry destinations)
{
    /// <summary>
    /// Cleans the roots, where a killed process may have been writing the restore instructions, and the folders of these databases.
    /// The next backup cleans what cannot be cleaned now.
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
                // The destination is unavailable: the next backup reports that.
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                odd ??= e; // the other destinations are cleaned anyway
            }
        }

        if (odd is not null)
        {
            throw new InvalidOperationException($"The files that a crash left cannot be removed: {odd.Message}", odd);
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
