using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Discovery;
using Holdfast.Node.Tasks;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Finds the database and the task that a request names.</summary>
/// <param name="databases">The stored records of all databases.</param>
/// <param name="tasks">All tasks.</param>
internal sealed class TaskFinder(DatabaseRecords databases, TaskRegistry tasks)
{
    /// <summary>Finds the tasks of a database.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/>: there is no such database.</exception>
    public IReadOnlyList<BackupTask> Of(string databaseId) => tasks.Of(FindDatabase(databaseId));

    /// <summary>Finds a task of a database.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/>: there is no such database or task.</exception>
    public BackupTask Find(string databaseId, string taskId) =>
        Of(databaseId).FirstOrDefault(t => t.Id == taskId)
        ?? throw new HoldfastException(
            ErrorCatalog.NotFound,
            $"Database '{databaseId}' has no task '{taskId}'.",
            "List its tasks with: GET /api/v1/databases/ID/tasks"
        );

    /// <summary>Finds a regular task, which can be changed.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.NotFound"/>, or <see cref="ErrorCatalog.NotAllowed"/> if it is derived from a
    /// server-wide backup task.
    /// </exception>
    public BackupTask FindEditable(string databaseId, string taskId)
    {
        var task = Find(databaseId, taskId);
        return task.IsServerWide
            ? throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"'{task.Name}' is derived from a server-wide backup task and cannot be changed here.",
                "Edit that task, or exclude the database from it: /api/v1/server-wide-backups"
            )
            : task;
    }

    /// <summary>Finds a database.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/></exception>
    public DatabaseId FindDatabase(string databaseId) =>
        databases.Find(databaseId)?.Id
        ?? throw new HoldfastException(
            ErrorCatalog.NotFound,
            $"There is no database '{databaseId}'.",
            "List them with: GET /api/v1/databases. In a path an id is percent-encoded: demo%2Fshop.db"
        );
}
