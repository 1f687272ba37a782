using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups.Chains;

/// <summary>
/// The state of one database at the destinations, as far as the next backup of one task needs it: according to the listings and the
/// catalog. A destination that lacks archives of the chain gets no new ones before it is repaired; see
/// <see cref="Repairs.RepairOperation"/>.
/// </summary>
internal sealed class ChainInspection
{
    private readonly DateTimeOffset _now;
    private readonly Dictionary<string, IReadOnlyList<string>> _futureChainNames = new(StringComparer.Ordinal);

    private readonly bool _canRepair;

    private ChainInspection(DateTimeOffset now, bool canRepair) => (_now, _canRepair) = (now, canRepair);

    /// <summary>
    /// Paths of chains whose names are too far in the future, by the name of their destination. They are not extended, and new
    /// names do not continue theirs.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> FutureChainNames => _futureChainNames;

    /// <summary>
    /// The latest time in any name of the database's folder, at any destination and of any task, ignoring names too far in the
    /// future.
    /// </summary>
    public DateTimeOffset LatestNameTime { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>
    /// The task's newest chain that has an archive, at each destination that has it completely; those that have every index first.
    /// </summary>
    public IReadOnlyList<(StoredChain Chain, DatabaseFolder Folder)> CompleteReplicas { get; private set; } = [];

    /// <summary>Whether the task has a chain, at any destination or according to the catalog.</summary>
    public bool HasChain { get; private set; }

    /// <summary>Whether a destination was not listed, because the catalog knows what it has.</summary>
    public bool IsFromCatalog { get; private set; }

    /// <summary>Why the newest chain cannot be extended, if the reason does not depend on the new backup; otherwise null.</summary>
    public string? Problem { get; private set; }

    /// <summary>
    /// Lists the local destinations, and the remote ones of which the catalog does not know everything; removes leftovers of killed runs,
    /// and reports differences to the catalog. A destination that fails, or lacks archives of the newest chain, no longer takes part.
    /// </summary>
    /// <param name="destinations">All destinations.</param>
    /// <param name="database">The database.</param>
    /// <param name="task">Its task; null for one-time and offline backups.</param>
    /// <param name="catalog">The catalog; null if there is none, as for the command without a server.</param>
    /// <param name="now">The current time, which names are compared with.</param>
    /// <param name="cancellationToken">Cancels the inspection.</param>
    /// <param name="listsAll">
    /// Whether remote destinations are listed, too, whatever the catalog knows. Then the database is open, and nothing is repaired. Default
    /// no.
    /// </param>
    /// <exception cref="HoldfastException">No destination can be read; the failure is that of the first one.</exception>
    public static async Task<ChainInspection> InspectAsync(
        IReadOnlyList<BackupDestination> destinations,
        DatabaseId database,
        string? task,
        BackupCatalog? catalog,
        DateTimeOffset now,
        CancellationToken cancellationToken,
        bool listsAll = false
    )
    {
        var inspection = new ChainInspection(now, canRepair: !listsAll);
        CatalogChain? known = null;
        HoldfastException? unreadable = null;
        try
        {
            if (catalog?.Head is { } head)
            {
                await head.EnsureRecordedAsync(catalog.Catalog);
            }
            known = inspection.FindNewestKnown(catalog?.Catalog, database, task); // before the listings: see ListingComparer
        }
        catch (HoldfastException e)
        {
            // It cannot be decided whether the chain is damaged: nothing is built on it, and nothing is recorded.
            (unreadable, catalog) = (e, null);
        }

        foreach (var run in destinations)
        {
            try
            {
                run.Chain = await inspection.FindNewestAsync(run, database, task, catalog, listsAll, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                run.Exclude(e);
            }
        }

        if (destinations.All(d => !d.IsActive))
        {
            throw destinations[0].Failure!;
        }
        if (unreadable is not null)
        {
            (inspection.HasChain, inspection.Problem) = (true, $"it is unknown whether the chain is intact: {unreadable.Message}");
        }
        else
        {
            await inspection.EvaluateNewestAsync(destinations, database, task, known, catalog, cancellationToken);
        }
        return inspection;
    }

    // The task's newest chain here. A remote destination is listed only if the catalog does not know what it has.
    private async Task<StoredChain?> FindNewestAsync(
        BackupDestination run,
        DatabaseId database,
        string? task,
        BackupCatalog? catalog,
        bool listsAll,
        CancellationToken cancellationToken
    )
    {
        if (catalog is null || !run.Destination.Capabilities.IsRemote)
        {
            var listing = DatabaseFolder.Of(run.Destination, database).ListChainsAsync(cancellationToken);
            return await SelectNewestAsync(run, listing, catalog?.Locations[run.Index].Destination ?? run.Name, task, cancellationToken);
        }
        var location = catalog.Locations[run.Index];
        var chains = listsAll ? null : RecordedFolder.Find(catalog.Catalog, location.Destination, database, task);
        if (
            chains is not null
            && await catalog.Catalog.Folders.ConfirmAsync(location.Destination, run.Destination, database, cancellationToken)
        )
        {
            IsFromCatalog = true;
        }
        else
        {
            chains = null;
        }
        chains ??= await catalog.ListAndRecordAsync(location, run.Destination, database, task, cancellationToken);
        return await SelectNewestAsync(run, chains.ToAsyncEnumerable(), location.Destination, task, cancellationToken);
    }

    // Newer folders without an archive are leftovers.
    private async Task<StoredChain?> SelectNewestAsync(
        BackupDestination run,
        IAsyncEnumerable<StoredChain> chains,
        string destination,
        string? task,
        CancellationToken cancellationToken
    )
    {
        StoredChain? own = null;
        await foreach (var chain in chains)
        {
            if (chain.Leftovers.Count > 0 || chain.Archives.Count == 0)
            {
                await LeftoverCleaner.RemoveAsync(run.Destination, chain, cancellationToken);
            }
            var last = chain.NewestUntil(_now);
            if (last > LatestNameTime)
            {
                LatestNameTime = last;
            }
            if (chain.Archives.Count == 0)
            {
                continue;
            }
            if (chain.HasFutureName(_now))
            {
                _futureChainNames[destination] = [.. _futureChainNames.GetValueOrDefault(destination, []), chain.Path];
            }
            if (TimeStamp.IsBeyondClockSkew(chain.Name.Time, _now))
            {
                continue;
            }
            if (chain.Name.Task == task)
            {
                own = chain;
                break;
            }
        }

        return own;
    }

    // A chain that was named by a wrong clock is not the newest one.
    private CatalogChain? FindNewestKnown(ICatalog? catalog, DatabaseId database, string? task)
    {
        var newest = catalog?.NewestOf(database, task);
        return newest is not null && newest.HasFutureName(_now)
            ? catalog!.ChainsOf(database).LastOrDefault(c => c.Task == newest.Task && !c.HasFutureName(_now))
            : newest;
    }

    private async Task EvaluateNewestAsync(
        IReadOnlyList<BackupDestination> destinations,
        DatabaseId database,
        string? task,
        CatalogChain? known,
        BackupCatalog? catalog,
        CancellationToken cancellationToken
    )
    {
        var newest = destinations.Select(d => d.Chain).OfType<StoredChain>().MaxBy(c => c.NewestUntil(_now));
        var isGone = known is not null && (newest is null || string.CompareOrdinal(known.Path, newest.Path) > 0);
        if (newest is null && !isGone)
        {
            return;
        }
        HasChain = true;
        if (!isGone && newest!.Path != known?.Path)
        {
            known = catalog?.Catalog.Find(newest.Path);
        }
        var path = isGone ? known!.Path : newest!.Path;
        var folder = path[(path.LastIndexOf('/') + 1)..];
        var replicas = new List<ChainReplica>();
        var findings = new List<CopyFinding>();
        foreach (var run in destinations.Where(d => d.IsActive))
        {
            var listed = run.Chain?.Path == path ? run.Chain : new StoredChain(path, ChainName.TryParse(folder)!, [], []);
            var name = catalog?.Locations[run.Index].Destination ?? run.Name;
            var here = catalog is null
                ? []
                : ListingComparer.Compare(known, path, listed.Archives, name, catalog.Now, catalog.Locations[run.Index].Identity);
            findings.AddRange(here);
            replicas.Add(new(run, name, listed, known, here));
        }

        if (catalog is not null)
        {
            await RecordFindingsAsync(catalog, database, task, findings);
        }
        if (isGone)
        {
            Problem =
                $"the chain {folder}, the newest according to the catalog, is at no destination "
                + $"{(destinations.All(d => d.IsActive) ? "any more" : "that can be read")}";
        }
        else if (replicas.Exists(h => h.Listed.HasFutureName(_now)))
        {
            Problem = $"the chain {folder} has a name in the future";
        }
        else
        {
            await SelectReplicasAsync(database, replicas, known, catalog, cancellationToken);
        }
    }

    // All archives of the chain at any destination, by file name: names never go back in time, so an archive has the same name
    // everywhere.
    private async Task SelectReplicasAsync(
        DatabaseId database,
        List<ChainReplica> replicas,
        CatalogChain? known,
        BackupCatalog? catalog,
        CancellationToken cancellationToken
    )
    {
        var all = replicas
            .SelectMany(h => h.Listed.Archives.Select(a => a.Name.ToString()))
            .Concat(known?.Entries.Select(e => e.Archive.Name) ?? [])
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        if (all.Find(a => !replicas.Exists(h => h.IsRestorable(a))) is { } lost)
        {
            Problem = $"no destination has the complete chain: {replicas.Select(h => h.ProblemOf(lost)).First()}";
        }
        else if (all.Find(a => ChainReplica.HasConflictingLengths(replicas, known, a)) is { } other)
        {
            Problem = $"{other} has different lengths at the destinations and was never verified: it is unknown which copy is right";
        }

        if (Problem is not null)
        {
            return;
        }
        var restorable = replicas.Where(r => all.TrueForAll(r.IsRestorable)).ToList();
        var listed = restorable.ConvertAll(r => r.Listed);
        // No destination has all archives with their indexes, but all of them together do: one is repaired at once, so that the chain can
        // be extended. The others are repaired by an operation of their own. Not while the database is open: copying takes long.
        if (_canRepair && !restorable.Exists(r => all.TrueForAll(r.HasIndex)) && all.TrueForAll(a => replicas.Exists(r => r.HasIndex(a))))
        {
            var best = replicas.MaxBy(r => (all.Count(r.IsRestorable), all.Count(r.HasIndex)))!;
            if (await RepairAsync(best, replicas, all, known, catalog, cancellationToken) is not { } repaired)
            {
                if (restorable.IndexOf(best) is >= 0 and var failed)
                {
                    restorable.RemoveAt(failed);
                    listed.RemoveAt(failed);
                }
            }
            else
            {
                var index = restorable.IndexOf(best);
                if (index >= 0)
                {
                    listed[index] = repaired;
                }
                else
                {
                    (restorable, listed) = ([best, .. restorable], [repaired, .. listed]);
                }
            }
        }
        foreach (var replica in replicas.Except(restorable))
        {
            replica.Run.Exclude(Lacking(replica, all));
        }
        if (restorable.Count == 0)
        {
            Problem = "no destination has the complete chain, and none could be repaired";
        }
        CompleteReplicas =
        [
            .. restorable
                .Select((r, i) => (Chain: listed[i], Folder: DatabaseFolder.Of(r.Destination, database)))
                .OrderByDescending(h => h.Chain.Archives.All(a => a.HasIndex)),
        ];
    }

    // Null if it failed.
    private static async Task<StoredChain?> RepairAsync(
        ChainReplica replica,
        List<ChainReplica> replicas,
        List<string> archives,
        CatalogChain? known,
        BackupCatalog? catalog,
        CancellationToken cancellationToken
    )
    {
        var healed = new List<CopyFinding>();
        try
        {
            await ChainRepair.RepairAsync(replica, replicas, archives, known, catalog?.Now ?? default, healed, cancellationToken);
            return await DatabaseFolder.ReadChainAsync(replica.Destination, replica.Listed.Path, replica.Listed.Name, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            replica.Run.Exclude(e);
            return null;
        }
        finally
        {
            if (catalog is not null && known is not null)
            {
                await RecordFindingsAsync(catalog, known.Database, known.Task, healed);
            }
        }
    }

    // A full backup includes it again.
    private static HoldfastException Lacking(ChainReplica replica, List<string> archives) =>
        new(
            ErrorCatalog.ChainIncomplete,
            $"Destination '{replica.Run.Name}' lacks {archives.Count(a => !replica.IsRestorable(a))} of {archives.Count} archives of the "
                + "chain, so it gets no new ones.",
            "A repair copies all of them from another destination."
        );

    // A finding that cannot be recorded is found again by the next run.
    private static async Task RecordFindingsAsync(BackupCatalog catalog, DatabaseId database, string? task, List<CopyFinding> findings)
    {
        try
        {
            await catalog.Catalog.RecordFindingsAsync(database, task, findings);
        }
        catch (HoldfastException)
        {
            // The catalog reports its own problem.
        }
    }
}
