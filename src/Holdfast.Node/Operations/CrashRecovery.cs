using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Operations;

/// <summary>Cleans up after a server that was killed: ends the operations that it interrupted, and removes their files.</summary>
/// <param name="operations">All operations.</param>
/// <param name="statuses">The statuses of tasks.</param>
/// <param name="cleaner">Removes leftover files.</param>
/// <param name="supervisor">Runs the removal in the background.</param>
/// <param name="time">The clock.</param>
public sealed class CrashRecovery(
    OperationStore operations,
    WriteBehindState<TaskStatus> statuses,
    CrashCleaner cleaner,
    Supervisor supervisor,
    TimeProvider time
)
{
    private static readonly TimeSpan CleanupWindow = TimeSpan.FromDays(1);

    /// <summary>Done when the leftover files are removed, or the node stops.</summary>
    public Task Cleaning { get; private set; } = Task.CompletedTask;

    /// <summary>Ends the operations that were running when the server was killed, and records the failure with their tasks.</summary>
    /// <param name="ofAllNodes">Whether operations of other tags count as this node's own.</param>
    public void EndInterrupted(bool ofAllNodes)
    {
        var interrupted = operations.EndInterrupted(ofAllNodes, FindOutcomeBeforeCrash).Where(o => o.Kind == OperationKind.Backup);
        foreach (var operation in interrupted.Where(o => o.TaskId is not null).ToList())
        {
            RecordCrash(operation);
        }
    }

    /// <summary>Starts to remove, in the background, the files that interrupted backups may have left at the destinations.</summary>
    public void StartCleaning()
    {
        var interrupted = operations.Unordered.Where(MayHaveLeftFiles).ToList();
        var databases = interrupted.Select(o => o.Database!).Distinct().ToList();
        var old = interrupted.Where(IsOld).Select(o => o.Database!).Distinct().ToList();
        Cleaning = supervisor.RunOnce("cleaning after a crash", token => cleaner.CleanAsync(databases, old, token));
    }

    // What a backup left at a remote destination is removed when it is old. The daily audit removes what is younger now.
    private bool IsOld(Operation operation) => time.GetUtcNow() - operation.Created > LeftoverCleaner.MinAge;

    // Success is stored before retention, and the operation ends after it: a crash between the two takes nothing back.
    private OperationState? FindOutcomeBeforeCrash(Operation operation) =>
        operation is { Kind: OperationKind.Backup, TaskId: { } task, Started: { } started }
        && statuses.Of(task) is { LastState: OperationState.Completed or OperationState.CompletedWithErrors } status
        && status.OperationId == operation.Id
        && status.LastEnd >= started
            ? status.LastState
            : null;

    // It is retried after a minute, so that a database that brings the node down does not do so over and over.
    private void RecordCrash(Operation operation) =>
        statuses.Set(
            operation.TaskId!,
            TaskStatusTransitions.MarkFailed(
                statuses.Of(operation.TaskId!),
                operation.BackupKind ?? BackupKind.Full,
                operation.Started ?? operation.Created,
                time.GetUtcNow(),
                new(ErrorCatalog.Interrupted.Code, "The server stopped while this ran.", null)
            )
        );

    // A queued backup may have started just before the kill. One that a kill ended, or that ended after it without a start
    // because its database is gone, may belong to a node that was killed again before it had cleaned up, or that could not
    // clean up while a destination was unavailable.
    private bool MayHaveLeftFiles(Operation operation) =>
        operation.Kind == OperationKind.Backup
        && (
            operation.Ended is not { } ended
            || (operation.State is OperationState.Failed or OperationState.Aborted && time.GetUtcNow() - ended < CleanupWindow)
        );
}
