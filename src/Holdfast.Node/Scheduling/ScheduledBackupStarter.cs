using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Jobs;
using Holdfast.Node.Runs;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Scheduling;

/// <summary>Queues the backups that are due by schedule.</summary>
/// <param name="queue">The queue of all operations.</param>
/// <param name="items">Makes the work items.</param>
/// <param name="runs">The runs of server-wide backup tasks.</param>
/// <param name="statuses">The statuses of tasks.</param>
/// <param name="settings">The time zone of schedules that name none.</param>
/// <param name="time">The clock.</param>
public sealed class ScheduledBackupStarter(
    OperationQueue queue,
    BackupWorkItemFactory items,
    RunRegistry runs,
    WriteBehindState<TaskStatus> statuses,
    NodeSettings settings,
    TimeProvider time
)
{
    /// <summary>
    /// Queues the backup of a task if it is still due. One iteration of the scheduler may start thousands: meanwhile an operator
    /// may have aborted the run, which uses up the slot.
    /// </summary>
    /// <returns>Whether it is queued or running now.</returns>
    public bool TryStart(BackupTask task, NextBackup next)
    {
        var job = new BackupJob(task.Database, task.Settings, next.Kind, task) { RunId = runs.RunOf(task, next) };
        return queue.TryAddDue(items.Create(job), IsStillDue);

        // The queue calls this under its own lock: it must not call the queue.
        bool IsStillDue() =>
            Scheduler.GetNext(task, statuses.Of(task.Id), time.GetUtcNow(), settings.Zone) is { } now && now.At <= time.GetUtcNow();
    }
}
