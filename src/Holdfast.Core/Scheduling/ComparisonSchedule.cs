using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Scheduling;

/// <summary>
/// Decides when a database whose change token is unchanged is nevertheless compared in full with its newest backup. Time is divided into
/// slots of <see cref="TaskSettings.CompareEveryHours"/>, with an offset for each task, so that not all databases are read in the same
/// hour.
/// </summary>
public static class ComparisonSchedule
{
    /// <summary>
    /// Whether a slot has passed since the database was last read in full. If that is unknown, as in a status from an older version, the
    /// slots begin now.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="status">Its status.</param>
    /// <param name="now">The current time.</param>
    public static bool IsDue(BackupTask task, TaskStatus status, DateTimeOffset now) =>
        status.LastRead is { } last && HasSlotPassed(task, last, now);

    /// <summary>
    /// Whether the database is to be compared outside of its backups: a slot has passed since it was last read or compared, and the
    /// contents of its newest backup are known. Never if the task is not enabled.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="status">Its status.</param>
    /// <param name="now">The current time.</param>
    public static bool IsStandaloneDue(BackupTask task, TaskStatus status, DateTimeOffset now) =>
        task.Settings.Runs
        && CanBackUp(status)
        && status.Content is not null
        && IsDue(task, status, now)
        && (status.LastCompared is not { } last || HasSlotPassed(task, last, now));

    /// <summary>
    /// Whether a backup outside of the schedule may start if the comparison finds a difference: no postponed backup and no retry is
    /// pending.
    /// </summary>
    /// <param name="status">The status of the task.</param>
    public static bool CanBackUp(TaskStatus status) => status.DelayedUntil is null && status.FailedKind is null;

    private static bool HasSlotPassed(BackupTask task, DateTimeOffset last, DateTimeOffset now)
    {
        var slot = TimeSpan.FromHours(task.Settings.CompareEveryHours).Ticks;
        var phase = (long)(BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(task.Id))) / (double)uint.MaxValue * slot);
        return Slot(now) != Slot(last); // not just later: a clock that was ahead must not postpone it

        long Slot(DateTimeOffset time) => (time.UtcTicks + phase) / slot;
    }
}
