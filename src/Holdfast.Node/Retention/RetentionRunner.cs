using Holdfast.Core.Errors;
using Holdfast.Core.Retention;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Retention;

/// <summary>Deletes the chains of a task that its retention lets go, at one destination at a time.</summary>
/// <param name="zone">Time zone of schedules that name none.</param>
/// <param name="time">The clock.</param>
public sealed class RetentionRunner(TimeZoneInfo zone, TimeProvider time)
{
    /// <summary>Told of each chain that was deleted: name of the destination, and path there. Must not block.</summary>
    public event Action<string, string>? Deleted;

    /// <summary>Deletes what is past its time at one destination, unless a brake holds it.</summary>
    /// <param name="task">The task: only its own chains count.</param>
    /// <param name="name">Name of the destination.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="approved">Paths of chains that an operator has seen and approved: only these go, and only those of them whose time is over. Null where nobody was asked.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What came of it; failures too.</returns>
    public async Task<RetentionRun> RunAsync(BackupTask task, string name, IDestination destination, IReadOnlyCollection<string>? approved, CancellationToken cancellationToken)
    {
        try
        {
            var plan = await PlanAsync(task, destination, approved is not null, cancellationToken);
            var going = plan.Deletes.Select(c => c.Path).Where(p => approved?.Contains(p) ?? true).ToList();
            if (going.Count == 0 && approved is null) return new(name, plan, [], null);
            await DeleteAsync(going, task, destination, cancellationToken);
            foreach (var path in going) Deleted?.Invoke(name, path);
            return new(name, await PlanAsync(task, destination, approved: false, cancellationToken), going, null);
        }
        catch (HoldfastException e)
        {
            return new(name, null, [], e);
        }
    }

    /// <summary>What retention would delete now.</summary>
    /// <param name="task">The task: only its own chains count.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="approved">Whether an operator has approved what a brake held.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    public async Task<RetentionPlan> PlanAsync(BackupTask task, IDestination destination, bool approved, CancellationToken cancellationToken)
    {
        var chains = await ChainsAsync(task, destination, cancellationToken);
        return RetentionPlan.For([.. chains.Where(c => c.Archives.Count > 0).Select(c => Info(task, c))], task.Settings.Retention, time.GetUtcNow(), approved, UsualGap(task));
    }

    // Each chain from its newest archive to its full one, so that one that is cut short by a crash can still be restored as far as it is there; and what
    // such a crash has left of chains that are gone.
    private static async Task DeleteAsync(List<string> paths, BackupTask task, IDestination destination, CancellationToken cancellationToken)
    {
        if (paths.Count == 0) return;
        var going = paths.ToHashSet(StringComparer.Ordinal);
        foreach (var chain in await ChainsAsync(task, destination, cancellationToken))
        {
            if (chain.Archives.Count == 0) await Leftovers.RemoveAsync(destination, chain, cancellationToken);
            if (!going.Contains(chain.Path)) continue;
            foreach (var archive in chain.Archives.Reverse())
            {
                // The index first: an archive without one is still a backup, an index without an archive is nothing.
                if (archive.HasIndex) await destination.DeleteAsync(archive.IndexPath, cancellationToken);
                await destination.DeleteAsync(archive.Path, cancellationToken);
            }

            foreach (var leftover in chain.Leftovers) await Leftovers.TryRemoveAsync(destination, leftover, cancellationToken);
        }
    }

    private static StoredChainInfo Info(BackupTask task, StoredChain chain) =>
        new(chain.Path, chain.Name.Time, chain.Archives[^1].Name.Time, chain.HasFull, task.Id);

    private static async Task<List<StoredChain>> ChainsAsync(BackupTask task, IDestination destination, CancellationToken cancellationToken)
    {
        var chains = new List<StoredChain>();
        await foreach (var chain in DatabaseFolder.Of(destination, task.Database).ChainsAsync(cancellationToken))
        {
            if (chain.Name.Task == task.Id) chains.Add(chain);
        }

        return chains;
    }

    private TimeSpan? UsualGap(BackupTask task) => task.Settings.FullBackup is { } full
        ? CronSchedule.Parse(full, TimeZones.Find(task.Settings.TimeZone, zone)).LongestPeriod()
        : null;
}
