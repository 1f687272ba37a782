using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Retention;

/// <summary>Removes a chain from a destination.</summary>
internal static class ChainRemover
{
    /// <summary>
    /// Removes its archives from the newest to the full one, so that what is left when it is stopped halfway can still
    /// be restored, and what killed runs left beside them.
    /// </summary>
    /// <param name="destination">The destination.</param>
    /// <param name="chain">The chain, as it was listed there: nothing that came since is removed.</param>
    /// <param name="cancellationToken">Stops it between two files.</param>
    public static async Task RemoveAsync(IDestination destination, StoredChain chain, CancellationToken cancellationToken)
    {
        foreach (var archive in chain.Archives.Reverse())
        {
            // The index first: an archive without one is still a backup, an index without an archive is nothing.
            if (archive.HasIndex)
            {
                await destination.DeleteAsync(archive.IndexPath, cancellationToken);
            }
            await destination.DeleteAsync(archive.Path, cancellationToken);
        }

        foreach (var leftover in chain.Leftovers)
        {
            await LeftoverCleaner.TryRemoveAsync(destination, leftover, cancellationToken);
        }
    }
}
