using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.Runs;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups.Queueing;

/// <summary>Queues backups that operators request. The schedules of their tasks are not affected.</summary>
/// <param name="queue">The queue of all operations.</param>
/// <param name="items">Creates the work items.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="runs">The runs of server-wide backup tasks.</param>
/// <param name="statuses">The statuses of tasks.</param>
public sealed class BackupService(
    OperationQueue queue,
    BackupWorkItemFactory items,
    TaskRegistry tasks,
    RunRegistry runs,
    WriteBehindState<TaskStatus> statuses
)
{
    /// <summary>Queues a backup. If the task already has one queued or running, returns that one.</summary>
    /// <param name="job">The backup.</param>
    /// <param name="askedBy">The requesting user.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotAllowed"/> while the node shuts down.</exception>
    public RunningOperation BackUp(BackupJob job, string askedBy) => queue.Add(items.Create(job), askedBy, out _);

    /// <summary>Queues a backup of every database of a server-wide backup task.</summary>
    /// <param name="template">The task.</param>
    /// <param name="kind">The kind of backup.</param>
    /// <param name="askedBy">The requesting user.</param>
    /// <returns>
    /// The run, null if every database already had a backup queued or running, and the operations of all databases.
    /// </returns>
    public (string? Run, IReadOnlyList<RunningOperation> Operations) BackUpAll(Template template, BackupKind kind, string askedBy)
    {
        var run = runs.Begin(template, kind, askedBy);
        var queued = new List<RunningOperation>();
        try
        {
            foreach (var task in tasks.All.Where(t => t.TemplateId == template.Id))
            {
                queued.Add(BackUp(new(task.Database, task.Settings, kind, task) { RunId = run }, askedBy));
            }
        }
        finally
        {
            if (!runs.TryComplete(run))
            {
                run = null;
            }
        }

        return (run, queued);
    }

    /// <summary>
    /// Queues an incremental backup of a task whose database differs from its newest backup, unless the task must no longer run.
    /// </summary>
    internal void BackUpDiffering(BackupTask task) =>
        queue.TryAddDue(items.Create(new(task.Database, task.Settings, BackupKind.Incremental, task)), () =>
            tasks.Find(task.Id) is { Settings.Runs: true } && ComparisonSchedule.CanBackUp(statuses.Of(task.Id))
        );
}
