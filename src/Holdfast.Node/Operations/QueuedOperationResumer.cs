using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Jobs;
using Holdfast.Node.Repairs;
using Holdfast.Node.Restores;
using Holdfast.Node.Tasks;
using Holdfast.Node.Verification;

namespace Holdfast.Node.Operations;

/// <summary>Puts operations that were queued when the node stopped back into the queue, or ends those that can never start.</summary>
/// <param name="operations">All operations.</param>
/// <param name="queue">The queue.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="backups">Creates the work items of backups.</param>
/// <param name="restore">Runs restores.</param>
/// <param name="verify">Runs verifications.</param>
/// <param name="repairs">Creates the work items of repairs.</param>
public sealed class QueuedOperationResumer(
    OperationStore operations,
    OperationQueue queue,
    TaskRegistry tasks,
    BackupWorkItemFactory backups,
    RestoreOperation restore,
    VerifyOperation verify,
    RepairService repairs
)
{
    /// <summary>Resumes all of them.</summary>
    /// <param name="ofAllNodes">Whether operations of other tags count as this node's own.</param>
    public void ResumeAll(bool ofAllNodes)
    {
        foreach (var operation in operations.GetQueued(ofAllNodes))
        {
            Resume(operation);
        }
    }

    private void Resume(Operation operation)
    {
        if (RebuildWorkItem(operation, out var problem) is { } work)
        {
            queue.Resume(work, operation);
            return;
        }

        var running = operations.Resume(operation);
        if (running.TryClaim())
        {
            running.End(
                OperationState.Failed,
                null,
                new(ErrorCatalog.Interrupted, $"The server stopped before this started. {problem}", "Please retry.")
            );
        }
        running.Dispose();
    }

    private OperationWorkItem? RebuildWorkItem(Operation operation, out string? problem)
    {
        problem = operation.Request switch
        {
            { KeysGiven: true } => "The keys that were given with it are not stored, so it cannot start without them.",
            null when operation.TaskId is null => "The previous version did not store the request.",
            _ => null,
        };
        if (problem is not null)
        {
            return null;
        }
        var request = operation.Request;
        var kind = operation.BackupKind ?? BackupKind.Full;
        if (operation.Kind == OperationKind.Restore)
        {
            return new RestoreWorkItem(
                new()
                {
                    From = request!.From!,
                    Point = request.Point,
                    Target = operation.Database,
                    File = new() { RestoreMode = request.KeepMode, RestoreOwner = request.KeepOwner },
                    ContinueOnError = request.ContinueOnError,
                },
                restore
            );
        }
        if (operation.Kind == OperationKind.Verify)
        {
            return new VerifyWorkItem(
                new()
                {
                    From = request!.From!,
                    Database = operation.Database,
                    HashSuffices = request.HashSuffices,
                },
                verify
            );
        }
        if (operation.TaskId is null)
        {
            return backups.Create(new(operation.Database, request!.Settings!, kind, null));
        }
        if (tasks.Find(operation.TaskId) is { } task)
        {
            if (operation.Kind == OperationKind.Repair)
            {
                return repairs.CreateWorkItem(new(task.Database, task.Id, request!.AllChains), task);
            }
            return backups.Create(new(task.Database, task.Settings, kind, task));
        }
        problem = $"Its task '{operation.TaskName}' is gone, or its database.";
        return null;
    }
}
