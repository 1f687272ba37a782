using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using static Holdfast.Core.Tests.Scheduling.Some;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>When a task is due, rule by rule. <see cref="SchedulerSimulation"/> combines all rules.</summary>
public sealed class SchedulerTests
{
    // Full on Sundays at 02:00, incremental daily at 02:00: the default of the form. 3 January 2027 is a Sunday.
    private static readonly BackupTask Weekly = Task("0 2 * * 0", "0 2 * * *");
    private static readonly TaskStatus BackedUpOnSunday = TaskStatus.NeverRun.After(BackupKind.Full, Utc(1, 3, 2));

    [Fact]
    public void A_task_that_is_disabled_or_has_no_destination_does_not_run()
    {
        Assert.Null((Weekly with { Settings = Weekly.Settings with { Disabled = true } }).Next(BackedUpOnSunday, Utc(2, 1)));
        Assert.Null((Weekly with { Settings = Weekly.Settings with { Destinations = [] } }).Next(BackedUpOnSunday, Utc(2, 1)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0 0 30 2 *")]
    public void A_task_without_slots_does_not_run(string? cron) => Assert.Null(Task(full: cron).Next(TaskStatus.NeverRun, Utc(2, 1)));

    [Fact]
    public void The_first_backup_waits_for_its_slot() =>
        Assert.Equal(
            new(Utc(1, 3, 2), BackupKind.Full, NextBackupReason.Schedule),
            Task("0 2 * * 0").Next(TaskStatus.NeverRun, Utc(1, 1, 12))
        );

    [Fact]
    public void The_first_backup_is_full_even_at_an_incremental_slot()
    {
        Assert.Equal(new(Utc(1, 1, 2), BackupKind.Full, NextBackupReason.Schedule), Weekly.Next(TaskStatus.NeverRun, Utc(1, 1)));
        Assert.Equal(
            new(Utc(1, 1, 2), BackupKind.Full, NextBackupReason.Schedule),
            Task(incremental: "0 2 * * *").Next(TaskStatus.NeverRun, Utc(1, 1))
        );
    }

    [Fact]
    public void With_only_an_incremental_schedule_all_but_the_first_backup_are_incremental() =>
        Assert.Equal(
            new(Utc(1, 4, 2), BackupKind.Incremental, NextBackupReason.Schedule),
            Task(incremental: "0 2 * * *").Next(BackedUpOnSunday, Utc(1, 3, 3))
        );

    [Fact]
    public void Full_and_incremental_due_together_are_one_full()
    {
        var status = BackedUpOnSunday.After(BackupKind.Incremental, Utc(1, 9, 2));
        Assert.Equal(new(Utc(1, 10, 2), BackupKind.Full, NextBackupReason.Schedule), Weekly.Next(status, Utc(1, 9, 3)));
        Assert.Equal(
            new(Utc(1, 11, 2), BackupKind.Incremental, NextBackupReason.Schedule),
            Weekly.Next(status.After(BackupKind.Full, Utc(1, 10, 2)), Utc(1, 10, 3))
        );
    }

    [Fact]
    public void A_full_uses_up_the_incremental_slots_before_it_and_an_incremental_no_full_slot()
    {
        var task = Task("0 3 * * *", "0 * * * *");
        var status = BackedUpOnSunday.After(BackupKind.Full, Utc(1, 4, 3, 30));
        Assert.Equal(new(Utc(1, 4, 4), BackupKind.Incremental, NextBackupReason.Schedule), task.Next(status, Utc(1, 4, 3, 31)));
        Assert.Equal(BackupKind.Full, task.Next(BackedUpOnSunday.After(BackupKind.Incremental, Utc(1, 4, 3)), Utc(1, 4, 3, 31))!.Kind);
    }

    [Fact]
    public void A_slot_stays_due_until_a_run_starts()
    {
        foreach (var minutes in new[] { -600, 0, 1, 5 })
        {
            Assert.Equal(
                new(Utc(1, 4, 2), BackupKind.Incremental, NextBackupReason.Schedule),
                Weekly.Next(BackedUpOnSunday, Utc(1, 4, 2).AddMinutes(minutes))
            );
        }

        Assert.Equal(new(Utc(1, 4, 2), BackupKind.Incremental, NextBackupReason.CatchUp), Weekly.Next(BackedUpOnSunday, Utc(1, 4, 2, 6)));
    }

    [Fact]
    public void After_downtime_there_is_one_catch_up_run()
    {
        var missed = Weekly.Next(BackedUpOnSunday, Utc(1, 7, 12));
        Assert.Equal(new(Utc(1, 4, 2), BackupKind.Incremental, NextBackupReason.CatchUp), missed);
        Assert.Equal(
            new(Utc(1, 8, 2), BackupKind.Incremental, NextBackupReason.Schedule),
            Weekly.Next(BackedUpOnSunday.After(BackupKind.Incremental, Utc(1, 7, 12)), Utc(1, 7, 13))
        );
    }

    [Fact]
    public void A_catch_up_run_is_full_if_a_full_slot_is_among_those_missed() =>
        Assert.Equal(new(Utc(1, 4, 2), BackupKind.Full, NextBackupReason.CatchUp), Weekly.Next(BackedUpOnSunday, Utc(1, 11, 12)));

    [Fact]
    public void Even_a_year_of_downtime_is_one_catch_up_run()
    {
        var back = Utc(1, 20, 12, year: 2028);
        Assert.Equal(new(Utc(1, 4, 2), BackupKind.Full, NextBackupReason.CatchUp), Weekly.Next(BackedUpOnSunday, back));
        Assert.Equal(
            new(Utc(1, 21, 2, year: 2028), BackupKind.Incremental, NextBackupReason.Schedule),
            Weekly.Next(BackedUpOnSunday.After(BackupKind.Full, back), back.AddMinutes(5))
        );
    }

    [Fact]
    public void A_task_starts_later_than_its_slot_by_its_offset()
    {
        var task = Weekly with { Offset = TimeSpan.FromMinutes(90) };
        Assert.Equal(
            new(Utc(1, 4, 3, 30), BackupKind.Incremental, NextBackupReason.Schedule),
            task.Next(BackedUpOnSunday, Utc(1, 4, 2, 15))
        );
        Assert.Equal(
            new(Utc(1, 5, 3, 30), BackupKind.Incremental, NextBackupReason.Schedule),
            task.Next(BackedUpOnSunday.After(BackupKind.Incremental, Utc(1, 4, 3, 30)), Utc(1, 4, 4))
        );
    }

    [Fact]
    public void A_manual_backup_uses_up_the_slots_before_it_and_keeps_the_schedule()
    {
        var status = BackedUpOnSunday.After(BackupKind.Full, Utc(1, 6, 15));
        Assert.Equal(new(Utc(1, 7, 2), BackupKind.Incremental, NextBackupReason.Schedule), Weekly.Next(status, Utc(1, 6, 16)));
        Assert.Equal(BackupKind.Full, Weekly.Next(status.After(BackupKind.Incremental, Utc(1, 9, 2)), Utc(1, 10, 2))!.Kind);
    }

    [Fact]
    public void Slots_before_the_schedule_was_changed_do_not_count() =>
        Assert.Equal(
            new(Utc(1, 8, 2), BackupKind.Incremental, NextBackupReason.Schedule),
            (Weekly with { ScheduledSince = Utc(1, 7, 12) }).Next(BackedUpOnSunday, Utc(1, 7, 13))
        );

    [Fact]
    public void A_failed_run_is_retried_after_1_and_5_and_15_minutes_then_at_the_next_slot()
    {
        var status = BackedUpOnSunday;
        var start = Utc(1, 4, 2);
        foreach (var wait in new[] { 1, 5, 15 })
        {
            status = status.AfterFailure(BackupKind.Incremental, start);
            start = start.AddMinutes(1 + wait);
            Assert.Equal(new(start, BackupKind.Incremental, NextBackupReason.Retry), Weekly.Next(status, start.AddSeconds(-30)));
            Assert.Equal(new(start, BackupKind.Incremental, NextBackupReason.Retry), Weekly.Next(status, start.AddHours(2)));
        }

        Assert.Equal(
            new(Utc(1, 5, 2), BackupKind.Incremental, NextBackupReason.Schedule),
            Weekly.Next(status.AfterFailure(BackupKind.Incremental, start), start.AddMinutes(2))
        );
    }

    [Fact]
    public void After_the_retries_of_a_full_the_next_incremental_extends_the_last_good_chain()
    {
        var status = BackedUpOnSunday;
        for (var i = 0; i < 4; i++)
        {
            status = status.AfterFailure(BackupKind.Full, Utc(1, 10, 2, 10 * i));
        }
        Assert.Equal(new(Utc(1, 11, 2), BackupKind.Incremental, NextBackupReason.Schedule), Weekly.Next(status, Utc(1, 10, 3)));
        Assert.Equal(Utc(1, 3, 2), status.LastFullBackup);
    }

    [Fact]
    public void A_success_ends_the_retries()
    {
        var status = BackedUpOnSunday.AfterFailure(BackupKind.Incremental, Utc(1, 4, 2)).After(BackupKind.Incremental, Utc(1, 4, 2, 2));
        Assert.Equal(new(Utc(1, 5, 2), BackupKind.Incremental, NextBackupReason.Schedule), Weekly.Next(status, Utc(1, 4, 2, 3)));
    }

    [Fact]
    public void A_retry_that_coincides_with_the_next_slot_is_one_run_and_full_if_either_is()
    {
        var task = Task("0 2 * * *", "*/2 * * * *");
        var status = BackedUpOnSunday.AfterFailure(BackupKind.Full, Utc(1, 4, 2, 0));
        Assert.Equal(new(Utc(1, 4, 2, 2), BackupKind.Full, NextBackupReason.Schedule), task.Next(status, Utc(1, 4, 2, 1)));
        Assert.Equal(BackupKind.Full, task.Next(status.AfterFailure(BackupKind.Incremental, Utc(1, 4, 2, 2)), Utc(1, 4, 2, 4))!.Kind);
    }

    [Fact]
    public void A_retry_that_waited_past_a_full_slot_is_full()
    {
        var status = BackedUpOnSunday.AfterFailure(BackupKind.Incremental, Utc(1, 9, 2));
        Assert.Equal(new(Utc(1, 9, 2, 2), BackupKind.Incremental, NextBackupReason.Retry), Weekly.Next(status, Utc(1, 9, 12)));
        Assert.Equal(new(Utc(1, 9, 2, 2), BackupKind.Full, NextBackupReason.Retry), Weekly.Next(status, Utc(1, 10, 12)));
    }

    [Fact]
    public void A_failed_first_backup_is_retried_as_full()
    {
        var status = TaskStatus.NeverRun.AfterFailure(BackupKind.Full, Utc(1, 1, 2));
        Assert.Equal(new(Utc(1, 1, 2, 2), BackupKind.Full, NextBackupReason.Retry), Weekly.Next(status, Utc(1, 1, 2, 1)));
        for (var i = 1; i < 4; i++)
        {
            status = status.AfterFailure(BackupKind.Full, Utc(1, 1, 2, 10 * i));
        }
        Assert.Equal(new(Utc(1, 2, 2), BackupKind.Full, NextBackupReason.Schedule), Weekly.Next(status, Utc(1, 1, 3)));
    }

    [Fact]
    public void A_postponed_run_overrides_slots_and_retries()
    {
        var status = TaskStatusTransitions.MarkDelayed(
            BackedUpOnSunday.AfterFailure(BackupKind.Incremental, Utc(1, 4, 2)),
            BackupKind.Incremental,
            Utc(1, 4, 2, 2),
            Utc(1, 4, 2, 3),
            Utc(1, 6, 12)
        );
        foreach (var now in new[] { Utc(1, 4, 2, 4), Utc(1, 5, 3), Utc(1, 6, 12), Utc(1, 7) })
        {
            Assert.Equal(new(Utc(1, 6, 12), BackupKind.Incremental, NextBackupReason.Delay), Weekly.Next(status, now));
        }

        Assert.Equal(
            new(Utc(1, 7, 2), BackupKind.Incremental, NextBackupReason.Schedule),
            Weekly.Next(status.After(BackupKind.Incremental, Utc(1, 6, 12)), Utc(1, 6, 13))
        );
    }

    [Fact]
    public void A_postponed_run_is_full_if_a_full_slot_passes_before_it()
    {
        var status = TaskStatusTransitions.MarkDelayed(
            BackedUpOnSunday,
            BackupKind.Incremental,
            Utc(1, 9, 2),
            Utc(1, 9, 2, 3),
            Utc(1, 10, 12)
        );
        Assert.Equal(new(Utc(1, 10, 12), BackupKind.Full, NextBackupReason.Delay), Weekly.Next(status, Utc(1, 9, 3)));

        // And if the slot passes after it, while the node is down.
        status = TaskStatusTransitions.MarkDelayed(BackedUpOnSunday, BackupKind.Incremental, Utc(1, 9, 2), Utc(1, 9, 2, 3), Utc(1, 9, 12));
        Assert.Equal(BackupKind.Incremental, Weekly.Next(status, Utc(1, 9, 13))!.Kind);
        Assert.Equal(new(Utc(1, 9, 12), BackupKind.Full, NextBackupReason.Delay), Weekly.Next(status, Utc(1, 10, 13)));
    }

    [Fact]
    public void An_aborted_run_is_not_retried_before_its_next_slot()
    {
        var status = TaskStatusTransitions.MarkAborted(BackedUpOnSunday, BackupKind.Incremental, Utc(1, 4, 2), Utc(1, 4, 2, 3));
        Assert.Equal(new(Utc(1, 5, 2), BackupKind.Incremental, NextBackupReason.Schedule), Weekly.Next(status, Utc(1, 4, 2, 4)));
    }

    [Fact]
    public void A_run_interrupted_by_a_shutdown_is_due_at_the_next_start()
    {
        var began = TaskStatusTransitions.MarkStarted(BackedUpOnSunday, BackupKind.Incremental, Utc(1, 4, 2));
        Assert.Equal(Utc(1, 5, 2), Weekly.Next(began, Utc(1, 4, 2, 1))!.At);
        Assert.Equal(Utc(1, 4, 2), Weekly.Next(TaskStatusTransitions.MarkInterrupted(began, BackedUpOnSunday), Utc(1, 4, 2, 1))!.At);
    }

    [Fact]
    public void A_run_that_could_not_start_is_retried_like_a_failed_one()
    {
        var status = TaskStatusTransitions.MarkFailed(BackedUpOnSunday, BackupKind.Incremental, Utc(1, 4, 2), Utc(1, 4, 2), Locked);
        Assert.Equal(new(Utc(1, 4, 2, 1), BackupKind.Incremental, NextBackupReason.Retry), Weekly.Next(status, Utc(1, 4, 2)));
    }

    // The clock was in 2030 when the marks were made.
    [Fact]
    public void Marks_from_a_wrong_clock_do_not_block_a_task()
    {
        var status = BackedUpOnSunday.After(BackupKind.Full, Utc(6, 1, 2, year: 2030));
        Assert.Equal(new(Utc(1, 6, 2), BackupKind.Incremental, NextBackupReason.Schedule), Weekly.Next(status, Utc(1, 5, 12)));
        Assert.Equal(new(Utc(1, 6, 2), BackupKind.Incremental, NextBackupReason.Schedule), Weekly.Next(status, Utc(1, 6, 2)));
        Assert.Equal(Utc(1, 6, 2), Weekly.Next(status, Utc(1, 6, 2, 59))!.At); // due for an hour
        var right = status.After(BackupKind.Incremental, Utc(1, 6, 2));
        Assert.Equal(new(Utc(1, 7, 2), BackupKind.Incremental, NextBackupReason.Schedule), Weekly.Next(right, Utc(1, 6, 3)));
        Assert.Equal(BackupKind.Full, Weekly.Next(right.After(BackupKind.Incremental, Utc(1, 9, 2)), Utc(1, 10, 2))!.Kind);
    }

    [Fact]
    public void A_task_created_by_a_wrong_clock_runs_with_its_offset()
    {
        var task = Weekly with { ScheduledSince = Utc(6, 1, year: 2030), Offset = TimeSpan.FromHours(5) };
        Assert.Equal(Utc(1, 5, 7), task.Next(TaskStatus.NeverRun, Utc(1, 5, 6))!.At);
        Assert.Equal(Utc(1, 5, 7), task.Next(TaskStatus.NeverRun, Utc(1, 5, 7, 30))!.At);
    }

    [Fact]
    public void After_a_clock_is_set_back_by_less_than_a_day_used_slots_stay_used() =>
        Assert.Equal(
            new(Utc(1, 5, 2), BackupKind.Incremental, NextBackupReason.Schedule),
            Weekly.Next(BackedUpOnSunday.After(BackupKind.Incremental, Utc(1, 4, 2)), Utc(1, 3, 20))
        );

    [Fact]
    public void A_retry_whose_failure_is_in_the_future_is_due() =>
        Assert.Equal(
            new(Utc(1, 3, 20), BackupKind.Incremental, NextBackupReason.Retry),
            Weekly.Next(BackedUpOnSunday.AfterFailure(BackupKind.Incremental, Utc(1, 4, 2)), Utc(1, 3, 20))
        );

    [Fact]
    public void A_delay_set_by_a_wrong_clock_is_discarded()
    {
        var status = TaskStatusTransitions.MarkDelayed(
            BackedUpOnSunday,
            BackupKind.Full,
            Utc(6, 1, year: 2030),
            Utc(6, 1, year: 2030),
            Utc(6, 2, year: 2030)
        );
        Assert.Equal(new(Utc(1, 6, 2), BackupKind.Incremental, NextBackupReason.Schedule), Weekly.Next(status, Utc(1, 5, 12)));
    }

    [Fact]
    public void A_clock_that_jumps_forward_causes_one_run()
    {
        var status = BackedUpOnSunday;
        Assert.True(Weekly.Next(status, Utc(6, 1, year: 2030))!.At <= Utc(6, 1, year: 2030));
        Assert.True(
            Weekly.Next(status.After(BackupKind.Full, Utc(6, 1, year: 2030)), Utc(6, 1, 1, year: 2030))!.At > Utc(6, 1, 1, year: 2030)
        );
    }

    [Fact]
    public void Slots_are_in_the_tasks_time_zone_or_else_in_the_nodes()
    {
        Assert.Equal(
            Utc(7, 1, 0),
            Task("0 2 * * *", zone: "Europe/Berlin", since: Utc(6, 30, 12)).Next(TaskStatus.NeverRun, Utc(6, 30, 13))!.At
        );
        Assert.Equal(
            Utc(7, 1, 0),
            Scheduler.GetNext(Task("0 2 * * *", since: Utc(6, 30, 12)), TaskStatus.NeverRun, Utc(6, 30, 13), Berlin)!.At
        );
        Assert.Equal(Utc(7, 1, 2), Task("0 2 * * *", since: Utc(6, 30, 12)).Next(TaskStatus.NeverRun, Utc(6, 30, 13))!.At);
    }

    [Fact]
    public void Nights_that_skip_or_repeat_the_slot_have_one_run_each()
    {
        Assert.Equal(
            [Utc(3, 27, 1, 30), Utc(3, 28, 1), Utc(3, 29, 0, 30)],
            Starts(Task("30 2 * * *", zone: "Europe/Berlin", since: Utc(3, 27)), 3)
        );
        Assert.Equal(
            [Utc(10, 30, 0, 30), Utc(10, 31, 0, 30), Utc(11, 1, 1, 30)],
            Starts(Task("30 2 * * *", zone: "Europe/Berlin", since: Utc(10, 30)), 3)
        );
    }

    [Theory]
    [InlineData(3, 28)]
    [InlineData(10, 31)]
    public void An_hourly_incremental_runs_every_hour_through_daylight_saving_changes(int month, int day) =>
        Assert.Equal(
            Enumerable.Range(1, 30).Select(h => Utc(month, day).AddHours(h)),
            Starts(Task(incremental: "0 * * * *", zone: "Europe/Berlin", since: Utc(month, day)), 30)
        );

    [Fact]
    public void A_leap_day_schedule_runs_on_leap_days() =>
        Assert.Equal([Utc(2, 29, year: 2028), Utc(2, 29, year: 2032)], Starts(Task("0 0 29 2 *"), 2));

    [Fact]
    public void An_invalid_schedule_or_time_zone_is_refused()
    {
        Assert.Equal(
            ErrorCatalog.Usage,
            Assert.Throws<HoldfastException>(() => Task("nonsense").Next(TaskStatus.NeverRun, Utc(1, 1))).Error
        );
        Assert.Equal(
            ErrorCatalog.Usage,
            Assert.Throws<HoldfastException>(() => Task("0 2 * * *", zone: "Europe/Atlantis").Next(TaskStatus.NeverRun, Utc(1, 1))).Error
        );
    }

    [Fact]
    public void Time_zones_with_the_same_name_and_different_rules_are_distinguished()
    {
        var east = TimeZoneInfo.CreateCustomTimeZone("Here", TimeSpan.FromHours(2), "Here", "Here");
        var west = TimeZoneInfo.CreateCustomTimeZone("Here", TimeSpan.FromHours(-2), "Here", "Here");
        var task = Task("0 2 * * *", since: Utc(1, 1, 12));
        Assert.Equal(Utc(1, 2, 0), Scheduler.GetNext(task, TaskStatus.NeverRun, Utc(1, 1, 13), east)!.At);
        Assert.Equal(Utc(1, 2, 4), Scheduler.GetNext(task, TaskStatus.NeverRun, Utc(1, 1, 13), west)!.At);
    }

    [Fact]
    public void More_schedules_than_the_cache_holds_are_parsed_again()
    {
        for (var i = 0; i < 5_000; i++)
        {
            var (minute, hour, day) = (i % 60, i / 60 % 24, (i / 1440) + 1);
            Assert.Equal(Utc(2, day, hour, minute), Task($"{minute} {hour} {day} 2 *").Next(TaskStatus.NeverRun, Utc(1, 2))!.At);
        }
    }

    private static List<DateTimeOffset> Starts(BackupTask task, int count)
    {
        var status = TaskStatus.NeverRun;
        List<DateTimeOffset> starts = [];
        while (starts.Count < count)
        {
            var next = task.Next(status, starts.Count == 0 ? task.ScheduledSince : starts[^1].AddMinutes(2))!;
            starts.Add(next.At);
            status = status.After(next.Kind, next.At);
        }

        return starts;
    }
}
