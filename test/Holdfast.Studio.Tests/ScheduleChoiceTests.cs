using Holdfast.Studio.Pages.Tasks;

namespace Holdfast.Studio.Tests;

/// <summary>Conversion between selected schedules and cron expressions.</summary>
public sealed class ScheduleChoiceTests
{
    [Theory]
    [InlineData("0 2 * * *", ScheduleKind.Daily)]
    [InlineData("30 23 * * *", ScheduleKind.Daily)]
    [InlineData("0 2 * * 0", ScheduleKind.Weekly)]
    [InlineData("15 4 * * 6", ScheduleKind.Weekly)]
    [InlineData("0 3 1 * *", ScheduleKind.Monthly)]
    [InlineData("0 3 28 * *", ScheduleKind.Monthly)]
    [InlineData("0 * * * *", ScheduleKind.Hours)]
    [InlineData("0 */6 * * *", ScheduleKind.Hours)]
    [InlineData("0 */5 * * *", ScheduleKind.Custom)]
    [InlineData("0 3 31 * *", ScheduleKind.Custom)]
    [InlineData("*/15 8-18 * * 1-5", ScheduleKind.Custom)]
    [InlineData("nonsense", ScheduleKind.Custom)]
    public void A_cron_expression_survives_the_round_trip(string cron, ScheduleKind kind)
    {
        var choice = ScheduleChoice.Of(cron);
        Assert.Equal(kind, choice.Kind);
        Assert.Equal(cron, choice.Cron);
    }

    [Fact]
    public void Sunday_is_0_and_7() => Assert.Equal(DayOfWeek.Sunday, ScheduleChoice.Of("0 2 * * 7").Weekday);

    [Fact]
    public void The_next_times_are_in_the_time_zone()
    {
        var next = ScheduleChoice.Next("0 2 * * *", "Europe/Berlin", new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero), 3);
        Assert.Equal(
            [
                new DateTimeOffset(2026, 11, 28, 2, 0, 0, TimeSpan.FromHours(1)),
                new(2026, 11, 29, 2, 0, 0, TimeSpan.FromHours(1)),
                new(2026, 11, 30, 2, 0, 0, TimeSpan.FromHours(1)),
            ],
            next
        );
    }

    [Fact]
    public void An_invalid_expression_is_rejected_with_a_reason()
    {
        Assert.Null(ScheduleChoice.Validate("0 2 * * *"));
        Assert.Contains("five fields", ScheduleChoice.Validate("0 2"), StringComparison.Ordinal);
        Assert.Contains("never occurs", ScheduleChoice.Validate("0 2 30 2 *"), StringComparison.Ordinal);
        Assert.Empty(ScheduleChoice.Next("0 2", null, DateTimeOffset.UnixEpoch, 3));
    }
}
