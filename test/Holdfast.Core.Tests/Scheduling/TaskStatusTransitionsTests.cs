using Holdfast.Core.Encryption;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using static Holdfast.Core.Tests.Scheduling.Some;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>What a status remembers of a run.</summary>
public sealed class TaskStatusTransitionsTests
{
    private static readonly DateTimeOffset Start = Utc(1, 3, 2);
    private static readonly DateTimeOffset End = Utc(1, 3, 2, 7);

    [Fact]
    public void A_full_uses_up_both_kinds_of_slots_and_an_incremental_its_own()
    {
        var full = TaskStatusTransitions.MarkStarted(TaskStatus.NeverRun, BackupKind.Full, Start, "A", "op1");
        Assert.Equal((Start, Start, "A", "op1"), (full.FullSlotUsed, full.IncrementalSlotUsed, full.Node, full.OperationId));
        var incremental = TaskStatusTransitions.MarkStarted(full, BackupKind.Incremental, End);
        Assert.Equal(
            (Start, End, "A", "op1"),
            (incremental.FullSlotUsed, incremental.IncrementalSlotUsed, incremental.Node, incremental.OperationId)
        );
    }

    [Fact]
    public void A_begin_ends_a_delay_and_leaves_failures_for_the_end_to_decide()
    {
        var status = TaskStatusTransitions.MarkDelayed(
            TaskStatus.NeverRun.AfterFailure(BackupKind.Full, Start),
            BackupKind.Full,
            Start,
            End,
            Utc(1, 4)
        );
        var began = TaskStatusTransitions.MarkStarted(status, BackupKind.Full, Utc(1, 4));
        Assert.Null(began.DelayedUntil);
        Assert.Null(began.DelayedKind);
        Assert.Equal(1, began.Failures);
    }

    [Fact]
    public void A_success_says_what_was_made()
    {
        var result = Result(BackupKind.Full) with
        {
            Encryption = EncryptionDecision.Decide(false, BackupType.Snapshot, BackupType.Snapshot, false, false),
            DatabaseBytes = 100,
            StoredBytes = 10,
            Warnings = ["slow"],
        };
        var status = TaskStatusTransitions.MarkSucceeded(TaskStatus.NeverRun, Start, End, result);
        Assert.Equal(
            (Start, null, End, OperationState.Completed),
            (status.LastFullBackup, status.LastIncrementalBackup, status.LastEnd, status.LastState)
        );
        Assert.Equal(
            (BackupType.Snapshot, ArchiveEncryption.None, 100, 10, End - Start),
            (status.EffectiveType, status.Encryption, status.DatabaseBytes, status.StoredBytes, status.Duration)
        );
        Assert.Equal(["slow"], status.Warnings);
        Assert.Equal(Start, status.LastSuccess);
    }

    [Fact]
    public void The_kind_that_was_made_counts_and_not_the_one_asked_for()
    {
        var status = TaskStatusTransitions.MarkSucceeded(
            TaskStatusTransitions.MarkStarted(TaskStatus.NeverRun, BackupKind.Incremental, Start),
            Start,
            End,
            Result(BackupKind.Full)
        );
        Assert.Equal((Start, Start), (status.LastFullBackup, status.FullSlotUsed));
        Assert.Null(status.LastIncrementalBackup);
    }

    [Fact]
    public void An_incremental_with_nothing_to_store_advances_and_keeps_the_size_of_the_archive_before()
    {
        var before = TaskStatusTransitions.MarkSucceeded(
            TaskStatus.NeverRun,
            Start,
            End,
            Result(BackupKind.Full) with
            {
                StoredBytes = 10,
                Encryption = new(ArchiveEncryption.Given, "as given"),
            }
        );
        var status = TaskStatusTransitions.MarkSucceeded(
            before,
            Utc(1, 4, 2),
            Utc(1, 4, 2, 1),
            new()
            {
                Kind = BackupKind.Incremental,
                Unchanged = true,
                DatabaseBytes = 100,
            }
        );
        Assert.Equal(
            (Start, Utc(1, 4, 2), 10, 100),
            (status.LastFullBackup, status.LastIncrementalBackup, status.StoredBytes, status.DatabaseBytes)
        );
        Assert.Equal((BackupType.Snapshot, ArchiveEncryption.Given), (status.EffectiveType, status.Encryption));
        Assert.Equal(Utc(1, 4, 2), status.LastSuccess);
    }

    [Fact]
    public void A_destination_that_failed_is_named_and_the_run_counts_as_done_with_errors()
    {
        var failed = TaskStatus.NeverRun.AfterFailure(BackupKind.Full, Utc(1, 2));
        var status = TaskStatusTransitions.MarkSucceeded(
            failed,
            Start,
            End,
            Result(BackupKind.Full) with
            {
                Destinations = new Dictionary<string, string?>
                {
                    ["attic"] = null,
                    ["cellar"] = "full",
                    ["barn"] = "away",
                },
            }
        );
        Assert.Equal(
            (OperationState.CompletedWithErrors, "barn: away; cellar: full", 0, null),
            (status.LastState, status.LastError, status.Failures, status.FailedKind)
        );
        Assert.Equal(Start, status.LastFullBackup);
    }

    [Fact]
    public void A_failure_is_counted_and_leaves_what_succeeded_before()
    {
        var status = TaskStatus.NeverRun.After(BackupKind.Full, Utc(1, 2)).AfterFailure(BackupKind.Incremental, Start);
        Assert.Equal(
            (1, BackupKind.Incremental, "It is locked.", OperationState.Failed),
            (status.Failures, status.FailedKind, status.LastError, status.LastState)
        );
        Assert.Equal(Utc(1, 2), status.LastFullBackup);
        Assert.Equal(2, status.AfterFailure(BackupKind.Incremental, End).Failures);
    }

    [Fact]
    public void A_full_that_failed_is_still_owed_when_an_incremental_fails_after_it() =>
        Assert.Equal(
            BackupKind.Full,
            TaskStatus.NeverRun.AfterFailure(BackupKind.Full, Start).AfterFailure(BackupKind.Incremental, End).FailedKind
        );

    [Fact]
    public void A_success_clears_the_failures()
    {
        var status = TaskStatus.NeverRun.AfterFailure(BackupKind.Full, Utc(1, 2)).After(BackupKind.Full, Start);
        Assert.Equal((0, null, null), (status.Failures, status.FailedKind, status.LastError));
    }

    [Fact]
    public void An_abort_uses_up_the_slot_and_ends_the_retries()
    {
        var status = TaskStatusTransitions.MarkAborted(
            TaskStatus.NeverRun.AfterFailure(BackupKind.Full, Utc(1, 2)),
            BackupKind.Full,
            Start,
            End
        );
        Assert.Equal(
            (Start, null, OperationState.Aborted, End),
            (status.FullSlotUsed, status.FailedKind, status.LastState, status.LastEnd)
        );
    }

    [Fact]
    public void A_delay_remembers_what_runs_then_and_never_something_weaker_than_what_failed()
    {
        var status = TaskStatusTransitions.MarkDelayed(
            TaskStatus.NeverRun.AfterFailure(BackupKind.Full, Utc(1, 2)),
            BackupKind.Incremental,
            Start,
            End,
            Utc(1, 5)
        );
        Assert.Equal((Utc(1, 5), BackupKind.Full), (status.DelayedUntil, status.DelayedKind));
        Assert.Equal(
            BackupKind.Incremental,
            TaskStatusTransitions.MarkDelayed(TaskStatus.NeverRun, BackupKind.Incremental, Start, End, Utc(1, 5)).DelayedKind
        );
    }

    [Fact]
    public void A_shutdown_gives_back_slots_and_delay_and_keeps_who_ran_it()
    {
        var before = TaskStatusTransitions.MarkDelayed(
            TaskStatus.NeverRun.After(BackupKind.Full, Utc(1, 1)),
            BackupKind.Full,
            Utc(1, 2),
            Utc(1, 2, 1),
            Utc(1, 3)
        );
        var status = TaskStatusTransitions.MarkInterrupted(
            TaskStatusTransitions.MarkStarted(before, BackupKind.Full, Start, "B", "op2"),
            before
        );
        Assert.Equal(before with { Node = "B", OperationId = "op2" }, status);
    }

    [Fact]
    public void A_clock_that_is_set_back_during_a_run_makes_no_negative_duration() =>
        Assert.Equal(TimeSpan.Zero, TaskStatusTransitions.MarkSucceeded(TaskStatus.NeverRun, End, Start, Result(BackupKind.Full)).Duration);

    [Fact]
    public void A_mark_in_the_future_comes_back_with_the_next_run() =>
        Assert.Equal(Start, TaskStatus.NeverRun.After(BackupKind.Full, Utc(1, 1, year: 2030)).After(BackupKind.Full, Start).FullSlotUsed);

    [Fact]
    public void A_destination_that_lost_the_newest_backup_no_longer_holds_it()
    {
        var status = new TaskStatus { LastFullBackup = DateTimeOffset.UnixEpoch, StoredAt = ["nas", "second"] };
        Assert.Equal(["second"], TaskStatusTransitions.RemoveDestination(status, "nas", ["nas", "second"]).StoredAt!);
        Assert.Same(status, TaskStatusTransitions.RemoveDestination(status, "third", ["nas", "second", "third"]));
        var old = new TaskStatus
        {
            LastFullBackup = DateTimeOffset.UnixEpoch,
            FailedDestinations = new Dictionary<string, string> { ["second"] = "full" },
        };
        Assert.Empty(TaskStatusTransitions.RemoveDestination(old, "nas", ["nas", "second"]).StoredAt!);
        Assert.Same(TaskStatus.NeverRun, TaskStatusTransitions.RemoveDestination(TaskStatus.NeverRun, "nas", ["nas"]));
    }
}
