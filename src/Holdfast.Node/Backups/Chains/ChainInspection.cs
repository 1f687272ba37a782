using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups.Chains;

/// <summary>
/// What the destinations hold of one database, as far as the next backup of one task needs to know it: by their
/// listings, and by what the catalog knows
/// of them. A destination that misses archives which another one has whole, or has them damaged, gets them copied; so
/// what failed there once is healed
/// before the next incremental.
/// </summary>
internal sealed class ChainInspection
{
    private readonly DateTimeOffset _now;
    private readonly Dictionary<string, IReadOnlyList<string>> _futureChainNames = new(StringComparer.Ordinal);

    private ChainInspection(DateTimeOffset now) => _now = now;

    /// <summary>
    /// Paths of chains whose names lie too far ahead, by the name of their destination: they are not extended, and no
    /// name follows theirs.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> FutureChainNames => _futureChainNames;

    /// <summary>
    /// The latest time in any name of the database's folder, at any destination and of any task, of those that do not
    /// lie too far ahead.
    /// </summary>
    public DateTimeOffset LatestNameTime { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>
    /// The task's newest chain with an archive, at each destination that holds it whole; those that have every index
    /// first.
    /// </summary>
    public IReadOnlyList<(StoredChain Chain, DatabaseFolder Folder)> CompleteReplicas { get; private set; } = [];

    /// <summary>Whether the task has a chain, at any destination or by what the catalog knows.</summary>
    public bool HasChain { get; private set; }

    /// <summary>Why the newest chain is not to be extended, where it is not for what it would be extended with; null otherwise.</summary>
    public string? Problem { get; private set; }

    /// <summary>
    /// Looks at all destinations, removes what killed runs have left there, notes what is other than the catalog says,
    /// and heals. One that fails takes no
    /// part any more.
    /// </summary>
    /// <param name="destinations">All destinations.</param>
    /// <param name="database">The database.</param>
    /// <param name="task">Its task; null for one-time and offline backups.</param>
    /// <param name="catalog">What is known of the archives; null where there is no catalog, as for the command by itself.</param>
    /// <param name="now">The time now, which names are held against.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">No destination can be read; the failure is that of the first.</exception>
    public static async Task<ChainInspection> InspectAsync(
        IReadOnlyList<BackupDestination> destinations,
        DatabaseId database,
        string? task,
        BackupCatalog? catalog,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var survey = new ChainInspection(now);
        CatalogChain? known = null;
        HoldfastException? unreadable = null;
        try
        {
            if (catalog?.Head is { } head)
            {
                await head.EnsureRecordedAsync(catalog.Catalog);
            }
            known = survey.FindNewestKnown(catalog?.Catalog, database, task); // before the listings: see ListingComparer
        }
        catch (HoldfastException e)
        {
            // Nobody can say then whether the chain is damaged: nothing is built on it, and nothing is noted.
            (unreadable, catalog) = (e, null);
        }

        foreach (var run in destinations)
        {
            try
            {
                run.Chain = await survey.ListNewestAsync(
                    DatabaseFolder.Of(run.Destination, database),
                    catalog?.Locations[run.Index].Destination ?? run.Name,
                    task,
                    cancellationToken
                );
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
            (survey.HasChain, survey.Problem) = (true, $"it is not known whether the chain is whole: {unreadable.Message}");
        }
        else
        {
            await survey.EvaluateNewestAsync(destinations, database, task, known, catalog, cancellationToken);
        }
        return survey;
    }

    // The task's newest chain here; newer folders without an archive are leftovers.
    private async Task<StoredChain?> ListNewestAsync(
        DatabaseFolder folder,
        string destination,
        string? task,
        CancellationToken cancellationToken
    )
    {
        StoredChain? own = null;
        await foreach (var chain in folder.ListChainsAsync(cancellationToken))
        {
            if (chain.Leftovers.Count > 0 || chain.Archives.Count == 0)
            {
                await LeftoverCleaner.RemoveAsync(folder.Destination, chain, cancellationToken);
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

    // A chain that a wrong clock named is not the newest one.
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
        var held = new List<ChainReplica>();
        var findings = new List<CopyFinding>();
        foreach (var run in destinations.Where(d => d.IsActive))
        {
            var listed = run.Chain?.Path == path ? run.Chain : new StoredChain(path, ChainName.TryParse(folder)!, [], []);
            var name = catalog?.Locations[run.Index].Destination ?? run.Name;
            var here = catalog is null
                ? []
                : ListingComparer.Compare(known, path, listed.Archives, name, catalog.Now, catalog.Locations[run.Index].Identity);
            findings.AddRange(here);
            held.Add(new(run, name, listed, known, here));
        }

        if (catalog is not null)
        {
            await RecordFindingsAsync(catalog, database, task, findings);
        }
        if (isGone)
        {
            Problem =
                $"the chain {folder}, the newest by the catalog, is at no destination "
                + $"{(destinations.All(d => d.IsActive) ? "any more" : "that can be read")}";
        }
        else if (held.Exists(h => h.Listed.HasFutureName(_now)))
        {
            Problem = $"the chain {folder} has a name that lies in the future";
        }
        else
        {
            await HealAsync(database, task, held, known, catalog, cancellationToken);
        }
    }

    // What all of them together hold of the chain, by file name: names never go back in time, so an archive has one at every destination.
    private async Task HealAsync(
        DatabaseId database,
        string? task,
        List<ChainReplica> held,
        CatalogChain? known,
        BackupCatalog? catalog,
        CancellationToken cancellationToken
    )
    {
        var all = held.SelectMany(h => h.Listed.Archives.Select(a => a.Name.ToString()))
            .Concat(known?.Entries.Select(e => e.Archive.Name) ?? [])
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        if (all.Find(a => !held.Exists(h => h.IsRestorable(a))) is { } lost)
        {
            Problem = $"no destination holds the whole chain: {held.Select(h => h.ProblemOf(lost)).First()}";
        }
        else if (all.Find(a => ChainReplica.HasConflictingLengths(held, known, a)) is { } other)
        {
            Problem = $"{other} has not the same length at every destination, and was never verified: nobody knows which one is right";
        }

        var healed = new List<CopyFinding>();
        var holders = new List<(StoredChain Chain, DatabaseFolder Folder)>();
        foreach (var holding in held)
        {
            var chain = holding.Listed;
            try
            {
                var before = healed.Count;
                await ChainRepair.RepairAsync(holding, held, all, known, catalog?.Now ?? default, healed, cancellationToken);
                if (healed.Count > before)
                {
                    chain = await DatabaseFolder.ReadChainAsync(holding.Destination, chain.Path, chain.Name, cancellationToken);
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                var failure = e as HoldfastException;
                holding.Run.Exclude(
                    new HoldfastException(
                        failure?.Error ?? ErrorCatalogue.DestinationFailed,
                        $"Destination '{holding.Run.Name}' misses archives of the chain, and could not be healed: {e.Message}",
                        failure?.Hint,
                        e
                    )
                );
                continue;
            }

            holders.Add((chain, DatabaseFolder.Of(holding.Destination, database)));
        }

        if (Problem is null)
        {
            CompleteReplicas = [.. holders.OrderByDescending(h => h.Chain.Archives.All(a => a.HasIndex))];
        }
        if (catalog is not null)
        {
            await RecordFindingsAsync(catalog, database, task, healed);
        }
    }

    // What cannot be noted is found again by the next run.
    private static async Task RecordFindingsAsync(BackupCatalog catalog, DatabaseId database, string? task, List<CopyFinding> findings)
    {
        try
        {
            await catalog.Catalog.RecordFindingsAsync(database, task, findings);
        }
        catch (HoldfastException)
        {
            // The catalog tells its own problem.
        }
    }
}
