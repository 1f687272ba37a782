using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tasks;
using Holdfast.State;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Finds the database and the task that a request names.</summary>
/// <param name="databases">The stored records of all databases.</param>
/// <param name="tasks">All tasks.</param>
internal sealed class TaskFinder(WriteBehindState<DatabaseRecord> databases, TaskRegistry tasks)
{
    /// <summary>The tasks of a database.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/>: there is no such database.</exception>
    public IReadOnlyList<BackupTask> Of(string databaseId) => tasks.Of(FindDatabase(databaseId));

    /// <summary>A task of a database.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/>: there is no such database or task.</exception>
    public BackupTask Find(string databaseId, string taskId) =>
        Of(databaseId).FirstOrDefault(t => t.Id == taskId)
        ?? throw new HoldfastException(
            ErrorCatalogue.NotFound,
            $"Database '{databaseId}' has no task '{taskId}'.",
            "List its tasks with: GET /api/v1/databases/ID/tasks"
        );

    /// <summary>A regular task, which may be changed.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.NotFound"/>, or <see cref="ErrorCatalogue.NotAllowed"/>: it comes from a server-wide backup task.
    /// </exception>
    public BackupTask FindEditable(string databaseId, string taskId)
    {
        var task = Find(databaseId, taskId);
        return task.IsServerWide
            ? throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"'{task.Name}' comes from a server-wide backup and cannot be changed on the database.",
                "Edit it there, or exclude the database there: /api/v1/server-wide-backups"
            )
            : task;
    }

    /// <summary>A database.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/></exception>
    public DatabaseId FindDatabase(string databaseId) =>
        databases.Find(databaseId)?.Id
        ?? throw new HoldfastException(
            ErrorCatalogue.NotFound,
            $"There is no database '{databaseId}'.",
            "List them with: GET /api/v1/databases. In a path an id is percent-encoded: demo%2Fshop.db"
        );
}
