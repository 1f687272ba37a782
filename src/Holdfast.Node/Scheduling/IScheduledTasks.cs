using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Scheduling;

/// <summary>
/// The tasks as <see cref="BackupScheduler"/> needs them. An interface, because the scheduler must also withstand tasks that
/// cannot be read or started, which only a test can provide.
/// </summary>
public interface IScheduledTasks
{
    /// <summary>A task; null if it does not exist any more.</summary>
    BackupTask? Find(string taskId);

    /// <summary>The status of a task.</summary>
    TaskStatus StatusOf(string taskId);

    /// <summary>Whether a task has a backup queued or running. It is scheduled again when that has ended.</summary>
    bool IsBusy(string taskId);

    /// <summary>Whether a task can run now. If not, its slots pass, and it is scheduled again when it can.</summary>
    bool CanRun(string taskId);

    /// <summary>Queues the backup of a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="next">The backup that is due.</param>
    /// <returns>False if it is not due any more, so that the task has to be scheduled again.</returns>
    bool TryStart(BackupTask task, NextBackup next);
}
