using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Retention;

/// <summary>Removes chains from a destination.</summary>
internal static class ChainRemover
{
    /// <summary>Files of one deletion where several chains are deleted at once; as many as stores delete by one request.</summary>
    internal const int BatchFiles = 1000;

    /// <summary>
    /// Removes chains in this order, the archives of each from the newest to the full one, so that the rest can still be restored after an
    /// interruption; then leftovers of killed runs in the same folders. A chain that is locked does not keep the others from being removed;
    /// after any other failure, nothing more is tried.
    /// </summary>
    /// <param name="destination">The destination.</param>
    /// <param name="chains">The chains, as listed: nothing newer is removed.</param>
    /// <param name="removed">Called for each chain of which nothing is left. Must not block.</param>
    /// <param name="cancellationToken">Cancels the removal between two batches.</param>
    /// <returns>The files that could not be deleted.</returns>
    public static async Task<IReadOnlyList<DeletionFailure>> RemoveAsync(
        IDestination destination,
        IReadOnlyList<StoredChain> chains,
        Action<StoredChain> removed,
        CancellationToken cancellationToken
    )
    {
        var failures = new List<DeletionFailure>();
        foreach (var batch in Batch(chains, destination.Capabilities.BatchDelete))
        {
            var left = batch;
            while (left.Count > 0)
            {
                var failed = await destination.DeleteManyAsync([.. left.SelectMany(FilesOf)], cancellationToken);
                failures.AddRange(failed);
                var affected = left.Where(c => failed.Any(f => f.Path.StartsWith($"{c.Path}/", StringComparison.Ordinal))).ToList();
                if (failed.Count > 0 && (affected.Count == 0 || failed.Any(f => f.Error.Error != ErrorCatalog.DestinationLocked)))
                {
                    return failures; // it is unknown what was tried after the first failure
                }
                if (failed.Count == 0)
                {
                    foreach (var chain in left)
                    {
                        await RemoveLeftoversAsync(destination, chain, cancellationToken);
                        removed(chain);
                    }
                    break;
                }
                left = [.. left.Except(affected)];
            }
        }
        return failures;
    }

    private static async Task RemoveLeftoversAsync(IDestination destination, StoredChain chain, CancellationToken cancellationToken)
    {
        if (destination.Capabilities.IsRemote)
        {
            if (chain.Leftovers.Count > 0)
            {
                await LeftoverCleaner.RemoveAsync(destination, chain, cancellationToken);
            }
            return;
        }
        foreach (var leftover in chain.Leftovers)
        {
            await LeftoverCleaner.TryRemoveAsync(destination, leftover, cancellationToken);
        }
    }

    // Where each file costs a call of its own, batches of one chain tell exactly what was removed before an interruption.
    private static IEnumerable<List<StoredChain>> Batch(IReadOnlyList<StoredChain> chains, bool together)
    {
        var (batch, files) = (new List<StoredChain>(), 0);
        foreach (var chain in chains)
        {
            var own = FilesOf(chain).Count();
            if (batch.Count > 0 && (!together || files + own > BatchFiles))
            {
                yield return batch;
                (batch, files) = ([], 0);
            }
            batch.Add(chain);
            files += own;
        }
        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    // The index first: an archive without an index is still a backup, but an index without an archive is useless.
    private static IEnumerable<string> FilesOf(StoredChain chain) =>
        chain.Archives.Reverse().SelectMany(a => a.HasIndex ? (string[])[a.IndexPath, a.Path] : [a.Path]);
}
