using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Protection;

/// <summary>The longest time between two slots of a task that follow each other, of whichever kind: what its schedule promises.</summary>
public static class ScheduleGap
{
    // Thousands of tasks share a few schedules. An edit leaves an entry behind, so now and then it starts anew.
    private const int MostCached = 4_096;

    private static readonly ConcurrentDictionary<(string? Full, string? Incremental, string Zone), TimeSpan> Cache = new();

    /// <summary>
    /// The longest gap, changes to and from summer time included; <see cref="TimeSpan.MaxValue"/> where there are not
    /// two slots. Null where the schedule or its time zone cannot be read on this node.
    /// </summary>
    /// <param name="settings">Settings of the task.</param>
    /// <param name="nodeZone">Time zone of tasks that name none.</param>
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
            if (Cache.Count >= MostCached)
            {
                Cache.Clear();
            }
            return Cache[key] = gap;
        }
        catch (HoldfastException)
        {
            return null; // an alert says so: ScheduleUnreadable
        }
    }
}
