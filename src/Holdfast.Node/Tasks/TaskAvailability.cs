using Holdfast.Core.Tasks;
using Holdfast.Node.Discovery;

namespace Holdfast.Node.Tasks;

/// <summary>Decides whether the database of a task can be read now.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="sources">The sources of this node.</param>
/// <param name="databases">The stored records of all databases.</param>
public sealed class TaskAvailability(TaskRegistry tasks, SourceRegistry sources, DatabaseRecords databases)
{
    /// <summary>
    /// Whether a task can run. While its database is missing, or its source is not ready, its slots pass and count as missed; it
    /// runs when the database is back.
    /// </summary>
    /// <param name="taskId">Id of the task. One that does not exist counts as able to run.</param>
    public bool CanRun(string taskId) =>
        tasks.Find(taskId) is not { } task
        || (sources.IsReady(task.Database.Source) && databases.Find(task.Database.ToString()) is not { MissingSince: not null });

    /// <summary>Whether a task can run, and its source works.</summary>
    public bool CanCompare(BackupTask task) => CanRun(task.Id) && sources.Find(task.Database.Source) is { Status.Problem: null };
}
