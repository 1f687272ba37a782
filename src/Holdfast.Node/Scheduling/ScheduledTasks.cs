using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Jobs;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Scheduling;

/// <summary>The tasks of the node, for the scheduler.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">Their statuses.</param>
/// <param name="queue">The queue of all operations.</param>
/// <param name="availability">Whether their databases can be read.</param>
/// <param name="starter">Queues their backups.</param>
public sealed class ScheduledTasks(
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses,
    OperationQueue queue,
    TaskAvailability availability,
    ScheduledBackupStarter starter
) : IScheduledTasks
{
    /// <inheritdoc/>
    public BackupTask? Find(string taskId) => tasks.Find(taskId);

    /// <inheritdoc/>
    public TaskStatus StatusOf(string taskId) => statuses.Of(taskId);

    /// <inheritdoc/>
    public bool IsBusy(string taskId) => queue.Find(taskId) is not null;

    /// <inheritdoc/>
    public bool CanRun(string taskId) => availability.CanRun(taskId);

    /// <inheritdoc/>
    public bool TryStart(BackupTask task, NextBackup next) => starter.TryStart(task, next);
}
