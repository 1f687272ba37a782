using Holdfast.Core.Events;
using Holdfast.Core.Retention;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Retention;

/// <summary>Deletes the expired chains of a task, one destination at a time.</summary>
/// <param name="zone">Default time zone of schedules.</param>
/// <param name="time">The clock.</param>
/// <param name="catalog">Forgets the deleted chains, so that they are not considered missing; null if there is none.</param>
/// <param name="clock">The trusted clock; null to trust the wall clock.</param>
/// <param name="chains">The chains that are being read, which stay until the next run. Null if there are none.</param>
public sealed class RetentionRunner(
    TimeZoneInfo zone,
    TimeProvider time,
    ICatalog? catalog = null,
    TrustedClockMonitor? clock = null,
    ChainLocks? chains = null
)
{
    /// <summary>Raised for each deleted chain with the name of the destination and its path there. Must not block.</summary>
    public event Action<string, string>? Deleted;

    /// <summary>The latest possible current time: the later of wall clock and trusted clock.</summary>
    public DateTimeOffset LatestPossibleTime => clock?.LatestPossibleTime ?? time.GetUtcNow();

    /// <summary>Deletes expired chains at one destination, unless a retention guard blocks that.</summary>
    /// <param name="task">The task: only its own chains are considered.</param>
    /// <param name="name">Name of the destination.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="approved">
    /// Paths of chains that an operator has approved: only these are deleted, and only if they have expired. Null if no approval
    /// was required.
    /// </param>
    /// <param name="cancellationToken">Cancels retention.</param>
    /// <returns>The result, including any failure and the deletions before a cancellation.</returns>
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

    /// <summary>The chains that retention would delete now.</summary>
    /// <param name="task">The task: only its own chains are considered.</param>
    /// <param name="name">Name of the destination.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="approved">Whether an operator has approved what a retention guard blocks.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<RetentionPlan> PlanAsync(
        BackupTask task,
        string name,
        IDestination destination,
        bool approved,
        CancellationToken cancellationToken
    )
    {
        var stored = await ChainsAsync(task, destination, cancellationToken);
        // Backups report chains that were named by a wrong clock; here they would only block retention.
        List<StoredChainInfo> infos =
        [
            .. stored.Where(c => c.Archives.Count > 0 && !c.HasFutureName(LatestPossibleTime)).Select(c => ToChainInfo(task, c)),
        ];
        var plan = Plan(task, infos, approved);
        if (plan.Expired.Count == 0 || catalog is null)
        {
            return plan;
        }
        // Known problems only reduce what is deleted. If nothing expires, the usual case after a full backup in a large run, they
        // need not be read.
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
        // A clock that was set back makes all chains look younger, so that too little is deleted, which is the safe direction.
        var now = trusted.Jumped is not null && !isDoubtful || wall < trusted.Time ? wall : trusted.Time;
        var plan = RetentionPlan.Create(infos, task.Settings.Retention, now, approved, ExpectedFullInterval(task), trusted.Since);
        return isDoubtful ? plan.WithClockGuard("The clock is ahead of this node's trusted clock, so ages may be wrong.") : plan;
    }

    // Each chain is deleted from its newest archive to its full one, so that the rest can still be restored after a crash;
    // leftovers of such a crash are deleted, too. The catalog forgets a chain before its files are deleted.
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
            using var lease = chains?.TryAcquireDelete(name, chain.Path);
            if (chains is not null && lease is null)
            {
                break; // a restore reads it: the next run continues from here, so that no gap looks like a wrong clock
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

    // A chain whose full archive is known to be damaged or missing does not count as a newer backup that allows another one to be
    // deleted.
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
