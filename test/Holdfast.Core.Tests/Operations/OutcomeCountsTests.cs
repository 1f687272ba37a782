using Holdfast.Core.Operations;

namespace Holdfast.Core.Tests.Operations;

/// <summary>Each operation is counted once.</summary>
public sealed class OutcomeCountsTests
{
    [Fact]
    public void One_that_found_nothing_new_and_missed_a_destination_is_incomplete_and_nothing_else()
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
    public void What_there_is_none_of_is_left_out_but_for_what_is_done_and_what_failed()
    {
        Assert.Equal(
            "2 done, 0 failed",
            OutcomeCounts.Count([(OperationState.Completed, false), (OperationState.Completed, false)]).ToString()
        );
        Assert.Equal("0 done, 0 failed, 1 aborted", OutcomeCounts.Count([(OperationState.Aborted, false)]).ToString());
    }
}
