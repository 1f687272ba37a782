using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Alerts;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Tasks;

/// <summary>
/// Records with tasks that their newest backups at a destination are gone: they were removed, or the destination has another root.
/// The backups there no longer protect anything.
/// </summary>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">Their statuses.</param>
/// <param name="alerts">Evaluated again.</param>
public sealed class LostBackupRecorder(TaskRegistry tasks, WriteBehindState<TaskStatus> statuses, AlertMonitor alerts)
{
    /// <summary>Records the loss for one task.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="taskId">Id of the task.</param>
    public void Record(string destination, string taskId)
    {
        RemoveDestination(destination, taskId);
        alerts.Invalidate();
    }

    /// <summary>Records the loss for all tasks.</summary>
    /// <param name="destination">Name of the destination.</param>
    public void RecordForAll(string destination)
    {
        foreach (var id in statuses.Items.Select(s => s.Key).ToList())
        {
            RemoveDestination(destination, id);
        }

        alerts.Invalidate();
    }

    private void RemoveDestination(string destination, string taskId)
    {
        if (tasks.Find(taskId) is { } task)
        {
            statuses.Change(taskId, status => status is null ? null : RemoveDestination(status, destination, task));
        }
    }

    private static TaskStatus? RemoveDestination(TaskStatus status, string destination, BackupTask task) =>
        TaskStatusTransitions.RemoveDestination(status, destination, task.Settings.Destinations) is var changed && changed != status
            ? changed
            : null;
}
