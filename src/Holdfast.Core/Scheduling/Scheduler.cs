using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Scheduling;

/// <summary>Decides when a task is due: a pure function, the same for derived and regular tasks.</summary>
public static class Scheduler
{
    /// <summary>Time after its slot until which a run counts as on time; a later one is a catch-up.</summary>
    public static readonly TimeSpan CatchUpThreshold = TimeSpan.FromMinutes(5);

    /// <summary>How far in the future a used slot may be before it counts as the mark of a wrong clock.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromDays(1);

    /// <summary>How long a slot stays due while its marks come from a wrong clock.</summary>
    public static readonly TimeSpan SkewedClockLookBack = TimeSpan.FromHours(1);

    // Delays after the first, second and third consecutive failure; after that, the next slot.
    private static readonly TimeSpan[] RetryAfter = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15)];

    // Thousands of tasks share a few schedules. Edits leave stale entries behind, so the cache is cleared when it is full.
    private const int MaxCached = 4_096;
    private static readonly ConcurrentDictionary<(string Text, string Zone), CronSchedule> Cache = new();

    /// <summary>
    /// Returns when <paramref name="task"/> is next due; null if it never is, because it is disabled, has no destination, or its schedule
    /// has no slots.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="status">Its status, as <see cref="TaskStatusTransitions"/> maintains it.</param>
    /// <param name="now">
    /// The current time. A run may start once <see cref="NextBackup.At"/> is not later than this, and never before: a run uses up only the
    /// slots up to its start.
    /// </param>
    /// <param name="nodeZone">Time zone of tasks that set none.</param>
    /// <returns>
    /// The same slot for the same status until a run starts, so a slot that falls due while no run can start stays due. Several due slots
    /// make one catch-up run, at the first of them; it is full if any of them is. Marks more than <see cref="MaxClockSkew"/> in the future
    /// come from a wrong clock; such a task takes its next slot, which then stays due for <see cref="SkewedClockLookBack"/>.
    /// </returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Usage"/>: a schedule or time zone is not valid on this node.
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
        // The run was stopped at a time that is now in the future: the clock was set back, so the intended time is unknown.
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
        // An end in the future means that the clock was set back since: the time since the failure is unknown.
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
        // A zone object from another load of the time zone database may have other rules under the same name.
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

    /// <summary>The first unused slot of each kind, as start times of the task.</summary>
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

            // Not "now" itself: no slot may be lost between two readings of the clock.
            DateTimeOffset Believed(DateTimeOffset? mark) =>
                mark is not { } time ? DateTimeOffset.MinValue
                : time - now > MaxClockSkew ? now - task.Offset - SkewedClockLookBack
                : time;
        }

        /// <summary>Returns the next run by schedule alone.</summary>
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

        /// <summary>Returns the kind of a run that starts at <paramref name="time"/>, by the slots due by then; null if none is.</summary>
        public BackupKind? GetKindAt(DateTimeOffset time) =>
            _full <= time ? BackupKind.Full
            : _incremental <= time
                ? _hasNoFullBackup ? BackupKind.Full
                    : BackupKind.Incremental
            : null;
    }
}
