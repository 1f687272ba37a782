using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Runs;

/// <summary>Aborts runs of server-wide backup tasks.</summary>
/// <param name="runs">The runs.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">Their statuses.</param>
/// <param name="queue">The queue of all operations.</param>
/// <param name="operations">All operations.</param>
/// <param name="items">Makes the work items of backups.</param>
/// <param name="scheduler">Decides when each task is due next.</param>
public sealed class RunService(
    RunRegistry runs,
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses,
    OperationQueue queue,
    OperationStore operations,
    BackupWorkItemFactory items,
    BackupScheduler scheduler
)
{
    /// <summary>Aborts every backup of a run that is queued, running or has yet to start. Their slots count as used.</summary>
    /// <param name="id">Id of the run.</param>
    /// <param name="by">The requesting user.</param>
    /// <returns>The number of databases whose backup was aborted.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/>: the run does not exist.</exception>
    public async Task<int> AbortAsync(string id, string by)
    {
        var run = runs.Find(id)
            ?? throw new HoldfastException(ErrorCatalog.NotFound, $"There is no run '{id}'.", "List them with: GET /api/v1/runs");
        // First, so that none of them starts meanwhile.
        var notStarted = runs.NotStartedTasksOf(id).Select(tasks.Find).OfType<BackupTask>();
        var aborted = notStarted.Count(t => queue.TrySkip(items.Create(new(t.Database, t.Settings, run.Kind, t) { RunId = id }), by));
        var pending = runs.DatabasesOf(id)
            .Where(d => d.Operation is { HasEnded: false })
            .Select(d => operations.FindRunning(d.Operation!.Id))
            .OfType<RunningOperation>()
            .ToList();
        pending.RemoveAll(o => o.HasEnded);
        await Task.WhenAll(pending.Select(o => o.AbortAsync(by, null))); // concurrently: each may take a second if a call hangs
        // A failed backup would be retried in a minute, in the same run.
        var failed = runs.FailedOf(id);
        foreach (var (task, operation) in failed)
        {
            statuses.Change(task, status => status?.OperationId == operation ? TaskStatusTransitions.CancelRetry(status) : null);
        }
        scheduler.Reschedule(failed.Select(f => f.Task));
        return aborted + pending.Count;
    }
}
