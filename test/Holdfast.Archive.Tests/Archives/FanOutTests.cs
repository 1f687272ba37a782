using Holdfast.Archive.Writing;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>Any failure of one output does not affect the others.</summary>
public sealed class FanOutTests
{
    public static TheoryData<Exception> Failures =>
        [
            new OperationCanceledException("a library's own time-out"),
            new TaskCanceledException("another"),
            new InvalidOperationException("odd"),
            new IOException("gone"),
        ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failing_output_is_dropped_and_the_others_continue(Exception failure)
    {
        var whole = new MemoryStream();
        var writes = 0;
        var fan = new FanOut([whole.WriteAsync, (_, _) => ++writes == 2 ? throw failure : default]);
        for (var i = 0; i < 4; i++)
        {
            await fan.WriteAsync(new byte[10], Token);
        }
        Assert.Equal([null, failure], fan.Failures);
        Assert.Equal((40, 2), (whole.Length, writes));
    }

    [Fact]
    public async Task The_failure_of_the_last_output_is_thrown()
    {
        var fan = new FanOut([(_, _) => throw new IOException("first"), (_, _) => throw new OperationCanceledException("second")]);
        var failure = await Assert.ThrowsAsync<OperationCanceledException>(async () => await fan.WriteAsync(new byte[10], Token));
        Assert.Equal("second", failure.Message);
    }

    [Fact]
    public async Task Our_own_cancellation_is_no_failure_of_an_output()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var fan = new FanOut([(_, token) => new(Task.FromCanceled(token)), (_, _) => default]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await fan.WriteAsync(new byte[10], stop.Token));
        Assert.Equal([null, null], fan.Failures);
    }
}
