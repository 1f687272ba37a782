using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using static Holdfast.Core.Tests.Scheduling.Some;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>When an unchanged database is compared in full.</summary>
public sealed class ComparisonScheduleTests
{
    private static readonly DateTimeOffset Start = Utc(1, 3, 2);

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    [InlineData(720)]
    public void Two_comparisons_are_at_most_the_configured_interval_apart(int hours)
    {
        foreach (var task in Tasks(20, hours))
        {
            var status = TaskStatus.NeverRun with { LastRead = Start };
            Assert.False(ComparisonSchedule.IsDue(task, status, Start));
            Assert.True(ComparisonSchedule.IsDue(task, status, Start + TimeSpan.FromHours(hours)));
        }
    }

    [Fact]
    public void The_databases_of_a_template_are_spread_over_the_day()
    {
        var tasks = Tasks(2400, 24);
        var status = TaskStatus.NeverRun with { LastRead = Start };
        var byHour = Enumerable
            .Range(1, 24)
            .Select(h =>
                tasks.Count(t =>
                    ComparisonSchedule.IsDue(t, status, Start.AddHours(h)) && !ComparisonSchedule.IsDue(t, status, Start.AddHours(h - 1))
                )
            )
            .ToList();
        Assert.Equal(2400, byHour.Sum());
        Assert.All(byHour, count => Assert.InRange(count, 50, 150));
    }

    [Fact]
    public void A_comparison_does_not_reset_a_later_read_by_a_backup()
    {
        var read = TaskStatus.NeverRun with { LastRead = Start.AddHours(1) };
        Assert.Equal(
            (Start.AddHours(1), Start),
            (
                TaskStatusTransitions.MarkCompared(read, Start, isEqual: true).LastRead,
                TaskStatusTransitions.MarkCompared(read, Start, isEqual: true).LastCompared
            )
        );
        Assert.Equal(Start.AddHours(2), TaskStatusTransitions.MarkCompared(read, Start.AddHours(2), isEqual: true).LastRead);
    }

    [Fact]
    public void A_clock_that_was_ahead_does_not_postpone_comparisons() =>
        Assert.All(Tasks(20, 24), t =>
            Assert.True(ComparisonSchedule.IsDue(t, TaskStatus.NeverRun with { LastRead = Start.AddYears(10) }, Start))
        );

    [Fact]
    public void With_a_status_from_an_older_version_comparisons_begin_with_the_next_run()
    {
        var task = Tasks(1, 24)[0];
        Assert.False(ComparisonSchedule.IsDue(task, TaskStatus.NeverRun with { LastFullBackup = Start.AddYears(-1) }, Start));
        var unchanged = new OperationResult { Unchanged = true, Kind = BackupKind.Incremental };
        var status = TaskStatusTransitions.MarkSucceeded(TaskStatus.NeverRun, Start, Start, unchanged);
        Assert.Equal(Start, status.LastRead);
        Assert.Equal(Start, TaskStatusTransitions.MarkSucceeded(status, Start.AddHours(1), Start.AddHours(1), unchanged).LastRead);
        Assert.Equal(
            Start.AddHours(2),
            TaskStatusTransitions.MarkSucceeded(status, Start.AddHours(2), Start.AddHours(2), unchanged with { ReadInFull = true }).LastRead
        );
        Assert.Equal(
            Start.AddHours(3),
            TaskStatusTransitions.MarkSucceeded(status, Start.AddHours(3), Start.AddHours(3), unchanged with { Unchanged = false }).LastRead
        );
    }

    [Fact]
    public void A_standalone_comparison_needs_known_backup_contents_and_an_enabled_task()
    {
        var task = Tasks(1, 24)[0];
        var runs = task with { Settings = task.Settings with { Destinations = ["nas"] } };
        var (known, later) = (TaskStatus.NeverRun with { LastRead = Start, Content = new("token", 1, "tag") }, Start.AddDays(1));
        Assert.True(ComparisonSchedule.IsStandaloneDue(runs, known, later));
        Assert.False(ComparisonSchedule.IsStandaloneDue(runs, known, Start));
        Assert.False(ComparisonSchedule.IsStandaloneDue(runs, known with { Content = null }, later));
        Assert.False(ComparisonSchedule.IsStandaloneDue(task, known, later));
        // an operator postponed it
        Assert.False(ComparisonSchedule.IsStandaloneDue(runs, known with { DelayedUntil = later.AddDays(1) }, later));
        Assert.False(ComparisonSchedule.IsStandaloneDue(runs, known with { FailedKind = BackupKind.Full }, later)); // it will be retried
        Assert.False(ComparisonSchedule.IsStandaloneDue(runs with { Settings = runs.Settings with { Disabled = true } }, known, later));
    }

    [Fact]
    public void A_database_that_differed_is_compared_again_at_its_next_slot_and_read_by_its_next_incremental()
    {
        var task = Tasks(1, 24)[0];
        task = task with { Settings = task.Settings with { Destinations = ["nas"] } };
        var (known, later) = (TaskStatus.NeverRun with { LastRead = Start, Content = new("token", 1, "tag") }, Start.AddDays(1));
        var differs = TaskStatusTransitions.MarkCompared(known, later, isEqual: false);
        Assert.False(ComparisonSchedule.IsStandaloneDue(task, differs, later));
        Assert.True(ComparisonSchedule.IsStandaloneDue(task, differs, later.AddDays(1)));
        Assert.True(ComparisonSchedule.IsDue(task, differs, later));
        Assert.False(ComparisonSchedule.IsDue(task, TaskStatusTransitions.MarkCompared(known, later, isEqual: true), later));
    }

    [Fact]
    public void The_contents_of_the_newest_backup_are_known_until_another_is_written()
    {
        var (known, other) = (new ContentDigest("token", 1, "tag"), new ContentDigest("token", 1, "other"));
        var unchanged = new OperationResult { Unchanged = true, Kind = BackupKind.Incremental };
        var status = TaskStatus.NeverRun with { Content = known };
        Assert.Equal(known, TaskStatusTransitions.MarkSucceeded(status, Start, Start, unchanged).Content);
        Assert.Equal(other, TaskStatusTransitions.MarkSucceeded(status, Start, Start, unchanged, other).Content);
        Assert.Null(TaskStatusTransitions.MarkSucceeded(status, Start, Start, unchanged with { Unchanged = false }).Content);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(721)]
    public void Invalid_hours_are_refused(int hours) =>
        Assert.Contains(
            TaskValidator.Validate(
                new TaskSettings
                {
                    Type = BackupType.Snapshot,
                    FullBackup = "0 2 * * *",
                    CompareEveryHours = hours,
                }
            ),
            f => f.Field == "compareEveryHours"
        );

    private static List<BackupTask> Tasks(int count, int hours) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new BackupTask
                {
                    Id = $"{i:x20}",
                    Database = new DatabaseId("s", $"d{i}"),
                    Name = "t",
                    Settings = new() { Type = BackupType.Snapshot, CompareEveryHours = hours },
                    ScheduledSince = Start,
                }),
        ];
}
