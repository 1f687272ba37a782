using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups.Comparing;

/// <summary>Finds the tasks whose databases are due for a comparison with their newest backups.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">Their statuses.</param>
/// <param name="availability">Whether their databases can be read.</param>
/// <param name="time">The clock.</param>
public sealed class DueComparisons(
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses,
    TaskAvailability availability,
    TimeProvider time
)
{
    /// <summary>All of them; databases that have not been read for the longest time first.</summary>
    public IReadOnlyList<BackupTask> All =>
        [.. tasks.All.Where(IsDue).OrderBy(t => statuses.Find(t.Id)?.LastRead).ThenBy(t => t.Id, StringComparer.Ordinal)];

    /// <summary>The current state of a task; null if it no longer exists or is no longer due.</summary>
    public BackupTask? Find(string taskId) => tasks.Find(taskId) is { } task && IsDue(task) ? task : null;

    private bool IsDue(BackupTask task) =>
        statuses.Find(task.Id) is { } status
        && ComparisonSchedule.IsStandaloneDue(task, status, time.GetUtcNow())
        && availability.CanCompare(task);
}
