using CsCheck;
using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>Cron expressions in time zones.</summary>
public sealed class CronScheduleTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("* * * * *")]
    [InlineData("*/15 * * * *")]
    [InlineData("0 2 * * 0")]
    [InlineData("0 2 * * SUN")]
    [InlineData("0 2 * * 7")]
    [InlineData("0,30 8-18 * * MON-FRI")]
    [InlineData("0 0 29 2 *")]
    [InlineData("0 0 L * *")]
    [InlineData("  0   2\t* * 0 ")]
    public void Five_fields_are_parsed(string text)
    {
        Assert.True(CronSchedule.TryParse(text, TimeZoneInfo.Utc, out var schedule));
        Assert.Equal(text, schedule.ToString());
        Assert.True(schedule.HasOccurrences);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("0 2 * *")]
    [InlineData("0 0 2 * * 0")]
    [InlineData("@daily")]
    [InlineData("@every_second")]
    [InlineData("60 2 * * *")]
    [InlineData("0 24 * * *")]
    [InlineData("0 2 0 * *")]
    [InlineData("0 2 * 13 *")]
    [InlineData("0 2 * * 8")]
    [InlineData("0 2 * * MOON")]
    [InlineData("H 2 * * *")]
    [InlineData("every day at two o'clock")]
    [InlineData("0 2 * * ; rm")]
    public void An_invalid_cron_expression_is_refused_with_the_value_and_an_example(string text)
    {
        var e = Assert.Throws<HoldfastException>(() => CronSchedule.Parse(text, TimeZoneInfo.Utc));
        Assert.Equal(ErrorCatalog.Usage, e.Error);
        Assert.Contains($"'{text}'", e.Message, StringComparison.Ordinal);
        Assert.Contains("0 2 * * 0", e.Hint, StringComparison.Ordinal);
        Assert.False(CronSchedule.TryParse(text, TimeZoneInfo.Utc, out _));
    }

    [Fact]
    public void Any_text_is_either_parsed_or_refused() =>
        Gen.OneOf(
                Gen.String[Gen.Char["0123456789*/-,LW#?H \tSUNMON@"], 0, 30],
                Gen.String[0, 40],
                Gen.Select(Field, Field, Field, Field, Field).Select((a, b, c, d, e) => $"{a} {b} {c} {d} {e}")
            )
            .Sample(
                text =>
                    !CronSchedule.TryParse(text, Berlin, out var schedule)
                    || (
                        schedule.Describe().Length > 0
                        && schedule.GetNext(new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)) is not { Offset.Ticks: > 0 }
                    ),
                iter: 5_000
            );

    [Fact]
    public void The_next_slot_is_strictly_after() =>
        Assert.Equal(Utc(2027, 1, 2, 2, 0), CronSchedule.Parse("0 2 * * *", TimeZoneInfo.Utc).GetNext(Utc(2027, 1, 1, 2, 0)));

    [Fact]
    public void A_slot_is_given_in_UTC()
    {
        var next = CronSchedule.Parse("0 2 * * *", Berlin).GetNext(Utc(2027, 7, 1, 12, 0))!.Value;
        Assert.Equal(Utc(2027, 7, 2, 0, 0), next);
        Assert.Equal(TimeSpan.Zero, next.Offset);
    }

    // In 2027 Berlin's clocks go from 02:00 to 03:00 on 28 March (01:00 UTC), and from 03:00 to 02:00 on 31 October (01:00 UTC).
    [Fact]
    public void A_time_that_daylight_saving_skips_occurs_right_after_the_gap() =>
        Assert.Equal(
            [Utc(2027, 3, 27, 1, 30), Utc(2027, 3, 28, 1, 0), Utc(2027, 3, 29, 0, 30)],
            Slots("30 2 * * *", Utc(2027, 3, 27, 0, 0), Utc(2027, 3, 30, 0, 0))
        );

    [Fact]
    public void A_time_that_daylight_saving_repeats_occurs_once() =>
        Assert.Equal(
            [Utc(2027, 10, 30, 0, 30), Utc(2027, 10, 31, 0, 30), Utc(2027, 11, 1, 1, 30)],
            Slots("30 2 * * *", Utc(2027, 10, 30, 0, 0), Utc(2027, 11, 2, 0, 0))
        );

    [Theory]
    [InlineData(2027, 3, 28)]
    [InlineData(2027, 10, 31)]
    public void An_hourly_schedule_continues_every_hour_through_daylight_saving_changes(int year, int month, int day)
    {
        var slots = Slots("0 * * * *", Utc(year, month, day, 0, 0).AddMinutes(-1), Utc(year, month, day, 6, 0));
        Assert.Equal(Enumerable.Range(0, 7).Select(h => Utc(year, month, day, h, 0)), slots);
    }

    [Fact]
    public void The_29th_of_February_occurs_in_leap_years() =>
        Assert.Equal(
            [Utc(2028, 2, 29, 0, 0), Utc(2032, 2, 29, 0, 0)],
            Slots("0 0 29 2 *", Utc(2027, 1, 1, 0, 0), Utc(2035, 1, 1, 0, 0), TimeZoneInfo.Utc)
        );

    [Fact]
    public void A_day_that_no_month_has_never_occurs()
    {
        var schedule = CronSchedule.Parse("0 0 30 2 *", TimeZoneInfo.Utc);
        Assert.False(schedule.HasOccurrences);
        Assert.Null(schedule.GetNext(Utc(2027, 1, 1, 0, 0)));
        Assert.Equal(TimeSpan.MaxValue, schedule.ShortestPeriod());
    }

    [Theory]
    [InlineData("* * * * *", "every minute")]
    [InlineData("*/1 * * * *", "every minute")]
    [InlineData("*/15 * * * *", "every 15 minutes")]
    [InlineData("*/7 * * * *", "*/7 * * * *")] // starts over every hour
    [InlineData("0 * * * *", "every hour")]
    [InlineData("5 * * * *", "every hour at :05")]
    [InlineData("0 */6 * * *", "every 6 hours")]
    [InlineData("30 */6 * * *", "30 */6 * * *")]
    [InlineData("0 2 * * *", "daily at 02:00")]
    [InlineData("5 14 * * *", "daily at 14:05")]
    [InlineData("0 2 * * 0", "every Sunday at 02:00")]
    [InlineData("0 2 * * 7", "every Sunday at 02:00")]
    [InlineData("0 2 * * sat", "every Saturday at 02:00")]
    [InlineData("0 2 * * 1-5", "every Monday to Friday at 02:00")]
    [InlineData("0 2 * * 1,3", "every Monday and Wednesday at 02:00")]
    [InlineData("0 2 * * MON,WED,FRI", "every Monday, Wednesday and Friday at 02:00")]
    [InlineData("0 2 * * 1#2", "0 2 * * 1#2")]
    [InlineData("0 2 1 * *", "on day 1 of every month at 02:00")]
    [InlineData("0 2 L * *", "0 2 L * *")]
    [InlineData("0 2 1 1 *", "0 2 1 1 *")]
    [InlineData("0 2 1 * 1", "0 2 1 * 1")]
    [InlineData("0 1,13 * * *", "0 1,13 * * *")]
    public void A_schedule_with_a_short_description_is_described_in_words(string text, string words) =>
        Assert.Equal(words, CronSchedule.Parse(text, TimeZoneInfo.Utc).Describe());

    [Theory]
    [InlineData("* * * * *", 1, 1)]
    [InlineData("*/15 * * * *", 15, 15)]
    [InlineData("0,10 * * * *", 10, 50)]
    [InlineData("0 2 * * *", 24 * 60, 24 * 60)]
    [InlineData("0 2 * * 0", 7 * 24 * 60, 7 * 24 * 60)]
    [InlineData("0 2 1 * *", 28 * 24 * 60, 31 * 24 * 60)]
    [InlineData("0,1 2 * * 0", 1, (7 * 24 * 60) - 1)]
    [InlineData("0 0,23 1,15,16 * *", 60, (15 * 24 * 60) + (24 * 60) - (23 * 60))]
    public void The_shortest_and_the_longest_period_are_computed(string text, int shortest, int longest)
    {
        var schedule = CronSchedule.Parse(text, Berlin);
        Assert.Equal(TimeSpan.FromMinutes(shortest), schedule.ShortestPeriod());
        Assert.Equal(TimeSpan.FromMinutes(longest), schedule.LongestPeriod());
    }

    private static readonly Gen<string> Field = Gen.OneOf(
        new[] { "*", "0", "*/2", "1-3", "1,2", "5", "L", "?", "1/2", "2-1" }.Select(Gen.Const).ToArray()
    );

    private static DateTimeOffset Utc(int year, int month, int day, int hour, int minute) =>
        new(year, month, day, hour, minute, 0, TimeSpan.Zero);

    private static List<DateTimeOffset> Slots(string text, DateTimeOffset after, DateTimeOffset end, TimeZoneInfo? zone = null)
    {
        var schedule = CronSchedule.Parse(text, zone ?? Berlin);
        List<DateTimeOffset> slots = [];
        while (schedule.GetNext(after) is { } next && next <= end)
        {
            slots.Add(after = next);
        }
        return slots;
    }
}
