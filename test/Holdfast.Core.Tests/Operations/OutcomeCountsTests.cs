using Holdfast.Core.Operations;

namespace Holdfast.Core.Tests.Operations;

/// <summary>Counts of operations by outcome: each operation is counted once.</summary>
public sealed class OutcomeCountsTests
{
    [Fact]
    public void An_unchanged_database_missing_at_a_destination_counts_only_as_incomplete()
    {
        var counts = OutcomeCounts.Count([
            .. Enumerable.Repeat((OperationState.Completed, true), 27),
            (OperationState.CompletedWithErrors, true),
            .. Enumerable.Repeat((OperationState.Failed, false), 8),
        ]);
        Assert.Equal(new(27, 27, 1, 8, 0), counts);
        Assert.Equal("27 done (27 unchanged), 1 incomplete, 8 failed", counts.ToString());
    }

    [Fact]
    public void Zero_counts_are_omitted_except_done_and_failed()
    {
        Assert.Equal(
            "2 done, 0 failed",
            OutcomeCounts.Count([(OperationState.Completed, false), (OperationState.Completed, false)]).ToString()
        );
        Assert.Equal("0 done, 0 failed, 1 aborted", OutcomeCounts.Count([(OperationState.Aborted, false)]).ToString());
    }
}
