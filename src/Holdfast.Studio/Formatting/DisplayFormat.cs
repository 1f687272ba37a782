using System.Globalization;

namespace Holdfast.Studio.Formatting;

/// <summary>Formats sizes and times for display.</summary>
public static class DisplayFormat
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A number of bytes, in the largest unit in which it is at least 1: <c>12.3 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double amount = bytes;
        var unit = 0;
        while (amount >= 1024 && unit < Units.Length - 1)
        {
            (amount, unit) = (amount / 1024, unit + 1);
        }
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(unit == 0 || amount >= 100 ? Math.Round(amount) : Math.Round(amount, 1)):0.#} {Units[unit]}"
        );
    }

    /// <summary>The age of a past time: <c>3 min ago</c>; <c>never</c> for null.</summary>
    public static string Ago(DateTimeOffset? at, DateTimeOffset now) =>
        at is { } time
            ? now - time < TimeSpan.FromSeconds(10)
                ? "just now"
                : $"{Span(now - time)} ago"
            : "never";

    /// <summary>The distance to a future time: <c>in 3 h</c>; <c>never</c> for null.</summary>
    public static string Ahead(DateTimeOffset? at, DateTimeOffset now) =>
        at is { } time
            ? time <= now
                ? "now"
                : $"in {Span(time - now)}"
            : "never";

    /// <summary>
    /// A duration in its largest unit, or in two units if the first number is small: <c>45 s</c>, <c>3 min</c>,
    /// <c>1 h 20 min</c>, <c>12 d</c>.
    /// </summary>
    public static string Span(TimeSpan span)
    {
        if (span < TimeSpan.FromSeconds(1))
        {
            return "under 1 s";
        }
        if (span < TimeSpan.FromMinutes(1))
        {
            return $"{(int)span.TotalSeconds} s";
        }
        if (span < TimeSpan.FromHours(1))
        {
            return span.TotalMinutes < 5 && span.Seconds > 0 ? $"{span.Minutes} min {span.Seconds} s" : $"{span.Minutes} min";
        }
        if (span < TimeSpan.FromDays(1))
        {
            return span.TotalHours < 6 && span.Minutes > 0 ? $"{span.Hours} h {span.Minutes} min" : $"{span.Hours} h";
        }
        return span.TotalDays < 4 && span.Hours > 0
            ? $"{span.Days} d {span.Hours} h"
            : string.Create(CultureInfo.InvariantCulture, $"{span.Days:N0} d");
    }

    /// <summary>A time in UTC, to the minute: <c>2026-11-27 02:00</c>.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
