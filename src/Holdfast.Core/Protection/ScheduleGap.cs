using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Protection;

/// <summary>The longest time between two consecutive slots of a task, of either kind: the backup age that its schedule allows.</summary>
public static class ScheduleGap
{
    // Thousands of tasks share a few schedules. Edits leave stale entries behind, so the cache is cleared when it is full.
    private const int MaxCached = 4_096;

    private static readonly ConcurrentDictionary<(string? Full, string? Incremental, string Zone), TimeSpan> Cache = new();

    /// <summary>
    /// Returns the longest gap, including daylight saving changes; <see cref="TimeSpan.MaxValue"/> if there are fewer than two slots. Null
    /// if the schedule or its time zone is not valid on this node.
    /// </summary>
    /// <param name="settings">Settings of the task.</param>
    /// <param name="nodeZone">Time zone of tasks that set none.</param>
    public static TimeSpan? GetLongest(TaskSettings settings, TimeZoneInfo nodeZone)
    {
        var key = (settings.FullBackup, settings.IncrementalBackup, settings.TimeZone ?? nodeZone.Id);
        if (Cache.TryGetValue(key, out var known))
        {
            return known;
        }
        try
        {
            var zone = TimeZones.Find(settings.TimeZone, nodeZone);
            var gap = CronSchedule.LongestGap([
                .. new[] { settings.FullBackup, settings.IncrementalBackup }.OfType<string>().Select(s => CronSchedule.Parse(s, zone)),
            ]);
            if (Cache.Count >= MaxCached)
            {
                Cache.Clear();
            }
            return Cache[key] = gap;
        }
        catch (HoldfastException)
        {
            return null; // reported by the alert ScheduleUnreadable
        }
    }
}
