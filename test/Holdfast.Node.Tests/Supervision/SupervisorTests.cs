using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Supervision;

/// <summary>A background loop continues whatever it throws, and reports its failures.</summary>
public sealed class SupervisorTests
{
    private readonly FakeTimeProvider _time = new();

    public static TheoryData<Exception> Failures =>
        [
            new InvalidOperationException("odd"),
            new OperationCanceledException("a library's own"),
            new IOException("gone"),
            new StackOverflowLike(),
        ];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_loop_that_throws_is_reported_and_restarted(Exception failure)
    {
        await using var supervisor = new Supervisor(_time, NullLogger<Supervisor>.Instance);
        var (calls, again) = (0, new TaskCompletionSource());
        var told = new SemaphoreSlim(0);
        supervisor.Changed += () => told.Release();
        supervisor.Start("odd", TimeSpan.FromMinutes(1), async (loop, token) =>
        {
            if (Interlocked.Increment(ref calls) <= 3)
            {
                throw failure;
            }
            loop.CompleteIteration();
            again.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
        });
        await told.WaitAsync(TestContext.Current.CancellationToken);
        Assert.NotNull(supervisor.Loops[0].Problem);
        await AdvanceUntilAsync(again.Task);
        Assert.Null(supervisor.Loops[0].Problem);
        Assert.Equal(0, supervisor.Loops[0].Failures);
    }

    [Fact]
    public async Task A_loop_that_returns_by_itself_counts_as_failed()
    {
        await using var supervisor = new Supervisor(_time, NullLogger<Supervisor>.Instance);
        var calls = 0;
        var third = new TaskCompletionSource();
        supervisor.Start("short", TimeSpan.FromMinutes(1), (_, _) =>
        {
            if (Interlocked.Increment(ref calls) == 3)
            {
                third.SetResult();
            }
            return Task.CompletedTask;
        });
        await AdvanceUntilAsync(third.Task);
        Assert.Contains("ended unexpectedly", supervisor.Loops[0].Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_waits_for_the_loops_and_is_not_a_failure()
    {
        var supervisor = new Supervisor(_time, NullLogger<Supervisor>.Instance);
        var turned = new TaskCompletionSource();
        var loop = supervisor.StartPeriodic("turns", TimeSpan.FromSeconds(5), _ =>
        {
            turned.TrySetResult();
            return Task.CompletedTask;
        });
        await AdvanceUntilAsync(turned.Task);
        await supervisor.StopAsync();
        Assert.True(loop.Completion.IsCompletedSuccessfully);
        Assert.Null(loop.Status.Problem);
        Assert.Empty(supervisor.Loops);
        await supervisor.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_handler_that_throws_does_not_affect_the_caller_and_is_reported_until_it_succeeds(Exception failure)
    {
        await using var supervisor = new Supervisor(_time, NullLogger<Supervisor>.Instance);
        var (told, throws) = (0, true);
        supervisor.Changed += () => throw new InvalidOperationException("a listener's fault");
        supervisor.Changed += () => told++;
        var duty = supervisor.Guard<int>("asking again", _ =>
        {
            if (throws)
            {
                throw failure;
            }
        });
        duty(1);
        Assert.Equal("asking again", Assert.Single(supervisor.Loops).Name);
        Assert.Contains(failure.Message, supervisor.Loops[0].Problem!.Message, StringComparison.Ordinal);
        throws = false;
        duty(2);
        Assert.Empty(supervisor.Loops);
        Assert.Equal(2, told);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_one_time_job_is_retried_until_it_succeeds(Exception failure)
    {
        await using var supervisor = new Supervisor(_time, NullLogger<Supervisor>.Instance);
        var calls = 0;
        await AdvanceUntilAsync(
            supervisor.RunOnce("cleaning", _ => Interlocked.Increment(ref calls) < 3 ? throw failure : Task.CompletedTask)
        );
        Assert.Equal(3, calls);
        Assert.Empty(supervisor.Loops);
    }

    [Fact]
    public async Task A_stalled_loop_is_detected_by_a_monotonic_clock()
    {
        await using var supervisor = new Supervisor(_time, NullLogger<Supervisor>.Instance);
        supervisor.Start("hangs", TimeSpan.FromMinutes(1), (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, token));
        Assert.False(supervisor.Loops[0].IsStuck);
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(supervisor.Loops[0].IsStuck);
    }

    private async Task AdvanceUntilAsync(Task done)
    {
        while (!done.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await done;
    }

    private sealed class StackOverflowLike() : Exception("anything else");
}
