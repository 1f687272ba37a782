using System.Globalization;

namespace Holdfast.Core.Scheduling;

/// <summary>Describes common cron expressions in English.</summary>
internal static class CronDescription
{
    private static readonly string[] Days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    /// <summary>Describes five fields; null if there is no short description.</summary>
    public static string? Describe(string[] fields)
    {
        if (fields is not [var minute, var hour, var day, "*", var weekday])
        {
            return null;
        }
        if (day == "*" && weekday == "*" && DescribeInterval(minute, hour) is { } often)
        {
            return often;
        }
        if (Number(minute, 59) is not { } m || Number(hour, 23) is not { } h)
        {
            return null;
        }
        var at = string.Create(CultureInfo.InvariantCulture, $"at {h:00}:{m:00}");
        return (day, weekday) switch
        {
            ("*", "*") => $"daily {at}",
            ("*", _) => Weekdays(weekday) is { } days ? $"every {days} {at}" : null,
            (_, "*") => Number(day, 31) is { } date ? $"on day {date} of every month {at}" : null,
            _ => null,
        };
    }

    private static string? DescribeInterval(string minute, string hour)
    {
        if (hour == "*")
        {
            if (minute is "*" or "*/1")
            {
                return "every minute";
            }
            if (Step(minute, 60) is { } minutes)
            {
                return $"every {minutes} minutes";
            }
            return Number(minute, 59) switch
            {
                0 => "every hour",
                { } m => string.Create(CultureInfo.InvariantCulture, $"every hour at :{m:00}"),
                null => null,
            };
        }

        return minute is "0" or "00" && Step(hour, 24) is { } hours ? $"every {hours} hours" : null;
    }

    // "*/7" starts over every hour, so it does not mean "every 7 minutes".
    private static int? Step(string field, int range) =>
        field.StartsWith("*/", StringComparison.Ordinal) && Number(field[2..], range - 1) is { } step && step > 1 && range % step == 0
            ? step
            : null;

    private static string? Weekdays(string field)
    {
        if (field.Split('-') is [var first, var last])
        {
            return Weekday(first) is { } from && Weekday(last) is { } to ? $"{from} to {to}" : null;
        }
        var days = field.Split(',').Select(Weekday).ToList();
        return days switch
        {
            _ when days.Contains(null) => null,
            [var only] => only,
            [.. var but, var end] => $"{string.Join(", ", but)} and {end}",
            _ => null,
        };
    }

    private static string? Weekday(string text) =>
        Number(text, 7) is { } number ? Days[number % 7]
        : text.Length == 3 ? Days.FirstOrDefault(d => d.StartsWith(text, StringComparison.OrdinalIgnoreCase))
        : null;

    private static int? Number(string text, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max ? number : null;
}
