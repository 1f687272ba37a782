using System.Globalization;

namespace Holdfast.Core.Scheduling;

/// <summary>The part of each day in which uploads to a destination may start. It can span midnight.</summary>
/// <param name="From">When it begins, in local time.</param>
/// <param name="To">When it ends, in local time; different from <paramref name="From"/>. The window does not include it.</param>
public sealed record UploadWindow(TimeOnly From, TimeOnly To)
{
    private const string Format = "HH:mm";

    /// <summary>Reads a window such as <c>22:00-06:00</c>; null if the text is none.</summary>
    public static UploadWindow? TryParse(string text) =>
        text.Split('-') is [var from, var to]
        && TimeOnly.TryParseExact(from.Trim(), Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var start)
        && TimeOnly.TryParseExact(to.Trim(), Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var end)
        && start != end
            ? new(start, end)
            : null;

    /// <summary>When the window opens next; null if it is open.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="zone">The time zone of the window.</param>
    public DateTimeOffset? FindOpening(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        if (time.IsBetween(From, To))
        {
            return null;
        }
        // The next day's if today's is over, or if clocks that were set back have passed it.
        for (var day = local.Date; ; day = day.AddDays(1))
        {
            var opening = ToInstant(day + From.ToTimeSpan(), zone);
            if (opening > now)
            {
                return opening;
            }
        }
    }

    /// <summary>The text that <see cref="TryParse"/> reads.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{From.ToString(Format, CultureInfo.InvariantCulture)}-")
        + To.ToString(Format, CultureInfo.InvariantCulture);

    // A time that is skipped when clocks are set forward begins when they are.
    private static DateTimeOffset ToInstant(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }
        return new(local, zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local));
    }
}
