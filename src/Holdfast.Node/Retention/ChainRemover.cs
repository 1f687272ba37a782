using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Retention;

/// <summary>Removes a chain from a destination.</summary>
internal static class ChainRemover
{
    /// <summary>
    /// Removes its archives from the newest to the full one, so that the rest can still be restored after an interruption; then
    /// leftovers of killed runs in the same folder.
    /// </summary>
    /// <param name="destination">The destination.</param>
    /// <param name="chain">The chain, as listed: nothing newer is removed.</param>
    /// <param name="cancellationToken">Cancels the removal between two files.</param>
    public static async Task RemoveAsync(IDestination destination, StoredChain chain, CancellationToken cancellationToken)
    {
        foreach (var archive in chain.Archives.Reverse())
        {
            // The index first: an archive without an index is still a backup, but an index without an archive is useless.
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
