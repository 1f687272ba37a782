using Holdfast.Core.Errors;
using Holdfast.Destinations.Limits;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Destinations.Tests;

public sealed class LimitsTests : IAsyncDisposable
{
    private static readonly DestinationLimits Limits = new();

    private readonly FakeTimeProvider _time = new();
    private readonly HangingDestination _inner = new();
    private readonly CallGuard _calls;
    private readonly GuardedDestination _destination;

    public LimitsTests()
    {
        _calls = new("nas", Limits, _time);
        _destination = new(_inner, _calls);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _inner.Thaw();
        await _destination.DisposeAsync();
        await _inner.DisposeAsync();
    }

    [Fact]
    public async Task A_hung_call_is_abandoned_after_its_time_limit()
    {
        _inner.Freeze();
        var failure = await FailsAsync(_destination.FreeBytesAsync(Token), Limits.CallTimeout);
        Assert.Contains("did not respond within 5 minutes", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, _calls.HungCalls);
        _inner.Thaw();
        await UntilAsync(() => _calls.HungCalls == 0);
        Assert.Equal(1, await _destination.FreeBytesAsync(Token));
    }

    [Fact]
    public async Task A_slow_transfer_is_no_hung_one()
    {
        await using var upload = await _destination.BeginUploadAsync("a", Token);
        _inner.Requests = new(0, 0, 0, 0, 0, 0);
        _inner.Freeze();
        var writing = upload.WriteAsync(new byte[1], Token).AsTask();
        await UntilAsync(() => _inner.WriteToken.CanBeCanceled);
        for (var i = 1; i < 5; i++)
        {
            _inner.Requests = new(0, 0, 0, 0, i, 0);
            _time.Advance(Limits.CallTimeout);
            Assert.False(_inner.WriteToken.IsCancellationRequested);
        }
        var failure = await FailsAsync(writing, Limits.CallTimeout);
        Assert.Contains("did not respond within 5 minutes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_releases_the_caller_of_a_hung_call()
    {
        await using var upload = await _destination.BeginUploadAsync("a", Token);
        _inner.Freeze();
        using var abort = new CancellationTokenSource();
        var writing = upload.WriteAsync(new byte[1], abort.Token).AsTask();
        await abort.CancelAsync();
        await AdvanceUntilEndedAsync(writing, Limits.CancellationGrace);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);

        // The file is closed when the call returns, and not before.
        await AdvanceUntilEndedAsync(upload.DisposeAsync().AsTask(), Limits.CancellationGrace);
        Assert.Equal(0, _inner.Disposed);
        _inner.Thaw();
        await UntilAsync(() => _inner.Disposed == 1);
        await Assert.ThrowsAsync<HoldfastException>(() => _destination.PublishAsync([upload], Token));
    }

    [Fact]
    public async Task With_eight_abandoned_calls_the_next_fails_at_once_until_one_returns()
    {
        _inner.Freeze();
        for (var i = 0; i < Limits.MaxHungCalls; i++)
        {
            await FailsAsync(_destination.DeleteAsync("x", Token), Limits.CallTimeout);
        }
        Assert.Equal(8, _calls.HungCalls);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => _destination.DeleteAsync("x", Token)); // no time passes
        Assert.Contains("8 calls hang", failure.Message, StringComparison.Ordinal);
        _inner.Thaw();
        await UntilAsync(() => _calls.HungCalls == 0);
        await _destination.DeleteAsync("x", Token);
    }

    [Fact]
    public async Task A_resource_that_arrives_after_the_caller_gave_up_is_closed()
    {
        _inner.Freeze();
        await FailsAsync(_destination.BeginUploadAsync("a", Token), Limits.CallTimeout);
        await FailsAsync(_destination.OpenAsync("a", Token), Limits.CallTimeout);
        Assert.Equal(0, _inner.Disposed);
        _inner.Thaw();
        await UntilAsync(() => _inner.Disposed == 2);
    }

    [Fact]
    public async Task A_late_read_does_not_touch_the_buffer_of_its_caller()
    {
        await using var source = await _destination.OpenAsync("a", Token);
        _inner.Freeze();
        var buffer = new byte[10];
        await FailsAsync(source.ReadAsync(0, buffer, Token).AsTask(), Limits.CallTimeout);
        _inner.Thaw();
        await UntilAsync(() => _calls.HungCalls == 0);
        Assert.All(buffer, b => Assert.Equal(0, b));
        await source.ReadAsync(0, buffer, Token);
        Assert.All(buffer, b => Assert.Equal(7, b));
    }

    [Fact]
    public async Task A_long_listing_is_complete()
    {
        var names = new List<string>();
        await foreach (var entry in _destination.ListAsync("", Token))
        {
            names.Add(entry.Name);
        }
        Assert.Equal(Enumerable.Range(0, 2500).Select(i => $"{i:D4}"), names);
    }

    [Fact]
    public async Task Any_exception_of_a_driver_is_a_failure_of_the_destination()
    {
        Exception[] all =
        [
            new InvalidOperationException("odd"),
            new OperationCanceledException("by itself"),
            new TaskCanceledException(),
            new IOException("disk"),
        ];
        foreach (var thrown in all)
        {
            var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
                _calls.RunAsync("trying", TimeSpan.FromSeconds(1), _ => Task.FromException(thrown), Token)
            );
            Assert.Equal(ErrorCatalog.DestinationFailed, failure.Error);
            Assert.Same(thrown, failure.InnerException);
        }
    }

    [Fact]
    public async Task A_lost_identity_is_reported_to_subscribers()
    {
        var told = new List<HoldfastException>();
        _calls.IdentityFailed += told.Add;
        var lost = new HoldfastException(ErrorCatalog.DestinationIdentity, "another");
        Assert.Same(
            lost,
            await Assert.ThrowsAsync<HoldfastException>(() =>
                _calls.RunAsync("trying", TimeSpan.FromSeconds(1), _ => Task.FromException(lost), Token)
            )
        );
        Assert.Equal([lost], told);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var i = 0; !isSo(); i++)
        {
            Assert.True(i < 2000, "it never came to be");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }
    }

    private async Task<HoldfastException> FailsAsync(Task call, TimeSpan after)
    {
        await AdvanceUntilEndedAsync(call, after + Limits.CancellationGrace);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => call);
        Assert.Equal(ErrorCatalog.DestinationFailed, failure.Error);
        return failure;
    }

    private async Task AdvanceUntilEndedAsync(Task call, TimeSpan within)
    {
        for (var passed = TimeSpan.Zero; passed <= within && !call.IsCompleted; passed += within / 20)
        {
            await Task.WhenAny(call, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token));
            _time.Advance(within / 20);
        }

        await Task.WhenAny(call, Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, Token));
        Assert.True(call.IsCompleted, "it still hangs");
    }
}
