using System.Diagnostics.CodeAnalysis;
using Cronos;
using Holdfast.Core.Errors;

namespace Holdfast.Core.Scheduling;

/// <summary>
/// A cron expression of 5 fields (minute, hour, day of month, month, day of week) in a time zone. A time that the
/// clocks skip in spring is taken right after the gap; one that
/// they repeat in autumn is taken once, except where the expression means "every so often" (<c>*</c>, <c>*/n</c>,
/// ranges of hours or minutes): that goes on through the hour that repeats.
/// </summary>
public sealed class CronSchedule
{
    // Enough for every minute of a day and one more, or for some years of a schedule with few slots a day.
    private const int SampledSlots = 1_500;

    // A Saturday after a leap day, years before any daylight saving rule will change again: only gaps are measured from here, in UTC.
    private static readonly DateTimeOffset ReferenceTime = new(2028, 3, 4, 0, 0, 0, TimeSpan.Zero);
    private readonly CronExpression _expression;

    private CronSchedule(string text, CronExpression expression, TimeZoneInfo timeZone)
    {
        Text = text;
        TimeZone = timeZone;
        _expression = expression;
    }

    /// <summary>The expression, as it was given.</summary>
    public string Text { get; }

    /// <summary>The zone that it is meant in.</summary>
    public TimeZoneInfo TimeZone { get; }

    /// <summary>Whether there is any slot at all: the 30th of February never comes.</summary>
    public bool HasOccurrences => _expression.GetNextOccurrence(ReferenceTime, TimeZoneInfo.Utc) is not null;

    /// <summary>Reads an expression.</summary>
    /// <param name="text">Five fields, with blanks between them.</param>
    /// <param name="timeZone">The zone that it is meant in.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Usage"/>: it is not one; the message says where it goes wrong.
    /// </exception>
    public static CronSchedule Parse(string text, TimeZoneInfo timeZone)
    {
        if (text.Any(c => char.IsControl(c) && c != '\t'))
        {
            throw Malformed(text, "it holds control characters", null); // the parser takes a NUL for the end
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

    /// <summary>Reads an expression, if it is one.</summary>
    /// <param name="text">Five fields, with blanks between them.</param>
    /// <param name="timeZone">The zone that it is meant in.</param>
    /// <param name="schedule">What was read.</param>
    public static bool TryParse(string text, TimeZoneInfo timeZone, [NotNullWhen(true)] out CronSchedule? schedule)
    {
        try
        {
            schedule = Parse(text, timeZone);
            return true;
        }
        catch (HoldfastException)
        {
            schedule = null; // The caller asked whether it can be read, and has the answer.
            return false;
        }
    }

    /// <summary>The first slot strictly after <paramref name="after"/>, in UTC; null where none comes in this century.</summary>
    public DateTimeOffset? GetNext(DateTimeOffset after) => _expression.GetNextOccurrence(after, TimeZone)?.ToUniversalTime();

    /// <summary>
    /// The shortest time between two slots that follow each other, daylight saving aside;
    /// <see cref="TimeSpan.MaxValue"/> where there are not two. Costs up to a millisecond.
    /// </summary>
    public TimeSpan ShortestPeriod() => GetGaps().DefaultIfEmpty(TimeSpan.MaxValue).Min();

    /// <summary>
    /// The longest time between two slots that follow each other, daylight saving aside;
    /// <see cref="TimeSpan.MaxValue"/> where there are not two. Costs up to a millisecond.
    /// </summary>
    public TimeSpan LongestPeriod() => GetGaps().DefaultIfEmpty(TimeSpan.MaxValue).Max();

    /// <summary>
    /// The longest time between two slots of any of these schedules that follow each other, changes to and from summer
    /// time included; <see cref="TimeSpan.MaxValue"/> where there are not two.
    /// Costs some milliseconds.
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
    /// Says it in words: <c>every Sunday at 02:00</c>, <c>daily at 02:00</c>, <c>every 15 minutes</c>. What these words
    /// cannot say is given back as it is.
    /// </summary>
    public string Describe() => CronDescription.Describe(Fields(Text)) ?? Text;

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string[] Fields(string text) => text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    private static HoldfastException Malformed(string text, string why, Exception? cause) =>
        new(
            ErrorCatalogue.Usage,
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
