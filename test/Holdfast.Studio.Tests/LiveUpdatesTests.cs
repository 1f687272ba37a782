using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Holdfast.Api.Events;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Studio.Live;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Studio.Tests;

/// <summary>What a page does when its subscription to events fails.</summary>
public sealed class LiveUpdatesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly Channel<(int Number, Channel<IReadOnlyList<ServerEvent>> Events)> _listening = Channel.CreateUnbounded<(
        int,
        Channel<IReadOnlyList<ServerEvent>>
    )>();
    private readonly Channel<UpdateBatch> _happened = Channel.CreateUnbounded<UpdateBatch>();
    private readonly Channel<bool> _stale = Channel.CreateUnbounded<bool>();
    private readonly LiveUpdates _live;
    private int _number;
    private volatile bool _isRefused;

    public LiveUpdatesTests()
    {
        _live = new((_, token) => Listen(token), _time, NullLogger.Instance, TestContext.Current.CancellationToken);
        _live.BatchReceived += batch => _happened.Writer.TryWrite(batch);
        _live.StaleChanged += () => _stale.Writer.TryWrite(_live.IsStale);
        _live.Start();
    }

    public void Dispose() => _live.Dispose();

    public static TheoryData<Exception> Failures =>
        [
            new InvalidOperationException("unexpected"),
            new TaskCanceledException("not cancelled by the page"),
            new HoldfastException(ErrorCatalog.NotAllowed, "Too many.", null),
        ];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failed_subscription_is_renewed_and_everything_is_reloaded(Exception failure)
    {
        var first = await NextAsync(_listening);
        first.Events.Writer.Complete(failure);
        Assert.True(await NextAsync(_stale));
        await AdvanceUntilAsync(() => _number == 2);
        var second = await NextAsync(_listening);
        Assert.False(await NextAsync(_stale));
        Assert.True((await NextAsync(_happened)).Changed.IsSupersetOf(["databases", "tasks", "alert"]));
        second.Events.Writer.TryWrite([new("alert", new { })]);
        Assert.Equal(["alert"], (await NextAsync(_happened)).Changed);
    }

    [Fact]
    public async Task An_operation_that_has_read_everything_before_its_first_event_is_new()
    {
        var (_, events) = await NextAsync(_listening);
        var operation = new Operation
        {
            Id = "1",
            Kind = OperationKind.Backup,
            State = OperationState.Running,
            Database = new("shop", "orders"),
            Node = "A",
            Created = _time.GetUtcNow(),
            Progress = new() { DoneBytes = 5 },
        };
        events.Writer.TryWrite([new("operation", operation)]);
        Assert.True((await NextAsync(_happened)).HasChanges);
        events.Writer.TryWrite([new("operation", operation with { Phase = "publishing" })]);
        Assert.False((await NextAsync(_happened)).HasChanges);
    }

    [Fact]
    public async Task Repeated_failures_increase_the_delay_and_the_page_stays_stale()
    {
        var first = await NextAsync(_listening);
        _isRefused = true;
        first.Events.Writer.Complete(new InvalidOperationException("unexpected"));
        Assert.True(await NextAsync(_stale));
        var start = _time.GetUtcNow();
        await AdvanceUntilAsync(() => _number == 6); // after 1, 2, 4, 8 and 16 s
        Assert.InRange(_time.GetUtcNow() - start, TimeSpan.FromSeconds(31), TimeSpan.FromSeconds(90));
        Assert.True(_live.IsStale);
        _isRefused = false;
        await AdvanceUntilAsync(() => _listening.Reader.TryPeek(out _));
        Assert.False(await NextAsync(_stale));
    }

    private static async Task<T> NextAsync<T>(Channel<T> channel) =>
        await channel.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 2000, "the subscription was not renewed");
            _time.Advance(TimeSpan.FromMilliseconds(500));
            // the loop runs on another thread
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<ServerEvent>> Listen([EnumeratorCancellation] CancellationToken token)
    {
        var number = Interlocked.Increment(ref _number);
        if (_isRefused)
        {
            throw new InvalidOperationException("refused");
        }
        var events = Channel.CreateUnbounded<IReadOnlyList<ServerEvent>>();
        _listening.Writer.TryWrite((number, events));
        await foreach (var batch in events.Reader.ReadAllAsync(token))
        {
            yield return batch;
        }
    }
}
