using System.Diagnostics.CodeAnalysis;
using Cronos;
using Holdfast.Core.Errors;

namespace Holdfast.Core.Scheduling;

/// <summary>
/// A cron expression of 5 fields (minute, hour, day of month, month, day of week) in a time zone. A time that is skipped when daylight
/// saving starts occurs right after the gap. A time that is repeated when it ends occurs once, unless the expression is an interval
/// (<c>*</c>, <c>*/n</c>, ranges of hours or minutes), which continues through the repeated hour.
/// </summary>
public sealed class CronSchedule
{
    // Covers more than a day of every minute, or some years of a schedule with few slots a day.
    private const int SampledSlots = 1_500;

    // A Saturday after a leap day. Only gaps are measured from here, in UTC, so the date itself does not matter.
    private static readonly DateTimeOffset ReferenceTime = new(2028, 3, 4, 0, 0, 0, TimeSpan.Zero);
    private readonly CronExpression _expression;

    private CronSchedule(string text, CronExpression expression, TimeZoneInfo timeZone)
    {
        Text = text;
        TimeZone = timeZone;
        _expression = expression;
    }

    /// <summary>The expression as given.</summary>
    public string Text { get; }

    /// <summary>The time zone of the schedule.</summary>
    public TimeZoneInfo TimeZone { get; }

    /// <summary>Whether the schedule has any slot: the 30th of February never occurs.</summary>
    public bool HasOccurrences => _expression.GetNextOccurrence(ReferenceTime, TimeZoneInfo.Utc) is not null;

    /// <summary>Parses an expression.</summary>
    /// <param name="text">Five fields, separated by blanks.</param>
    /// <param name="timeZone">The time zone of the schedule.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Usage"/>: it is not a cron expression; the message says why.
    /// </exception>
    public static CronSchedule Parse(string text, TimeZoneInfo timeZone)
    {
        if (text.Any(c => char.IsControl(c) && c != '\t'))
        {
            throw Malformed(text, "it contains control characters", null); // the parser treats NUL as the end
        }
        if (Fields(text).Length != 5)
        {
            throw Malformed(text, "it does not have five fields", null);
        }
        try
        {
            return new(text, CronExpression.Parse(text.Trim(), CronFormat.Standard), timeZone);
        }
        catch (Exception e) when (e is CronFormatException or MissingSeedException)
        {
            throw Malformed(text, e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>Parses an expression; false if it is not valid.</summary>
    /// <param name="text">Five fields, separated by blanks.</param>
    /// <param name="timeZone">The time zone of the schedule.</param>
    /// <param name="schedule">The schedule.</param>
    public static bool TryParse(string text, TimeZoneInfo timeZone, [NotNullWhen(true)] out CronSchedule? schedule)
    {
        try
        {
            schedule = Parse(text, timeZone);
            return true;
        }
        catch (HoldfastException)
        {
            schedule = null; // The result already tells the caller that the expression is not valid.
            return false;
        }
    }

    /// <summary>Returns the first slot strictly after <paramref name="after"/>, in UTC; null if there is none in this century.</summary>
    public DateTimeOffset? GetNext(DateTimeOffset after) => _expression.GetNextOccurrence(after, TimeZone)?.ToUniversalTime();

    /// <summary>
    /// Returns the shortest time between two consecutive slots, ignoring daylight saving; <see cref="TimeSpan.MaxValue"/> if there are
    /// fewer than two. Takes up to a millisecond.
    /// </summary>
    public TimeSpan ShortestPeriod() => GetGaps().DefaultIfEmpty(TimeSpan.MaxValue).Min();

    /// <summary>
    /// Returns the longest time between two consecutive slots, ignoring daylight saving; <see cref="TimeSpan.MaxValue"/> if there are fewer
    /// than two. Takes up to a millisecond.
    /// </summary>
    public TimeSpan LongestPeriod() => GetGaps().DefaultIfEmpty(TimeSpan.MaxValue).Max();

    /// <summary>
    /// Returns the longest time between two consecutive slots of any of these schedules, including daylight saving changes;
    /// <see cref="TimeSpan.MaxValue"/> if there are fewer than two. Takes some milliseconds.
    /// </summary>
    public static TimeSpan LongestGap(IReadOnlyList<CronSchedule> schedules)
    {
        var next = schedules.Select(s => s.GetNext(ReferenceTime)).ToArray();
        DateTimeOffset? last = null;
        var longest = TimeSpan.Zero;
        for (var i = 0; i < SampledSlots && next.Min() is { } slot; i++)
        {
            if (last is { } before && slot - before > longest)
            {
                longest = slot - before;
            }
            last = slot;
            for (var k = 0; k < next.Length; k++)
            {
                if (next[k] == slot)
                {
                    next[k] = schedules[k].GetNext(slot);
                }
            }
        }

        return longest > TimeSpan.Zero ? longest : TimeSpan.MaxValue;
    }

    /// <summary>
    /// Describes the schedule in words: <c>every Sunday at 02:00</c>, <c>daily at 02:00</c>, <c>every 15 minutes</c>. Returns the
    /// expression itself if it has no short description.
    /// </summary>
    public string Describe() => CronDescription.Describe(Fields(Text)) ?? Text;

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string[] Fields(string text) => text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    private static HoldfastException Malformed(string text, string why, Exception? cause) =>
        new(
            ErrorCatalog.Usage,
            $"'{text}' is not a cron expression: {why}.",
            "Write five fields: minute, hour, day of month, month, day of week; for example '0 2 * * 0' for every Sunday at 02:00.",
            cause
        );

    private IEnumerable<TimeSpan> GetGaps()
    {
        if (_expression.GetNextOccurrence(ReferenceTime, TimeZoneInfo.Utc) is not { } slot)
        {
            yield break;
        }
        for (var i = 0; i < SampledSlots && _expression.GetNextOccurrence(slot, TimeZoneInfo.Utc) is { } next; i++)
        {
            yield return next - slot;
            slot = next;
        }
    }
}
