using Holdfast.Core.Events;
using Holdfast.Core.Retention;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Retention;

/// <summary>Deletes the chains of a task that its retention lets go, at one destination at a time.</summary>
/// <param name="zone">Time zone of schedules that name none.</param>
/// <param name="time">The clock.</param>
/// <param name="catalog">Forgets what is deleted, so that nobody takes it for missing; null where there is none.</param>
/// <param name="clock">The trusted clock; null where none is kept, and the wall clock is believed.</param>
/// <param name="chains">Which chains are read: they stay until the next run. Null where nobody reads any.</param>
public sealed class RetentionRunner(
    TimeZoneInfo zone,
    TimeProvider time,
    ICatalog? catalog = null,
    TrustedClockMonitor? clock = null,
    ChainLocks? chains = null
)
{
    /// <summary>Told of each chain that was deleted: name of the destination, and path there. Must not block.</summary>
    public event Action<string, string>? Deleted;

    /// <summary>The latest that it can be now: what the wall clock says, or the trusted one where that is later.</summary>
    public DateTimeOffset LatestPossibleTime => clock?.LatestPossibleTime ?? time.GetUtcNow();

    /// <summary>Deletes what is past its time at one destination, unless a brake holds it.</summary>
    /// <param name="task">The task: only its own chains count.</param>
    /// <param name="name">Name of the destination.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="approved">
    /// Paths of chains that an operator has seen and approved: only these go, and only those of them whose time is
    /// over. Null where nobody was asked.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What came of it: failures too, of whatever kind, and what was deleted before it was stopped.</returns>
    public async Task<RetentionResult> RunAsync(
        BackupTask task,
        string name,
        IDestination destination,
        IReadOnlyCollection<string>? approved,
        CancellationToken cancellationToken
    )
    {
        var deleted = new List<string>();
        try
        {
            var plan = await PlanAsync(task, name, destination, approved is not null, cancellationToken);
            var going = plan.Deletable.Select(c => c.Path).Where(p => approved?.Contains(p) ?? true).ToList();
            if (going.Count == 0 && approved is null)
            {
                return new(name, plan, [], null);
            }
            await DeleteAsync(going, task, name, destination, deleted, cancellationToken);
            return new(name, await PlanAsync(task, name, destination, approved: false, cancellationToken), deleted, null);
        }
        catch (Exception e)
        {
            return new(name, null, deleted, RetentionResult.Failure(e, cancellationToken));
        }
    }

    /// <summary>What retention would delete now.</summary>
    /// <param name="task">The task: only its own chains count.</param>
    /// <param name="name">Name of the destination.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="approved">Whether an operator has approved what a brake held.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    public async Task<RetentionPlan> PlanAsync(
        BackupTask task,
        string name,
        IDestination destination,
        bool approved,
        CancellationToken cancellationToken
    )
    {
        var stored = await ChainsAsync(task, destination, cancellationToken);
        // What a wrong clock has named is told by the backups; here it would only stand in the way.
        List<StoredChainInfo> infos =
        [
            .. stored.Where(c => c.Archives.Count > 0 && !c.HasFutureName(LatestPossibleTime)).Select(c => ToChainInfo(task, c)),
        ];
        var plan = Plan(task, infos, approved);
        if (plan.Expired.Count == 0 || catalog is null)
        {
            return plan;
        }
        // What is known to be bad lets less go, never more: where nothing goes, as after nearly every full of a large
        // sweep, nobody need look it up.
        var known = catalog.ChainsOf(task.Database).ToDictionary(c => c.Path, StringComparer.Ordinal);
        return Plan(
            task,
            infos.ConvertAll(i => IsFullUnusable(known.GetValueOrDefault(i.Path), name) ? i with { IsComplete = false } : i),
            approved
        );
    }

    private RetentionPlan Plan(BackupTask task, List<StoredChainInfo> infos, bool approved)
    {
        var wall = time.GetUtcNow();
        if (clock?.Current is not { } trusted)
        {
            return RetentionPlan.Create(infos, task.Settings.Retention, wall, approved, ExpectedFullInterval(task));
        }
        var isDoubtful = trusted.Jumped is not null && !trusted.IsConfirmedBy(infos.Select(c => c.FullStartTime), wall);
        // A clock that was set back makes all look younger than it is, which deletes too little; that is the side to err on.
        var now = trusted.Jumped is not null && !isDoubtful || wall < trusted.Time ? wall : trusted.Time;
        var plan = RetentionPlan.Create(infos, task.Settings.Retention, now, approved, ExpectedFullInterval(task), trusted.Since);
        return isDoubtful
            ? plan.WithClockGuard("The clock is ahead of the time that this node has seen pass, so ages may be wrong.")
            : plan;
    }

    // Each chain from its newest archive to its full one, so that one that is cut short by a crash can still be
    // restored as far as it is there; and what
    // such a crash has left of chains that are gone. The catalog forgets a chain before it goes.
    private async Task DeleteAsync(
        List<string> paths,
        BackupTask task,
        string name,
        IDestination destination,
        List<string> deleted,
        CancellationToken cancellationToken
    )
    {
        if (paths.Count == 0)
        {
            return;
        }
        var there = await ChainsAsync(task, destination, cancellationToken);
        foreach (var empty in there.Where(c => c.Archives.Count == 0))
        {
            await LeftoverCleaner.RemoveAsync(destination, empty, cancellationToken);
        }
        foreach (var chain in paths.Select(p => there.Find(c => c.Path == p)).OfType<StoredChain>())
        {
            using var use = chains?.TryAcquireDelete(name, chain.Path);
            if (chains is not null && use is null)
            {
                break; // a restore reads it: the next run goes on from here, so that no gap looks like a wrong clock
            }
            if (catalog is not null)
            {
                await catalog.ForgetAsync(name, chain.Path);
            }
            await ChainRemover.RemoveAsync(destination, chain, cancellationToken);
            deleted.Add(chain.Path);
            Subscribers.Notify(Deleted, name, chain.Path);
        }
    }

    // One whose full archive is known to be damaged or missing keeps no other from staying.
    private static bool IsFullUnusable(CatalogChain? known, string destination) =>
        known?.Full?.CopyAt(destination) is { IsRestorable: false };

    private static StoredChainInfo ToChainInfo(BackupTask task, StoredChain chain) =>
        new(chain.Path, chain.Name.Time, chain.Archives[^1].Name.Time, chain.HasFull, task.Id);

    private static async Task<List<StoredChain>> ChainsAsync(BackupTask task, IDestination destination, CancellationToken cancellationToken)
    {
        var stored = new List<StoredChain>();
        await foreach (var chain in DatabaseFolder.Of(destination, task.Database).ListChainsAsync(cancellationToken))
        {
            if (chain.Name.Task == task.Id)
            {
                stored.Add(chain);
            }
        }

        return stored;
    }

    private TimeSpan? ExpectedFullInterval(BackupTask task) =>
        task.Settings.FullBackup is { } full
            ? CronSchedule.Parse(full, TimeZones.Find(task.Settings.TimeZone, zone)).LongestPeriod()
            : null;
}
