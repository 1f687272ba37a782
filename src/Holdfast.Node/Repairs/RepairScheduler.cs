using Holdfast.Core.Errors;
using Holdfast.Node.Backups;
using Holdfast.Node.Jobs;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Repairs;

/// <summary>
/// Starts a repair when a destination of a task lacks a backup that it should have, is available, and another one has it: after a backup
/// that failed there, when it is available again, when it was added to the task, and when a copy was lost. A repair that fails is repeated
/// after 1, 5, 15 and then every 60 minutes.
/// </summary>
/// <param name="tasks">All tasks.</param>
/// <param name="planner">Decides which tasks need a repair.</param>
/// <param name="repairs">Queues repairs.</param>
/// <param name="queue">Knows whether a backup of a task is queued or running.</param>
/// <param name="settings">How often it looks.</param>
/// <param name="time">The clock.</param>
public sealed class RepairScheduler(
    TaskRegistry tasks,
    RepairPlanner planner,
    RepairService repairs,
    OperationQueue queue,
    NodeSettings settings,
    TimeProvider time
)
{
    // Enough to keep the lane busy; a destination that was away can lack the backups of thousands of databases.
    private const int MaxUnfinished = 100;

    // Gaps in older chains are looked for in a few tasks each time, because that reads the catalog: all of 10,000 tasks in half an hour.
    private const int MaxGapSearches = 200;

    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(15),
        TimeSpan.FromMinutes(60),
    ];

    private readonly Dictionary<string, (int Attempts, DateTimeOffset Next)> _attempts = new(StringComparer.Ordinal); // the loop alone
    private int _searched; // the loop alone

    /// <summary>Time between two searches.</summary>
    public TimeSpan Interval => settings.RepairInterval;

    /// <summary>Runs until cancelled.</summary>
    /// <param name="loop">Notified of each completed iteration.</param>
    /// <param name="cancellationToken">Stops the loop.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            StartDue();
            loop.CompleteIteration();
        }
    }

    /// <summary>Starts the repairs that are due now.</summary>
    public void StartDue()
    {
        var now = time.GetUtcNow();
        var room = MaxUnfinished - repairs.Unfinished;
        var all = tasks.All;
        var start = all.Count == 0 ? 0 : _searched % all.Count;
        _searched = start + MaxGapSearches;
        for (var i = 0; i < all.Count && room > 0; i++)
        {
            var task = all[i];
            var isSearched = (i - start + all.Count) % all.Count < MaxGapSearches;
            if (!planner.LacksNewest(task) && !(isSearched && planner.HasGaps(task)))
            {
                if (isSearched)
                {
                    _attempts.Remove(task.Id);
                }
                continue;
            }
            // While a backup runs, it is not yet known what its destinations lack; and an audit may be repairing the chain.
            if (queue.IsLocked(BackupJob.KeyOf(task.Id, task.Database)) || repairs.IsQueued(task.Id))
            {
                continue;
            }
            var (attempts, next) = _attempts.GetValueOrDefault(task.Id);
            if (next > now)
            {
                continue;
            }
            _attempts[task.Id] = (attempts + 1, now + Delays[Math.Min(attempts, Delays.Length - 1)]);
            try
            {
                repairs.Repair(task.Id, allChains: false, askedBy: null);
                room--;
            }
            catch (HoldfastException)
            {
                // The node is stopping, or the task has just been changed or deleted.
            }
        }
    }
}
