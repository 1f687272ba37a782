using Holdfast.Core.Events;
using Holdfast.Core.Retention;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;

namespace Holdfast.Node.Retention;

/// <summary>Deletes the expired chains of a task, one destination at a time, by one listing and as few deletions as possible.</summary>
/// <param name="zone">Default time zone of schedules.</param>
/// <param name="time">The clock.</param>
/// <param name="catalog">Forgets the deleted chains, so that they are not considered missing; null if there is none.</param>
/// <param name="clock">The trusted clock; null to trust the wall clock.</param>
/// <param name="chains">The chains that are being read, which stay until the next run. Null if there are none.</param>
/// <param name="expiring">Records which deletions have begun; null if nobody asks.</param>
/// <param name="destinations">Which destinations retention is left to; null to delete at all.</param>
public sealed class RetentionRunner(
    TimeZoneInfo zone,
    TimeProvider time,
    ICatalog? catalog = null,
    TrustedClockMonitor? clock = null,
    ChainLocks? chains = null,
    ExpiringChains? expiring = null,
    DestinationRegistry? destinations = null
)
{
    // The record of what is being deleted is a value of the state, which must not become too large.
    private const int MaxChainsAtOnce = 500;

    /// <summary>Raised for each deleted chain with the name of the destination and its path there. Must not block.</summary>
    public event Action<string, string>? Deleted;

    /// <summary>The latest possible current time: the later of wall clock and trusted clock.</summary>
    public DateTimeOffset LatestPossibleTime => clock?.LatestPossibleTime ?? time.GetUtcNow();

    /// <summary>Whether retention has something to do for a task at a destination, whatever its chains are.</summary>
    public bool IsNeeded(BackupTask task, string name) =>
        task.Settings.Retention is not null || expiring?.Of(name, task.Id) is { Count: > 0 };

    /// <summary>Whether nothing is deleted at a destination, because that is left to the bucket.</summary>
    /// <param name="name">Name of the destination.</param>
    public bool IsLeftToBucket(string name) => destinations?.PolicyOf(name).Deletes == false;

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
        if (IsLeftToBucket(name))
        {
            return new(name, null, [], null) { IsLeftToBucket = true };
        }
        var deleted = new List<string>();
        try
        {
            var stored = await ReadChainsAsync(task, destination, cancellationToken);
            var plan = Plan(task, name, stored, approved is not null);
            var going = plan
                .Deletable.Where(c => c.IsExpiring || (approved?.Contains(c.Path) ?? true))
                .Select(c => stored.Find(s => s.Path == c.Path)!)
                .ToList();
            ForgetEnded(task, name, stored, plan);
            if (going.Count == 0)
            {
                return new(name, approved is null ? plan : Plan(task, name, stored, approved: false), [], null);
            }
            foreach (var empty in stored.Where(c => c.Archives.Count == 0))
            {
                await LeftoverCleaner.RemoveAsync(destination, empty, cancellationToken);
            }
            var failures = await DeleteAsync(going, task, name, destination, deleted, cancellationToken);
            // What is left is known: the destination need not be listed again.
            var left = stored.FindAll(c => !deleted.Contains(c.Path));
            return new(name, Plan(task, name, left, approved: false), deleted, RetentionResult.ErrorOf(failures)) { Failures = failures };
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
    ) => Plan(task, name, await ReadChainsAsync(task, destination, cancellationToken), approved);

    private RetentionPlan Plan(BackupTask task, string name, IReadOnlyList<StoredChain> stored, bool approved)
    {
        // Backups report chains that were named by a wrong clock; here they would only block retention.
        var usable = stored.Where(c => c.Archives.Count > 0 && !c.HasFutureName(LatestPossibleTime)).ToList();
        var begun = expiring?.Of(name, task.Id) ?? [];
        var parts = usable.FindAll(c => IsPartOf(begun, c));
        var infos = usable.Except(parts).Select(c => ToChainInfo(task, c)).ToList();
        var plan = Plan(task, name, infos, approved);
        // Deletions of whole chains that had begun, such as of locked ones, need no approval again: without the chains that were deleted
        // since, they look like those of a wrong clock.
        var whole = plan.Expired.Where(e => begun.Any(b => b.Path == e.Path)).ToList();
        if (whole.Count > 0 && !IsClockDoubtful(infos))
        {
            parts.AddRange(usable.Where(c => whole.Exists(w => w.Path == c.Path)));
            plan = Plan(task, name, [.. infos.Except(whole)], approved);
        }
        return plan.WithExpiring([.. parts.Select(c => ToChainInfo(task, c)).OrderBy(c => c.FullStartTime)]);
    }

    private RetentionPlan Plan(BackupTask task, string name, List<StoredChainInfo> infos, bool approved)
    {
        var plan = PlanByAge(task, name, infos, approved);
        if (plan.Expired.Count == 0 || catalog is null)
        {
            return plan;
        }
        // Known problems only reduce what is deleted. If nothing expires, the usual case after a full backup in a large run, they
        // need not be read.
        var known = catalog.ChainsOf(task.Database).ToDictionary(c => c.Path, StringComparer.Ordinal);
        return PlanByAge(
            task,
            name,
            infos.ConvertAll(i => IsFullUnusable(known.GetValueOrDefault(i.Path), name) ? i with { IsComplete = false } : i),
            approved
        );
    }

    private RetentionPlan PlanByAge(BackupTask task, string name, List<StoredChainInfo> infos, bool approved)
    {
        var (policy, wall) = (task.Settings.Retention?.For(name), time.GetUtcNow());
        if (clock?.Current is not { } trusted)
        {
            return RetentionPlan.Create(infos, policy, wall, approved, ExpectedFullInterval(task));
        }
        var isDoubtful = IsClockDoubtful(infos);
        // A clock that was set back makes all chains look younger, so that too little is deleted, which is the safe direction.
        var now = trusted.Jumped is not null && !isDoubtful || wall < trusted.Time ? wall : trusted.Time;
        var plan = RetentionPlan.Create(infos, policy, now, approved, ExpectedFullInterval(task), trusted.Since);
        return isDoubtful ? plan.WithClockGuard("The clock is ahead of this node's trusted clock, so ages may be wrong.") : plan;
    }

    private bool IsClockDoubtful(List<StoredChainInfo> infos) =>
        clock?.Current is { Jumped: not null } trusted && !trusted.IsConfirmedBy(infos.Select(c => c.FullStartTime), time.GetUtcNow());

    // The catalog forgets a chain, and its deletion is recorded, before its files are deleted: whatever a kill leaves of it is expiring.
    private async Task<IReadOnlyList<DeletionFailure>> DeleteAsync(
        List<StoredChain> going,
        BackupTask task,
        string name,
        IDestination destination,
        List<string> deleted,
        CancellationToken cancellationToken
    )
    {
        var leases = new List<IDisposable>();
        var failures = new List<DeletionFailure>();
        try
        {
            var free = going;
            if (chains is not null)
            {
                // A chain that a restore reads ends the list: the next run continues from there, so that no gap looks like a wrong clock.
                free = [.. going.TakeWhile(c => TryAcquire(chains, name, c, leases))];
            }
            foreach (var some in free.Chunk(MaxChainsAtOnce))
            {
                if (catalog is not null)
                {
                    foreach (var chain in some)
                    {
                        await catalog.ForgetAsync(name, chain.Path);
                    }
                }
                if (expiring is not null)
                {
                    await expiring.AddAsync(name, task.Id, some, cancellationToken);
                }
                failures.AddRange(await ChainRemover.RemoveAsync(destination, some, OnRemoved, cancellationToken));
                if (RetentionResult.ErrorOf(failures) is not null)
                {
                    break;
                }
            }
            return failures;
        }
        finally
        {
            leases.ForEach(l => l.Dispose());
            if (deleted.Count > 0)
            {
                expiring?.Remove(name, task.Id, deleted);
            }
        }

        void OnRemoved(StoredChain chain)
        {
            deleted.Add(chain.Path);
            Subscribers.Notify(Deleted, name, chain.Path);
        }
    }

    private static bool TryAcquire(ChainLocks chains, string name, StoredChain chain, List<IDisposable> leases)
    {
        if (chains.TryAcquireDelete(name, chain.Path) is not { } lease)
        {
            return false;
        }
        leases.Add(lease);
        return true;
    }

    // Of a chain that is whole nothing was deleted before the interruption: it is planned as any other, because the age may have been
    // changed since.
    private static bool IsPartOf(IReadOnlyList<ExpiringChain> begun, StoredChain chain) =>
        begun.FirstOrDefault(c => c.Path == chain.Path) is { } known && (chain.Archives.Count < known.Archives || !chain.HasFull);

    private void ForgetEnded(BackupTask task, string name, List<StoredChain> stored, RetentionPlan plan)
    {
        var ended = (expiring?.Of(name, task.Id) ?? [])
            .Where(c => plan.Expired.All(e => e.Path != c.Path) && !stored.Exists(s => s.Path == c.Path && s.Archives.Count < c.Archives))
            .Select(c => c.Path)
            .ToList();
        if (ended.Count > 0)
        {
            expiring!.Remove(name, task.Id, ended);
        }
    }

    // A chain whose full archive is known to be damaged or missing does not count as a newer backup that allows another one to be
    // deleted.
    private static bool IsFullUnusable(CatalogChain? known, string destination) =>
        known?.Full?.CopyAt(destination) is { IsRestorable: false };

    private static StoredChainInfo ToChainInfo(BackupTask task, StoredChain chain) =>
        new(chain.Path, chain.Name.Time, chain.Archives[^1].Name.Time, chain.HasFull, task.Id);

    private static async Task<List<StoredChain>> ReadChainsAsync(
        BackupTask task,
        IDestination destination,
        CancellationToken cancellationToken
    ) =>
        await DatabaseFolder
            .Of(destination, task.Database)
            .ListChainsAsync(cancellationToken)
            .Where(c => c.Name.Task == task.Id)
            .ToListAsync(cancellationToken);

    private TimeSpan? ExpectedFullInterval(BackupTask task) =>
        task.Settings.FullBackup is { } full
            ? CronSchedule.Parse(full, TimeZones.Find(task.Settings.TimeZone, zone)).LongestPeriod()
            : null;
}
