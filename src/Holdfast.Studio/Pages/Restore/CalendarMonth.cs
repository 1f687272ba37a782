using System.Globalization;

namespace Holdfast.Studio.Pages.Restore;

/// <summary>A month with the number of restore points of each day, UTC; weeks begin on Monday.</summary>
/// <param name="First">Its first day.</param>
/// <param name="Points">Points by day, in all months.</param>
public sealed record CalendarMonth(DateOnly First, IReadOnlyDictionary<DateOnly, int> Points)
{
    /// <summary>The month of the address, or of the newest point.</summary>
    public static CalendarMonth Of(string? month, IEnumerable<DateTimeOffset> points)
    {
        var days = points.CountBy(DayOf).ToDictionary();
        var day = DateOnly.TryParseExact($"{month}-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var asked)
            ? asked
            : days.Keys.DefaultIfEmpty(DateOnly.MinValue).Max();
        return new(new(day.Year, day.Month, 1), days);
    }

    /// <summary>Its name: <c>November 2026</c>.</summary>
    public string Name => First.ToString("MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>The nearest month before it that has points; null for none.</summary>
    public string? Before =>
        Points
            .Keys.Where(d => d < First)
            .Select(d => (DateOnly?)d)
            .DefaultIfEmpty()
            .Max()
            ?.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>The nearest month after it that has points; null for none.</summary>
    public string? After =>
        Points
            .Keys.Where(d => d >= First.AddMonths(1))
            .Select(d => (DateOnly?)d)
            .DefaultIfEmpty()
            .Min()
            ?.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>Its weeks, of seven days each; null for days of other months.</summary>
    public IEnumerable<IReadOnlyList<DateOnly?>> Weeks()
    {
        var lead = ((int)First.DayOfWeek + 6) % 7;
        var days = Enumerable
            .Repeat<DateOnly?>(null, lead)
            .Concat(Enumerable.Range(0, DateTime.DaysInMonth(First.Year, First.Month)).Select(i => (DateOnly?)First.AddDays(i)));
        foreach (var week in days.Chunk(7))
        {
            yield return [.. week, .. Enumerable.Repeat<DateOnly?>(null, 7 - week.Length)];
        }
    }

    /// <summary>The day of a time, UTC.</summary>
    public static DateOnly DayOf(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);

    /// <summary>A day as addresses have it; null where it is none.</summary>
    public static DateOnly? Parse(string? day) =>
        DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed) ? parsed : null;
}
