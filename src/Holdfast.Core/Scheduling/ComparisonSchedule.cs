using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Scheduling;

/// <summary>
/// When a database that says of itself that nothing has changed is compared in full with its newest backup all the
/// same. Time is cut into slots of
/// <see cref="TaskSettings.CompareEveryHours"/>, which begin at another moment for each task, so that not all are read in the same hour.
/// </summary>
public static class ComparisonSchedule
{
    /// <summary>
    /// Whether its slot has come since the database was read in full last. Where that is not known, by a status of an
    /// older Holdfast, the slots begin now.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="status">What has become of it so far.</param>
    /// <param name="now">The time.</param>
    public static bool IsDue(BackupTask task, TaskStatus status, DateTimeOffset now) =>
        status.LastRead is { } last && HasSlotPassed(task, last, now);

    /// <summary>
    /// Whether it is to be compared beside its backups: its slot has come since it was read or compared last, and what
    /// its newest backup holds is known.
    /// Never where the task does not run.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="status">What has become of it so far.</param>
    /// <param name="now">The time.</param>
    public static bool IsStandaloneDue(BackupTask task, TaskStatus status, DateTimeOffset now) =>
        task.Settings.Runs
        && CanBackUp(status)
        && status.Content is not null
        && IsDue(task, status, now)
        && (status.LastCompared is not { } last || HasSlotPassed(task, last, now));

    /// <summary>
    /// Whether a backup beside the schedule may begin where they differ: none that an operator has put off, or that has
    /// to be tried again, is waited for.
    /// </summary>
    /// <param name="status">What has become of the task so far.</param>
    public static bool CanBackUp(TaskStatus status) => status.DelayedUntil is null && status.FailedKind is null;

    private static bool HasSlotPassed(BackupTask task, DateTimeOffset last, DateTimeOffset now)
    {
        var slot = TimeSpan.FromHours(task.Settings.CompareEveryHours).Ticks;
        var phase = (long)(BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(task.Id))) / (double)uint.MaxValue * slot);
        return Slot(now) != Slot(last); // not only later: a clock that was ahead must not put it off

        long Slot(DateTimeOffset time) => (time.UtcTicks + phase) / slot;
    }
}
