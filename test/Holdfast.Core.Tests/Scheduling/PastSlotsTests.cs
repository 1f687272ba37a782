using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>The newest slot that has passed.</summary>
public sealed class PastSlotsTests
{
    [Theory]
    [InlineData("0 2 * * 0", "0 2 * * *", "2027-03-02T02:00:00Z", "2027-03-02T02:00:00Z", BackupKind.Incremental)]
    [InlineData("0 2 * * 0", "0 2 * * *", "2027-03-02T01:59:59Z", "2027-03-01T02:00:00Z", BackupKind.Incremental)]
    [InlineData("0 2 * * 0", "0 2 * * *", "2027-02-28T02:00:00Z", "2027-02-28T02:00:00Z", BackupKind.Full)]
    [InlineData("0 2 * * 0", null, "2027-03-06T23:00:00Z", "2027-02-28T02:00:00Z", BackupKind.Full)]
    [InlineData("0 0 1 1 *", "*/15 * * * *", "2027-03-02T02:07:00Z", "2027-03-02T02:00:00Z", BackupKind.Incremental)]
    [InlineData("0 0 1 1 *", null, "2027-12-31T00:00:00Z", "2027-01-01T00:00:00Z", BackupKind.Full)]
    public void The_latest_slot_is_of_either_kind_and_full_if_both_are_due(
        string full,
        string? incremental,
        string time,
        string slot,
        BackupKind kind
    ) =>
        Assert.Equal(
            (DateTimeOffset.Parse(slot, null), kind),
            PastSlots.FindLatest(Some.Task(full, incremental).Settings, TimeZoneInfo.Utc, DateTimeOffset.Parse(time, null))
        );

    [Theory]
    [InlineData("* * * * 1")]
    [InlineData("*/7 3-5 * * *")]
    [InlineData("30 1,2,3 * 3,10 0")]
    [InlineData("0,59 * 1 * *")]
    public void Of_many_passed_slots_the_newest_is_found(string schedule)
    {
        var random = new Random(1);
        var zone = TimeZones.Find("Europe/Berlin", TimeZoneInfo.Utc);
        var cron = CronSchedule.Parse(schedule, zone);
        for (var i = 0; i < 200; i++)
        {
            var time = Some.Utc(3, 1).AddSeconds(random.Next(400 * 86_400));
            Assert.Equal(
                (Walk(time), BackupKind.Full),
                PastSlots.FindLatest(Some.Task(schedule, null, zone: "Europe/Berlin").Settings, TimeZoneInfo.Utc, time)
            );
        }

        DateTimeOffset Walk(DateTimeOffset time)
        {
            var from = time;
            while (cron.GetNext(from) is not { } next || next > time)
            {
                from = from.AddHours(-12);
            }
            DateTimeOffset? latest = null;
            for (var slot = cron.GetNext(from); slot <= time; slot = cron.GetNext(slot.Value))
            {
                latest = slot;
            }
            return latest!.Value;
        }
    }

    [Fact]
    public void An_invalid_schedule_has_no_slots() =>
        Assert.Null(PastSlots.FindLatest(Some.Task("0 2 * * *", zone: "Mars/Olympus").Settings, TimeZoneInfo.Utc, Some.Utc(3, 1)));
}
