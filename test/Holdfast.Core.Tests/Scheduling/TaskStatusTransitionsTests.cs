using Holdfast.Core.Encryption;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using static Holdfast.Core.Tests.Scheduling.Some;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>What a status records of a run.</summary>
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
    public void A_start_ends_a_delay_and_keeps_the_failures()
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
    public void A_success_records_what_was_made()
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
    public void The_kind_that_was_made_counts_and_not_the_requested_one()
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
    public void An_unchanged_incremental_advances_and_keeps_the_previous_size()
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
    public void A_failed_destination_is_recorded_and_the_run_is_completed_with_errors()
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
    public void A_failure_is_counted_and_keeps_earlier_successes()
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
    public void A_failed_full_is_still_due_after_an_incremental_fails() =>
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
    public void A_postponed_run_keeps_its_kind_and_is_full_if_a_full_failed()
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
    public void A_shutdown_restores_slots_and_delay_and_keeps_the_node()
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
    public void A_clock_set_back_during_a_run_gives_no_negative_duration() =>
        Assert.Equal(TimeSpan.Zero, TaskStatusTransitions.MarkSucceeded(TaskStatus.NeverRun, End, Start, Result(BackupKind.Full)).Duration);

    [Fact]
    public void A_mark_in_the_future_is_corrected_by_the_next_run() =>
        Assert.Equal(Start, TaskStatus.NeverRun.After(BackupKind.Full, Utc(1, 1, year: 2030)).After(BackupKind.Full, Start).FullSlotUsed);

    [Fact]
    public void A_destination_that_lost_the_newest_backup_is_removed()
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
