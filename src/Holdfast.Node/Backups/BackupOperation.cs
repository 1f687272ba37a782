using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Destinations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups;

/// <summary>
/// Runs one backup as an operation: finds source, keys and destinations, updates the task's status, and applies retention after a
/// full backup.
/// </summary>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">Their statuses.</param>
/// <param name="destinations">The destinations.</param>
/// <param name="runner">Runs the backup itself.</param>
/// <param name="retention">Applies the retention of the task.</param>
/// <param name="settings">Tag of the node.</param>
/// <param name="time">The clock.</param>
public sealed class BackupOperation(
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses,
    DestinationRegistry destinations,
    BackupJobRunner runner,
    BackupRetention retention,
    NodeSettings settings,
    TimeProvider time
)
{
    /// <summary>Runs a backup and records its result.</summary>
    /// <param name="work">The requested backup.</param>
    /// <param name="operation">Its operation.</param>
    /// <param name="written">Called when the database has been read and only publishing is left.</param>
    internal async Task RunAsync(BackupWorkItem work, RunningOperation operation, Action written)
    {
        await using var leases = new DestinationLeases(destinations);
        if (ResolveCurrentJob(work.Job, operation) is not { } job)
        {
            if (operation.TryClaim())
            {
                operation.End(
                    OperationState.Aborted,
                    null,
                    new(
                        ErrorCatalog.Aborted,
                        "Its task was deleted or disabled, or its database dropped, while the backup was queued.",
                        null
                    )
                );
            }
            return;
        }

        var start = time.GetUtcNow();
        work.StatusBefore = TaskStatus.NeverRun;
        UpdateStatus(job, status =>
            TaskStatusTransitions.MarkStarted(work.StatusBefore = status, job.Kind, start, settings.Tag, operation.Id)
        );
        operation.MarkStarted(() => ("opening", new()));
        try
        {
            var (result, content, opened) = await runner.RunAsync(job, operation, leases, written);
            if (!TrySucceed(work, operation, start, result, content))
            {
                return;
            }
            if (job.Task is not null && result is { Kind: BackupKind.Full })
            {
                await retention.TryApplyAsync(job.Task, operation, opened);
            }
            if (operation.TryClaim())
            {
                operation.TryEndAsSucceeded();
            }
        }
        catch (OperationCanceledException) when (operation.Stopping.IsCancellationRequested)
        {
            if (operation.TryClaim())
            {
                Terminate(work, operation, operation.IsAborted ? StopReason.Aborted : StopReason.NodeShutdown);
            }
        }
        catch (Exception e)
        {
            // The one catch-all, so that other backups continue. A cancellation that none of our tokens requested is a failure like
            // any other.
            if (operation.TryClaim())
            {
                Fail(work, operation, UnexpectedFailure.Wrap($"The backup of '{job.Database}'", e));
            }
        }
    }

    // The backup may have been queued for hours: settings that were saved since apply to it, too. Null if it must no longer run.
    private BackupJob? ResolveCurrentJob(BackupJob job, RunningOperation operation)
    {
        if (job.Task is not { } queued)
        {
            return job;
        }
        if (tasks.Find(queued.Id) is not { } task || (!task.Settings.Runs && operation.Current.AskedBy is null))
        {
            return null;
        }
        return job with { Settings = task.Settings, Task = task };
    }

    /// <summary>Ends a backup that is queued, was stopped, or hangs. The caller must have claimed its operation.</summary>
    internal void Terminate(BackupWorkItem work, RunningOperation operation, StopReason reason)
    {
        if (operation.TryEndAsSucceeded())
        {
            return;
        }
        var (job, now) = (work.Job, time.GetUtcNow());
        var start = operation.Current.Started ?? now;
        switch (reason)
        {
            case StopReason.Aborted:
                UpdateStatus(job, status =>
                    operation.DelayedUntil is { } until
                        ? TaskStatusTransitions.MarkDelayed(status, job.Kind, start, now, until)
                        : TaskStatusTransitions.MarkAborted(status, job.Kind, start, now)
                );
                operation.End(OperationState.Aborted, null, OperationWorkItem.CreateStopException(reason, operation));
                break;
            case StopReason.Stalled:
                Fail(work, operation, OperationWorkItem.CreateStopException(reason, operation));
                break;
            default:
                // Its slot was due earlier than the task's next one, and the backup itself runs at the next start, too.
                if (work.StatusBefore is { } before)
                {
                    UpdateStatus(job, status => TaskStatusTransitions.MarkInterrupted(status, before));
                }
                operation.Requeue();
                break;
        }
    }

    private void Fail(BackupWorkItem work, RunningOperation operation, HoldfastException failure)
    {
        var (job, now) = (work.Job, time.GetUtcNow());
        // Thrown only if no destination stored anything.
        var isOfDestinations = failure.Error.ExitCode == ErrorCatalog.DestinationFailed.ExitCode;
        var all = isOfDestinations ? job.Settings.Destinations : null;
        UpdateStatus(job, status =>
            TaskStatusTransitions.MarkFailed(status, job.Kind, operation.Current.Started ?? now, now, OperationError.From(failure), all)
        );
        operation.End(OperationState.Failed, null, failure);
    }

    // Stored before any further step, so that none can revert it. False if another caller has ended the operation meanwhile.
    private bool TrySucceed(
        BackupWorkItem work,
        RunningOperation operation,
        DateTimeOffset start,
        OperationResult result,
        ContentDigest? content
    )
    {
        var failed = result.Destinations.Where(d => d.Value is not null).Select(d => d.Value!).ToList();
        var error =
            failed.Count == 0
                ? null
                : new HoldfastException(
                    ErrorCatalog.DestinationFailed,
                    string.Join(' ', failed),
                    "The other destinations have the archive. A repair copies it to the failed ones."
                );
        if (!operation.TryMarkSucceeded(failed.Count == 0 ? OperationState.Completed : OperationState.CompletedWithErrors, result, error))
        {
            return false;
        }
        UpdateStatus(work.Job, status => TaskStatusTransitions.MarkSucceeded(status, start, time.GetUtcNow(), result, content));
        foreach (var warning in result.Warnings)
        {
            operation.Write(warning);
        }
        return true;
    }

    // Based on the current status: a destination may be redefined meanwhile, which changes the status, too.
    private void UpdateStatus(BackupJob job, Func<TaskStatus, TaskStatus> change)
    {
        if (job.Task is not null)
        {
            statuses.Change(job.Task.Id, status => change(status ?? TaskStatus.NeverRun));
        }
    }
}
