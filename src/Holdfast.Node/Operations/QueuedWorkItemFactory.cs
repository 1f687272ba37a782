using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Catalog.Rebuilding;
using Holdfast.Node.Jobs;
using Holdfast.Node.Repairs;
using Holdfast.Node.Restores;
using Holdfast.Node.Tasks;
using Holdfast.Node.Verification;

namespace Holdfast.Node.Operations;

/// <summary>Creates the work items of operations that were queued when the node stopped.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="backups">Creates the work items of backups.</param>
/// <param name="restore">Runs restores.</param>
/// <param name="verify">Runs verifications.</param>
/// <param name="repairs">Creates the work items of repairs.</param>
/// <param name="rebuilding">Creates the work items of rebuildings of the catalog.</param>
public sealed class QueuedWorkItemFactory(
    TaskRegistry tasks,
    BackupWorkItemFactory backups,
    RestoreOperation restore,
    VerifyOperation verify,
    RepairService repairs,
    CatalogRebuildService rebuilding
)
{
    /// <summary>Creates the work item of a stored operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="problem">Why it can never start; null if it can.</param>
    /// <returns>Null if it can never start.</returns>
    internal OperationWorkItem? Create(Operation operation, out string? problem)
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
        if (operation.Kind == OperationKind.RebuildCatalog)
        {
            return rebuilding.CreateWorkItem(new(operation.Destination!, []));
        }
        var (request, database) = (operation.Request, operation.Database!);
        var kind = operation.BackupKind ?? BackupKind.Full;
        if (operation.Kind == OperationKind.Restore)
        {
            return new RestoreWorkItem(
                new()
                {
                    From = request!.From!,
                    Point = request.Point,
                    Target = database,
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
                    Database = database,
                    HashSuffices = request.HashSuffices,
                },
                verify
            );
        }
        if (operation.TaskId is null)
        {
            return backups.Create(new(database, request!.Settings!, kind, null));
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
