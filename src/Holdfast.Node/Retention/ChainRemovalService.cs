using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;
using Holdfast.Node.Backups;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Retention;

/// <summary>Removes one chain that an operator has selected, exactly as it was shown.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="catalog">Forgets the chain before it is removed, so that it is not considered missing.</param>
/// <param name="checks">Forgets its verification results.</param>
/// <param name="queue">Prevents backups that could extend the chain meanwhile.</param>
/// <param name="chains">The chains that are being read, which cannot be removed.</param>
/// <param name="lost">Records with the task that its newest chain at a destination was removed.</param>
/// <param name="shared">Tells other servers that the chain is gone.</param>
public sealed class ChainRemovalService(
    DestinationRegistry destinations,
    ICatalog catalog,
    ChainVerificationHistory checks,
    OperationQueue queue,
    ChainLocks chains,
    LostBackupRecorder lost,
    SharedCatalogWriter shared
)
{
    /// <summary>Removes a chain at a destination.</summary>
    /// <param name="name">Name of the destination.</param>
    /// <param name="path">Path of the chain's folder there.</param>
    /// <param name="shown">Length of each of its archives, by file name, as shown.</param>
    /// <param name="cancellationToken">Cancels the removal between two files; what is left is a truncated chain.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Conflict"/> if it differs from what was shown; <see
    /// cref="ErrorCatalog.NotAllowed"/> if backups of its task do not end soon, or a restore reads it; <see
    /// cref="ErrorCatalog.NotFound"/>; or a failure of the destination.</exception>
    public async Task RemoveAsync(string name, string path, IReadOnlyDictionary<string, long> shown, CancellationToken cancellationToken)
    {
        path = string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries)); // normalized, as in the catalog and the queue
        var key = BackupJob.KeyOf(NameOf(path).Task, FolderOf(path));
        await queue.RunExclusivelyAsync(
            key,
            [name],
            async token =>
            {
                await RemoveExclusivelyAsync(name, path, shown, token);
                return true;
            },
            cancellationToken
        );
    }

    private async Task RemoveExclusivelyAsync(
        string name,
        string path,
        IReadOnlyDictionary<string, long> shown,
        CancellationToken cancellationToken
    )
    {
        await using var destination = await destinations.OpenAsync(name, cancellationToken);
        var chain = await GetUnchangedAsync(destination, path, NameOf(path), shown, cancellationToken);
        using var use = chains.TryAcquireDelete(name, path)
            ?? throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"A restore is reading '{path}' at '{name}'.",
                "Wait until it has ended, or abort it."
            );
        if (chain.Name.Task is { } maker && await IsNewestAsync(destination, chain, cancellationToken))
        {
            lost.Record(name, maker); // before the removal: the database is no longer protected, whatever happens next
        }
        var database = catalog.Find(path)?.Database;
        await catalog.ForgetAsync(name, path);
        await RemoveAsync(destination, chain, cancellationToken);
        checks.Forget(name, path);
        if (database is not null)
        {
            await shared.TryUpdateAsync(new(name, destination.Identity), destination, database, cancellationToken);
        }
    }

    /// <summary>Removes the chain at a path, without a server.</summary>
    /// <param name="stored">The chain, as shown.</param>
    /// <param name="folder">Name of its folder.</param>
    /// <param name="cancellationToken">
    /// As for <see cref="RemoveAsync(string, string, IReadOnlyDictionary{string, long}, CancellationToken)"/>.
    /// </param>
    /// <exception cref="HoldfastException">As above.</exception>
    public static async Task RemoveAsync(ResolvedLocation stored, string folder, CancellationToken cancellationToken)
    {
        var shown = stored.Chains[0].Archives.ToDictionary(a => a.Name.ToString(), a => a.Length, StringComparer.Ordinal);
        await RemoveAsync(
            stored.Destination,
            await GetUnchangedAsync(stored.Destination, stored.Chains[0].Path, NameOf(folder), shown, cancellationToken),
            cancellationToken
        );
    }

    private static async Task RemoveAsync(IDestination destination, StoredChain chain, CancellationToken cancellationToken)
    {
        if (await ChainRemover.RemoveAsync(destination, [chain], _ => { }, cancellationToken) is [var failure, ..])
        {
            throw failure.Error;
        }
    }

    private static async Task<bool> IsNewestAsync(IDestination destination, StoredChain chain, CancellationToken cancellationToken)
    {
        await foreach (var other in new DatabaseFolder(destination, FolderOf(chain.Path)).ListChainsAsync(cancellationToken))
        {
            if (other.Path != chain.Path && other.Name.Task == chain.Name.Task && other.NewestTime > chain.NewestTime)
            {
                return false;
            }
        }

        return true;
    }

    private static async Task<StoredChain> GetUnchangedAsync(
        IDestination destination,
        string path,
        ChainName name,
        IReadOnlyDictionary<string, long> shown,
        CancellationToken cancellationToken
    )
    {
        var chain = await DatabaseFolder.ReadChainAsync(destination, path, name, cancellationToken);
        if (chain.Archives.Count == 0)
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"There is no chain '{path}' at '{destination.Name}'.",
                "List them with: holdfast points"
            );
        }
        var isAsShown =
            chain.Archives.Count == shown.Count
            && chain.Archives.All(a => shown.TryGetValue(a.Name.ToString(), out var bytes) && bytes == a.Length);
        return isAsShown
            ? chain
            : throw new HoldfastException(
                ErrorCatalog.Conflict,
                $"The chain '{path}' differs from what was shown: it has {chain.Archives.Count} archives now.",
                "Read it again, and retry."
            );
    }

    private static string FolderOf(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];

    private static ChainName NameOf(string path) =>
        ChainName.TryParse(path[(path.LastIndexOf('/') + 1)..])
        ?? throw new HoldfastException(
            ErrorCatalog.Usage,
            $"'{path}' is not the folder of a chain.",
            "A chain's folder is named <time>.<node>-<type>[-<task>]."
        );
}
