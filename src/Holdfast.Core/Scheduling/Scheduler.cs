using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Scheduling;

/// <summary>Decides when a task is due: a pure rule, the same for derived and regular tasks.</summary>
public static class Scheduler
{
    /// <summary>How long after its slot a run still counts as on time; later it is a catch-up.</summary>
    public static readonly TimeSpan CatchUpThreshold = TimeSpan.FromMinutes(5);

    /// <summary>How far ahead of now a mark may lie before it is taken for one of a clock that was wrong.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromDays(1);

    /// <summary>How long a slot stays due whose marks are not believed.</summary>
    public static readonly TimeSpan SkewedClockLookBack = TimeSpan.FromHours(1);

    // After the first, second and third failure in a row; after that, the next slot.
    private static readonly TimeSpan[] RetryAfter = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15)];

    // Thousands of tasks share a few schedules. An edit leaves an entry behind, so now and then it starts anew.
    private const int MaxCached = 4_096;
    private static readonly ConcurrentDictionary<(string Text, string Zone), CronSchedule> Cache = new();

    /// <summary>
    /// When <paramref name="task"/> is due next; null where it does not run: it is disabled, has no destination, or no
    /// slot ever comes.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="status">What has become of it so far, as <see cref="TaskStatusTransitions"/> makes it.</param>
    /// <param name="now">
    /// The time now. A run may begin as soon as <see cref="NextBackup.At"/> is not later than it, never before: a run
    /// uses up the slots up to its begin only.
    /// </param>
    /// <param name="nodeZone">Time zone of tasks that name none.</param>
    /// <returns>
    /// Asked again and again with the same status, it gives the same slot until a run begins, so a slot that falls due
    /// while no run can begin stays due. Several that fall due
    /// are one catch-up run, at the first of them; it is full if one of them is. Marks more than
    /// <see cref="MaxClockSkew"/> ahead of now were made by a clock that was wrong; such a
    /// task takes its next slot, which then stays due for <see cref="SkewedClockLookBack"/>.
    /// </returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Usage"/>: a schedule or time zone cannot be read on this node.
    /// </exception>
    public static NextBackup? GetNext(BackupTask task, TaskStatus status, DateTimeOffset now, TimeZoneInfo nodeZone)
    {
        if (!task.Settings.Runs)
        {
            return null;
        }
        var slots = new Slots(task, status, now, nodeZone);
        return GetDelayed(status, slots, now) ?? GetRetry(status, slots, now) ?? slots.GetFirst(now);
    }

    private static NextBackup? GetDelayed(TaskStatus status, Slots slots, DateTimeOffset now)
    {
        // The run was stopped in what is now the future: the clock was set back, and nobody knows what time was meant.
        if (status.DelayedUntil is not { } until || status.LastEnd - now > MaxClockSkew)
        {
            return null;
        }
        return new(until, PreferFull(status.DelayedKind ?? BackupKind.Full, slots.GetKindAt(Later(until, now))), NextBackupReason.Delay);
    }

    private static NextBackup? GetRetry(TaskStatus status, Slots slots, DateTimeOffset now)
    {
        if (status is not { FailedKind: { } kind, LastEnd: { } end } || status.Failures < 1 || status.Failures > RetryAfter.Length)
        {
            return null;
        }
        // An end in the future says that the clock was set back since: nobody knows how long ago it failed.
        var at = end - now > CatchUpThreshold ? now : end + RetryAfter[status.Failures - 1];
        if (slots.GetFirst(now) is { } slot && slot.At <= at)
        {
            return slot with { Kind = PreferFull(kind, slot.Kind) };
        }
        return new(at, PreferFull(kind, slots.GetKindAt(Later(at, now))), NextBackupReason.Retry);
    }

    private static BackupKind PreferFull(BackupKind kind, BackupKind? other) => other == BackupKind.Full ? BackupKind.Full : kind;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    internal static CronSchedule? GetSchedule(string? text, TimeZoneInfo zone)
    {
        if (text is null)
        {
            return null;
        }
        // A zone object of another load of the database may have other rules under the same name.
        if (Cache.TryGetValue((text, zone.Id), out var known) && ReferenceEquals(known.TimeZone, zone))
        {
            return known;
        }
        if (Cache.Count >= MaxCached)
        {
            Cache.Clear();
        }
        return Cache[(text, zone.Id)] = CronSchedule.Parse(text, zone);
    }

    /// <summary>The first slot of each kind that no run has used up, as times at which the task starts.</summary>
    private readonly struct Slots
    {
        private readonly DateTimeOffset? _full;
        private readonly DateTimeOffset? _incremental;
        private readonly bool _hasNoFullBackup;

        public Slots(BackupTask task, TaskStatus status, DateTimeOffset now, TimeZoneInfo nodeZone)
        {
            var zone = TimeZones.Find(task.Settings.TimeZone, nodeZone);
            _hasNoFullBackup = status.LastFullBackup is null;
            var full = Later(Believed(task.ScheduledSince), Believed(status.FullSlotUsed));
            var incremental = Later(full, Believed(status.IncrementalSlotUsed));
            _full = GetSchedule(task.Settings.FullBackup, zone)?.GetNext(full) + task.Offset;
            _incremental = GetSchedule(task.Settings.IncrementalBackup, zone)?.GetNext(incremental) + task.Offset;

            // Not "now" itself: a slot must not pass unseen between two looks at the clock.
            DateTimeOffset Believed(DateTimeOffset? mark) =>
                mark is not { } time ? DateTimeOffset.MinValue
                : time - now > MaxClockSkew ? now - task.Offset - SkewedClockLookBack
                : time;
        }

        /// <summary>The next run by schedule alone.</summary>
        public NextBackup? GetFirst(DateTimeOffset now)
        {
            var at = _full is null || _incremental < _full ? _incremental : _full;
            if (at is not { } first)
            {
                return null;
            }
            return new(
                first,
                GetKindAt(Later(first, now)) ?? BackupKind.Full,
                now - first > CatchUpThreshold ? NextBackupReason.CatchUp : NextBackupReason.Schedule
            );
        }

        /// <summary>
        /// The kind of a run that begins at <paramref name="time"/>, by the slots that are due by then; null where none
        /// is.
        /// </summary>
        public BackupKind? GetKindAt(DateTimeOffset time) =>
            _full <= time ? BackupKind.Full
            : _incremental <= time
                ? _hasNoFullBackup ? BackupKind.Full
                    : BackupKind.Incremental
            : null;
    }
}
