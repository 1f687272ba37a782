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
    /// Cleans the roots of local destinations, where a killed process may have been writing the restore instructions, and the folders of
    /// the databases whose backups were interrupted. The next backup cleans what cannot be cleaned now.
    /// </summary>
    /// <param name="databases">The databases whose backups were interrupted.</param>
    /// <param name="old">
    /// Those whose backups were interrupted so long ago that what they left at remote destinations can be removed; nothing else is listed
    /// there.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task CleanAsync(
        IReadOnlyCollection<DatabaseId> databases,
        IReadOnlyCollection<DatabaseId> old,
        CancellationToken cancellationToken
    )
    {
        Exception? odd = null;
        foreach (var destination in destinations.Items)
        {
            var isRemote = destinations.IsRemote(destination.Value);
            if (isRemote && old.Count == 0)
            {
                continue;
            }
            try
            {
                await using var opened = await destinations.OpenAsync(destination.Key, cancellationToken);
                if (!isRemote)
                {
                    await RestoreInstructions.CleanAsync(opened, cancellationToken);
                }
                foreach (var database in isRemote ? old : databases)
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
