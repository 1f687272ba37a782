using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>A schedule as selected in the form, and its cron expression. Each can be converted to the other.</summary>
public sealed record ScheduleChoice
{
    /// <summary>Intervals in hours that divide a day evenly, so that the times are the same every day.</summary>
    public static readonly IReadOnlyList<int> HourSteps = [1, 2, 3, 4, 6, 8, 12];

    /// <summary>The kind of schedule.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Daily;

    /// <summary>For <see cref="ScheduleKind.Hours"/>: the interval, one of <see cref="HourSteps"/>.</summary>
    public int Hours { get; init; } = 6;

    /// <summary>Time of day.</summary>
    public TimeSpan Time { get; init; } = new(2, 0, 0);

    /// <summary>For <see cref="ScheduleKind.Weekly"/>: the day of the week.</summary>
    public DayOfWeek Weekday { get; init; } = DayOfWeek.Sunday;

    /// <summary>For <see cref="ScheduleKind.Monthly"/>: the day, 1 to 28, which every month has.</summary>
    public int Day { get; init; } = 1;

    /// <summary>For <see cref="ScheduleKind.Custom"/>: the cron expression.</summary>
    public string Text { get; init; } = "";

    /// <summary>The cron expression.</summary>
    public string Cron =>
        Kind switch
        {
            ScheduleKind.Hours => Hours == 1 ? "0 * * * *" : string.Create(CultureInfo.InvariantCulture, $"0 */{Hours} * * *"),
            ScheduleKind.Daily => At("* * *"),
            ScheduleKind.Weekly => At(string.Create(CultureInfo.InvariantCulture, $"* * {(int)Weekday}")),
            ScheduleKind.Monthly => At(string.Create(CultureInfo.InvariantCulture, $"{Day} * *")),
            _ => Text,
        };

    /// <summary>Converts a cron expression; one that no other kind can express becomes custom.</summary>
    public static ScheduleChoice Of(string cron)
    {
        var custom = new ScheduleChoice { Kind = ScheduleKind.Custom, Text = cron };
        if (cron.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var minute, var hour, var day, "*", var weekday])
        {
            return custom;
        }
        if (minute == "0" && day == "*" && weekday == "*")
        {
            if (hour == "*")
            {
                return new() { Kind = ScheduleKind.Hours, Hours = 1 };
            }
            if (hour.StartsWith("*/", StringComparison.Ordinal) && Number(hour[2..], 1, 12) is { } step && HourSteps.Contains(step))
            {
                return new() { Kind = ScheduleKind.Hours, Hours = step };
            }
        }

        if (Number(minute, 0, 59) is not { } m || Number(hour, 0, 23) is not { } h)
        {
            return custom;
        }
        var time = new TimeSpan(h, m, 0);
        return (day, weekday) switch
        {
            ("*", "*") => new() { Kind = ScheduleKind.Daily, Time = time },
            ("*", _) when Number(weekday, 0, 7) is { } w => new()
            {
                Kind = ScheduleKind.Weekly,
                Time = time,
                Weekday = (DayOfWeek)(w % 7),
            },
            (_, "*") when Number(day, 1, 28) is { } d => new()
            {
                Kind = ScheduleKind.Monthly,
                Time = time,
                Day = d,
            },
            _ => custom,
        };
    }

    /// <summary>Checks a cron expression. Returns the problem; null if it is valid.</summary>
    public static string? Validate(string cron)
    {
        try
        {
            return CronSchedule.Parse(cron, TimeZoneInfo.Utc).HasOccurrences ? null : $"'{cron}' never occurs.";
        }
        catch (HoldfastException e)
        {
            return e.Message;
        }
    }

    /// <summary>The next times of a schedule in its time zone; none if the expression is not valid.</summary>
    public static IReadOnlyList<DateTimeOffset> Next(string cron, string? timeZone, DateTimeOffset now, int count)
    {
        var zone = TimeZoneInfo.TryFindSystemTimeZoneById(timeZone ?? TimeZoneInfo.Local.Id, out var found) ? found : TimeZoneInfo.Utc;
        if (!CronSchedule.TryParse(cron, zone, out var schedule))
        {
            return [];
        }
        var times = new List<DateTimeOffset>();
        for (var at = schedule.GetNext(now); at is { } time && times.Count < count; at = schedule.GetNext(time))
        {
            times.Add(TimeZoneInfo.ConvertTime(time, zone));
        }
        return times;
    }

    private static int? Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : null;

    private string At(string rest) => string.Create(CultureInfo.InvariantCulture, $"{Time.Minutes} {Time.Hours} {rest}");
}
