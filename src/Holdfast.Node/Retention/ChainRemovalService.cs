using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;
using Holdfast.Node.Backups;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Retention;

/// <summary>Removes one chain that an operator has looked at: that chain as it was shown, or nothing.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="catalog">Forgets it before it goes, so that nobody takes it for missing.</param>
/// <param name="checks">Forgets what was found as it was verified.</param>
/// <param name="queue">Lets no backup run that could extend the chain meanwhile.</param>
/// <param name="chains">Which chains are read, and stay.</param>
/// <param name="lost">Records with a task that its newest chain at a destination was removed.</param>
public sealed class ChainRemovalService(
    DestinationRegistry destinations,
    ICatalog catalog,
    ChainVerificationHistory checks,
    OperationQueue queue,
    ChainLocks chains,
    LostBackupRecorder lost
)
{
    /// <summary>Removes a chain at a destination.</summary>
    /// <param name="name">Name of the destination.</param>
    /// <param name="path">Path of the chain's folder there.</param>
    /// <param name="shown">Bytes of each of its archives, by their file names, as they were shown.</param>
    /// <param name="cancellationToken">Stops it between two files; what is left is a chain that is cut short.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Conflict"/> when it is not as it was shown; <see cref="ErrorCatalogue.NotAllowed"/>
    /// where backups of its task do not end soon, or a restore reads it; <see cref="ErrorCatalogue.NotFound"/>, or what
    /// the destination says.
    /// </exception>
    public async Task RemoveAsync(string name, string path, IReadOnlyDictionary<string, long> shown, CancellationToken cancellationToken)
    {
        path = string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries)); // as the catalog and the queue know it
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
                ErrorCatalogue.NotAllowed,
                $"A restore reads '{path}' at '{name}'.",
                "Wait until it has ended, or abort it."
            );
        if (chain.Name.Task is { } maker && await IsNewestAsync(destination, chain, cancellationToken))
        {
            lost.Record(name, maker); // before: it is protected no longer, whatever becomes of the rest
        }
        await catalog.ForgetAsync(name, path);
        await ChainRemover.RemoveAsync(destination, chain, cancellationToken);
        checks.Forget(name, path);
    }

    /// <summary>Removes the chain that a path stands for, without a server.</summary>
    /// <param name="stored">The one chain, as it was shown.</param>
    /// <param name="folder">Name of its folder.</param>
    /// <param name="cancellationToken">
    /// As for <see cref="RemoveAsync(string, string, IReadOnlyDictionary{string, long}, CancellationToken)"/>.
    /// </param>
    /// <exception cref="HoldfastException">As above.</exception>
    public static async Task RemoveAsync(ResolvedLocation stored, string folder, CancellationToken cancellationToken)
    {
        var shown = stored.Chains[0].Archives.ToDictionary(a => a.Name.ToString(), a => a.Length, StringComparer.Ordinal);
        await ChainRemover.RemoveAsync(
            stored.Destination,
            await GetUnchangedAsync(stored.Destination, stored.Chains[0].Path, NameOf(folder), shown, cancellationToken),
            cancellationToken
        );
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
                ErrorCatalogue.NotFound,
                $"No chain '{path}' is at '{destination.Name}'.",
                "List them with: holdfast points"
            );
        }
        var isAsShown =
            chain.Archives.Count == shown.Count
            && chain.Archives.All(a => shown.TryGetValue(a.Name.ToString(), out var bytes) && bytes == a.Length);
        return isAsShown
            ? chain
            : throw new HoldfastException(
                ErrorCatalogue.Conflict,
                $"The chain '{path}' is not as it was shown: it has {chain.Archives.Count} archives now.",
                "Look at it again, and decide anew."
            );
    }

    private static string FolderOf(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];

    private static ChainName NameOf(string path) =>
        ChainName.TryParse(path[(path.LastIndexOf('/') + 1)..])
        ?? throw new HoldfastException(
            ErrorCatalogue.Usage,
            $"'{path}' is not the folder of a chain.",
            "A chain's folder is named <time>.<node>-<type>[-<task>]."
        );
}
