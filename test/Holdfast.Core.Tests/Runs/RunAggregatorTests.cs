using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Runs;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Runs;

/// <summary>Counts of a run.</summary>
public sealed class RunAggregatorTests
{
    private static readonly DateTimeOffset Slot = new(2027, 3, 1, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_database_that_was_due_is_counted_once()
    {
        var states = new[]
        {
            OperationState.Queued,
            OperationState.Running,
            OperationState.Completed,
            OperationState.Completed,
            OperationState.CompletedWithErrors,
            OperationState.Failed,
            OperationState.Aborted,
        };
        var run = Count(Slot.AddMinutes(5), Due(9), [.. states.Select((s, i) => Entry(i, s, unchanged: i == 3))]);
        Assert.Equal(
            (9, 3, 1, 2, 1, 1, 1, 1, 0),
            (run.Due, run.Waiting, run.Running, run.Done, run.Unchanged, run.Incomplete, run.Failed, run.Aborted, run.Missed)
        );
        Assert.Equal(run.Due, run.Waiting + run.Running + run.Done + run.Incomplete + run.Failed + run.Aborted + run.Missed);
        Assert.False(run.HasEnded);
        Assert.Equal((5 * 7, 7 * 3, 900), (run.ReadBytes, run.StoredBytes, run.TotalBytes));
    }

    [Fact]
    public void A_backup_not_started_within_an_hour_is_missed_until_it_starts()
    {
        var all = new[] { Entry(0, OperationState.Completed), Entry(1, OperationState.Completed) };
        Assert.Equal((1, 0, (DateTimeOffset?)null), Facts(Count(Slot.AddMinutes(59), Due(3), all)));
        var late = Count(Slot.AddMinutes(60), Due(3), all);
        Assert.Equal((0, 1, Slot.AddMinutes(2)), Facts(late));
        Assert.Equal(["shop/2"], late.MissedDatabases);
        Assert.Equal((0, 0, (DateTimeOffset?)null), Facts(Count(Slot.AddMinutes(90), Due(3), [.. all, Entry(2, OperationState.Running)])));
        Assert.Equal((0, 3, Slot.AddHours(1)), Facts(Count(Slot.AddHours(2), Due(3), [])));

        static (int, int, DateTimeOffset?) Facts(Run run) => (run.Waiting, run.Missed, run.Ended);
    }

    [Fact]
    public void A_run_on_request_has_no_missed_databases() =>
        Assert.Equal(
            (0, 2),
            (
                Count(Slot, Due(2), [Entry(0, OperationState.Failed), Entry(1, OperationState.Completed)], asked: true) is var run
                    ? run.Missed
                    : -1,
                run.Done + run.Failed
            )
        );

    [Fact]
    public void The_time_left_is_estimated_at_the_current_pace()
    {
        Assert.Equal(
            15,
            Count(
                Slot.AddMinutes(5),
                Due(4),
                [Entry(0, OperationState.Completed), Entry(1, OperationState.Queued)]
            ).TimeLeft!.Value.TotalMinutes,
            0.1
        );
        Assert.Null(Count(Slot.AddMinutes(5), Due(4), [Entry(0, OperationState.Queued)]).TimeLeft);
        Assert.Null(Count(Slot.AddMinutes(5), Due(1), [Entry(0, OperationState.Completed)]).TimeLeft);
    }

    [Fact]
    public void No_time_left_is_estimated_while_the_rest_waits_for_something_unavailable()
    {
        RunEntry[] entries = [Entry(0, OperationState.Completed), Entry(1, OperationState.Running)];
        Assert.NotNull(Count(Slot.AddMinutes(5), Due(3), entries, heldUp: "0").TimeLeft); // it was unavailable, but is done
        Assert.Null(Count(Slot.AddMinutes(5), Due(3), entries, heldUp: "2").TimeLeft);
        Assert.NotNull(Count(Slot.AddMinutes(60), Due(3), entries, heldUp: "2").TimeLeft); // it is missed by then, so nothing waits for it
    }

    private static Run Count(
        DateTimeOffset now,
        Dictionary<string, (DatabaseId Database, long Bytes)> due,
        RunEntry[] entries,
        bool asked = false,
        string? heldUp = null
    ) =>
        RunAggregator.Aggregate(
            new()
            {
                Id = "1",
                TemplateId = "t",
                TemplateName = "nightly",
                Slot = asked ? null : Slot,
                Kind = BackupKind.Full,
                Node = "A",
                Created = Slot,
                MissedFrom = asked ? null : Slot.AddHours(1),
            },
            due,
            entries.ToDictionary(e => e.Database.Name),
            now,
            task => task == heldUp
        );

    private static Dictionary<string, (DatabaseId Database, long Bytes)> Due(int count) =>
        Enumerable.Range(0, count).ToDictionary(i => $"{i}", i => (new DatabaseId("shop", $"{i}"), 100L));

    private static RunEntry Entry(int number, OperationState state, bool unchanged = false) =>
        new()
        {
            Operation = $"op{number}",
            Database = new("shop", $"{number}"),
            State = state,
            Unchanged = unchanged,
            Started = state == OperationState.Queued ? null : Slot,
            Ended = state > OperationState.Running ? Slot.AddMinutes(number + 1) : null,
            ReadBytes = 5,
            StoredBytes = 3,
        };
}
