using Holdfast.Archive.Age;
using Holdfast.Archive.Index;
using Holdfast.Archive.Items;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups.Chains;

/// <summary>Decides whether a backup can build on the newest chain, and opens the index of that chain.</summary>
/// <param name="database">The database.</param>
/// <param name="options">The options of the backup.</param>
/// <param name="now">The current time, which determines the age of a chain.</param>
/// <param name="catalog">Knows the hashes of indexes, by which this node keeps them; null if there is none.</param>
internal sealed class BaseChainSelector(DatabaseId database, BackupOptions options, DateTimeOffset now, BackupCatalog? catalog = null)
{
    /// <summary>Whether a destination does not have an index that it should have.</summary>
    public bool HasFoundMissing { get; private set; }

    /// <summary>
    /// Selects the base of a backup. An incremental becomes full, with a reason, if there is no chain, its type or key differs, or
    /// its index cannot be read.
    /// </summary>
    /// <param name="inspection">The chains of the database.</param>
    /// <param name="type">The backup type.</param>
    /// <param name="protection">The encryption of the new archive.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<BaseChainSelection> SelectAsync(
        ChainInspection inspection,
        BackupType type,
        BackupEncryption protection,
        CancellationToken cancellationToken
    )
    {
        if (options.Kind == BackupKind.Full)
        {
            return BaseChainSelection.Full(null);
        }
        if (!inspection.HasChain)
        {
            return BaseChainSelection.Full("there is no full backup yet");
        }
        if (inspection.CompleteReplicas.Count == 0)
        {
            return BaseChainSelection.Full(inspection.Problem ?? "no destination has the complete chain");
        }
        if (FindUnsafe(inspection) is { } reason)
        {
            return BaseChainSelection.Full(reason);
        }
        BaseChainSelection? first = null;
        foreach (var (chain, folder) in inspection.CompleteReplicas)
        {
            var selection = await SelectAsync(chain, folder, type, protection, cancellationToken);
            if (selection.Kind == BackupKind.Incremental)
            {
                return selection;
            }
            first ??= selection;
        }

        return first!;
    }

    // A store that ignores conditions would let two nodes write under one name. Where one does, only the node whose tag is in the name of
    // the chain writes into it: no other one can choose a name in it. Null if the chain can be extended.
    private string? FindUnsafe(ChainInspection inspection)
    {
        foreach (var (chain, folder) in inspection.CompleteReplicas)
        {
            if (chain.Name.Node != options.Node && !folder.Destination.Capabilities.ConditionalPut)
            {
                return $"the chain is of node {chain.Name.Node}, and '{folder.Destination.Name}' does not refuse a name that is taken";
            }
        }
        return null;
    }

    private async Task<BaseChainSelection> SelectAsync(
        StoredChain newest,
        DatabaseFolder folder,
        BackupType type,
        BackupEncryption protection,
        CancellationToken cancellationToken
    )
    {
        if (!newest.HasFull)
        {
            return BaseChainSelection.Full($"the full archive of chain {newest.Name} is missing");
        }
        if (newest.Name.Type != type)
        {
            return BaseChainSelection.Full($"the last full backup is a {newest.Name.Type.ToString().ToLowerInvariant()}");
        }
        if (newest.Archives.FirstOrDefault(a => !a.HasIndex) is { } without)
        {
            return BaseChainSelection.Full($"the index of {without.Name} is missing");
        }
        if (now - newest.Name.Time > options.MaxChainAge)
        {
            return BaseChainSelection.Full($"the chain is older than {options.MaxChainAge.Value.TotalDays:0.#} days");
        }
        ChainIndex index;
        try
        {
            index = await OpenIndexAsync(folder, newest, options.IndexKeys.Add(options.NodeKey), cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            HasFoundMissing |= e is HoldfastException known && (known.Error == ErrorCatalog.NotFound || known.IsDamage);
            // Whatever prevents the index from being read: another destination or a full backup remains.
            return BaseChainSelection.Full($"the chain's index cannot be read: {e.Message}");
        }

        // Folders can be copied and renamed; the index itself says which chain it belongs to.
        var reason =
            index.Newest.Database != database.ToString() ? $"the chain in its folder belongs to another database, '{index.Newest.Database}'"
            : index.Newest.Type != type ? $"the last full backup is a {index.Newest.Type.ToString().ToLowerInvariant()}"
            : index.Newest.Protection != protection.Id ? "the encryption key differs from that of the last full backup"
            : null;
        if (reason is null)
        {
            return new(BackupKind.Incremental, null, newest, index);
        }
        await index.DisposeAsync();
        return BaseChainSelection.Full(reason);
    }

    private async Task<ChainIndex> OpenIndexAsync(
        DatabaseFolder folder,
        StoredChain chain,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        var sources = new List<IByteSource>();
        var known = FindKnown(folder, chain);
        try
        {
            foreach (var archive in chain.Archives)
            {
                sources.Add(
                    new IndexSource(await OpenIndexAsync(folder, archive, known?.Find(archive.Name.ToString())?.Archive, cancellationToken))
                );
            }
        }
        catch
        {
            foreach (var source in sources)
            {
                await source.DisposeAsync();
            }
            throw;
        }

        return await ChainIndex.OpenAsync(sources, keys, cancellationToken);
    }

    // Indexes at local destinations are read where they are, so that their damage is noticed at once.
    private CatalogChain? FindKnown(DatabaseFolder folder, StoredChain chain)
    {
        try
        {
            return folder.Destination.Capabilities.IsRemote && catalog?.Indexes is not null ? catalog.Catalog.Find(chain.Path) : null;
        }
        catch (HoldfastException)
        {
            return null; // the catalog reports its own problem
        }
    }

    private Task<IByteSource> OpenIndexAsync(
        DatabaseFolder folder,
        StoredArchive archive,
        CatalogArchive? known,
        CancellationToken cancellationToken
    ) =>
        known is { IndexSha256: { } sha256, IndexLength: { } length }
            ? catalog!.Indexes!.OpenAsync(
                sha256,
                length,
                token => folder.Destination.OpenAsync(archive.IndexPath, token),
                cancellationToken
            )
            : folder.Destination.OpenAsync(archive.IndexPath, cancellationToken);
}
