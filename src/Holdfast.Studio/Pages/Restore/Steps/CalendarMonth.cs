using System.Globalization;

namespace Holdfast.Studio.Pages.Restore.Steps;

/// <summary>A month with the number of restore points of each day, in UTC. Weeks start on Monday.</summary>
/// <param name="First">First day of the month.</param>
/// <param name="Points">Number of restore points by day, in all months.</param>
public sealed record CalendarMonth(DateOnly First, IReadOnlyDictionary<DateOnly, int> Points)
{
    /// <summary>The month in the URL, or the month of the newest restore point.</summary>
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

    /// <summary>The previous month that has restore points; null if there is none.</summary>
    public string? Before =>
        Points
            .Keys.Where(d => d < First)
            .Select(d => (DateOnly?)d)
            .DefaultIfEmpty()
            .Max()
            ?.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>The next month that has restore points; null if there is none.</summary>
    public string? After =>
        Points
            .Keys.Where(d => d >= First.AddMonths(1))
            .Select(d => (DateOnly?)d)
            .DefaultIfEmpty()
            .Min()
            ?.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>Its weeks of seven days; days of other months are null.</summary>
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

    /// <summary>The day of a time, in UTC.</summary>
    public static DateOnly DayOf(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);

    /// <summary>Parses a day from the URL; null if it is not valid.</summary>
    public static DateOnly? Parse(string? day) =>
        DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed) ? parsed : null;
}
