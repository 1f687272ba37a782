using Holdfast.Studio.Pages.Tasks;

namespace Holdfast.Studio.Tests;

/// <summary>A schedule that is picked, and the cron expression that it is.</summary>
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
    public void What_is_read_is_written_as_it_was(string cron, ScheduleKind kind)
    {
        var choice = ScheduleChoice.Of(cron);
        Assert.Equal(kind, choice.Kind);
        Assert.Equal(cron, choice.Cron);
    }

    [Fact]
    public void Sunday_is_0_and_7() => Assert.Equal(DayOfWeek.Sunday, ScheduleChoice.Of("0 2 * * 7").Weekday);

    [Fact]
    public void The_next_times_are_those_of_the_zone()
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
    public void An_expression_that_cannot_be_used_says_why()
    {
        Assert.Null(ScheduleChoice.Validate("0 2 * * *"));
        Assert.Contains("five fields", ScheduleChoice.Validate("0 2"), StringComparison.Ordinal);
        Assert.Contains("never comes", ScheduleChoice.Validate("0 2 30 2 *"), StringComparison.Ordinal);
        Assert.Empty(ScheduleChoice.Next("0 2", null, DateTimeOffset.UnixEpoch, 3));
    }
}
