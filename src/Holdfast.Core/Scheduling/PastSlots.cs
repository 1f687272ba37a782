using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Scheduling;

/// <summary>Finds slots of a schedule that have passed.</summary>
public static class PastSlots
{
    // A few slots are enumerated; a schedule with many slots, such as every minute of one weekday, is searched instead.
    private const int MaxSteps = 4;

    private static readonly TimeSpan MaxLookBack = TimeSpan.FromDays(800);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Returns the newest slot of either kind that is not later than <paramref name="time"/>; null if there is none, or if the schedule is
    /// not valid on this node.
    /// </summary>
    /// <param name="settings">Settings of the task.</param>
    /// <param name="nodeZone">Time zone of tasks that set none.</param>
    /// <param name="time">The time.</param>
    /// <returns>The slot, without the offset of any task, and the kind that is due then: full if both are.</returns>
    public static (DateTimeOffset At, BackupKind Kind)? FindLatest(TaskSettings settings, TimeZoneInfo nodeZone, DateTimeOffset time)
    {
        if (ScheduleGap.GetLongest(settings, nodeZone) is not { } gap)
        {
            return null;
        }
        var from = time - (gap < MaxLookBack ? gap : MaxLookBack) - TimeSpan.FromMinutes(1);
        var zone = TimeZones.Find(settings.TimeZone, nodeZone);
        var (full, incremental) = (
            FindLatest(settings.FullBackup, zone, from, time),
            FindLatest(settings.IncrementalBackup, zone, from, time)
        );
        if (full is null && incremental is null)
        {
            return null;
        }
        return incremental is null || full >= incremental ? (full!.Value, BackupKind.Full) : (incremental.Value, BackupKind.Incremental);
    }

    private static DateTimeOffset? FindLatest(string? text, TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset time)
    {
        if (Scheduler.GetSchedule(text, zone) is not { } schedule)
        {
            return null;
        }
        DateTimeOffset? latest = null;
        var slot = schedule.GetNext(from);
        for (var i = 0; slot <= time; i++)
        {
            if (i == MaxSteps)
            {
                return Search(schedule, slot!.Value, time);
            }
            latest = slot;
            slot = schedule.GetNext(latest.Value);
        }

        return latest;
    }

    // Binary search for the newest slot: an interval of a minute contains at most one. The known slot is not later than the time.
    private static DateTimeOffset Search(CronSchedule schedule, DateTimeOffset known, DateTimeOffset time)
    {
        var (before, after) = (known, time);
        while (after - before > Minute)
        {
            var middle = before + ((after - before) / 2);
            if (schedule.GetNext(middle) is { } slot && slot <= time)
            {
                (before, known) = (middle, slot);
            }
            else
            {
                after = middle;
            }
        }

        return schedule.GetNext(known) is { } last && last <= time ? last : known;
    }
}
