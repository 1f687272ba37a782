using Holdfast.Core.Errors;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>Mirror and writer survive any exception, spurious cancellation or delay of the store, and report it meanwhile.</summary>
public sealed class FaultyStoreTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private FaultyStore? _store;
    private StateMirror<Thing>? _mirror;
    private StateWriter? _writer;

    /// <summary>Exceptions that a library may throw.</summary>
    public static TheoryData<Exception> Failures =>
        [
            new InvalidOperationException("failing"),
            new OperationCanceledException("a library's own"),
            new TaskCanceledException("another"),
            new IOException("gone"),
            new OutOfMemoryLike(),
        ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FaultyStore Store => _store!;

    private StateMirror<Thing> Mirror => _mirror!;

    private StateWriter Writer => _writer!;

    public async ValueTask InitializeAsync()
    {
        _store = new(await EmbeddedStateStore.OpenAsync(_folder.Combine("state.db"), _time, Token));
        _mirror = new(_store, "things/", _time);
        _writer = new(_store, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await Mirror.DisposeAsync();
        await Store.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_mirror_whose_store_throws_reports_it_and_watches_again(Exception failure)
    {
        var raised = new SemaphoreSlim(0);
        Mirror.ProblemChanged += () => raised.Release();
        await Mirror.StartAsync(Token);
        await Mirror.PutAsync("a", new("1"), null, Token);
        for (var i = 0; i < 3; i++)
        {
            Store.OnWatch(() => Task.FromException(failure));
        }
        Store.Break(failure);
        await raised.WaitAsync(Timeout, Token);
        Assert.Contains(failure.Message, Mirror.Loop.Problem!.Message, StringComparison.Ordinal);
        await Store.CommitAsync(new() { Changes = [Mirror.CreateChange("a", new("2"))] }, Token);
        await AdvanceUntilAsync(() => Mirror.Find("a")!.Value.Name == "2");
        Assert.Null(Mirror.Loop.Problem);
        Assert.Equal(0, Mirror.Loop.Failures);
        Assert.Equal(5, Store.WatchCount);
        await Mirror.PutAsync("a", new("3"), null, Token).WaitAsync(Timeout, Token);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_wait_for_a_failing_mirror_fails_instead_of_hanging(Exception failure)
    {
        await Mirror.StartAsync(Token);
        var waiting = Mirror.WaitForRevisionAsync(1000, Token);
        Store.OnWatch(() => Task.FromException(failure));
        Store.Break(failure);
        var raised = await Assert.ThrowsAsync<HoldfastException>(() => waiting.WaitAsync(Timeout, Token));
        Assert.Equal(ErrorCatalog.StateUnavailable, raised.Error);
    }

    [Fact]
    public async Task A_value_set_while_the_mirror_fails_is_visible_until_the_stored_one_arrives()
    {
        var records = new WriteBehindState<Thing>(Mirror, Writer);
        await Mirror.StartAsync(Token);
        Writer.Start();
        Store.OnWatch(() => Task.FromException(new InvalidOperationException("still failing")));
        Store.Break(new InvalidOperationException("failing"));
        records.Set("a", new("1"));
        Assert.Equal("1", records.Find("a")!.Name);
        await Writer.FlushAsync(Token).WaitAsync(Timeout, Token);
        await AdvanceUntilAsync(() => Mirror.Find("a") is not null);
        await Store.CommitAsync(new() { Changes = [Mirror.CreateChange("a", new("theirs"))] }, Token);
        await AdvanceUntilAsync(() => records.Find("a")!.Name == "theirs"); // the reported value no longer hides it
    }

    [Fact]
    public async Task A_mirror_reports_how_long_it_has_waited_for_a_slow_store()
    {
        await Mirror.StartAsync(Token);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, Mirror.Loop.SinceLastIteration); // nothing is pending
        var late = new TaskCompletionSource();
        Store.OnWatch(() => late.Task);
        Store.Break(new IOException("cut"));
        await AdvanceUntilAsync(() => Store.WatchCount == 2);
        var commit = await Store.CommitAsync(new() { Changes = [Mirror.CreateChange("a", new("1"))] }, Token);
        var waiting = Mirror.WaitForRevisionWithRetriesAsync(commit.Revision);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(Mirror.Loop.SinceLastIteration >= TimeSpan.FromMinutes(10));
        late.SetResult();
        await waiting.WaitAsync(Timeout, Token);
        await AdvanceUntilAsync(() => Mirror.Loop.SinceLastIteration == TimeSpan.Zero);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_writer_whose_store_throws_reports_it_and_stores_the_queued_values(Exception failure)
    {
        var raised = new SemaphoreSlim(0);
        Writer.ProblemChanged += () => throw new InvalidOperationException("a listener's fault");
        Writer.ProblemChanged += () => raised.Release();
        for (var i = 0; i < 3; i++)
        {
            Store.OnCommit(() => Task.FromException(failure));
        }
        Writer.Start();
        Writer.Enqueue(new("a", new byte[] { 1 }), _ => throw new InvalidOperationException("a fault of who asked"));
        await raised.WaitAsync(Timeout, Token);
        Assert.Contains(failure.Message, Writer.Problem!.Message, StringComparison.Ordinal);
        Writer.Enqueue(new("b", new byte[] { 2 }), _ => { });
        await AdvanceUntilAsync(() => Writer is { QueuedCount: 0, Problem: null });
        Assert.NotNull(await Store.GetAsync("a", Token));
        Assert.NotNull(await Store.GetAsync("b", Token));
    }

    [Fact]
    public async Task A_writer_reports_how_long_its_store_has_not_responded()
    {
        var late = new TaskCompletionSource();
        Store.OnCommit(() => late.Task);
        Writer.Start();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, Writer.Loop.SinceLastIteration);
        Writer.Enqueue(new("a", new byte[] { 1 }), _ => { });
        await AdvanceUntilAsync(() => Store.CommitCount == 1);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(Writer.Loop.SinceLastIteration >= TimeSpan.FromMinutes(10));
        late.SetResult();
        await AdvanceUntilAsync(() => Writer is { QueuedCount: 0 } && Writer.Loop.SinceLastIteration == TimeSpan.Zero);
    }

    [Fact]
    public async Task A_cancelled_flush_is_no_problem_of_the_store()
    {
        using var mine = new CancellationTokenSource();
        Store.OnCommit(async () =>
        {
            await mine.CancelAsync();
            mine.Token.ThrowIfCancellationRequested();
        });
        Writer.Enqueue(new("a", new byte[] { 1 }), _ => { });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Writer.FlushAsync(mine.Token));
        Assert.Null(Writer.Problem);
    }

    private async Task AdvanceUntilAsync(Func<bool> isDone)
    {
        for (var i = 0; !isDone(); i++)
        {
            Assert.True(i < 2000, "it does not come back");
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, Token);
        }
    }

    private sealed record Thing(string Name);

    private sealed class OutOfMemoryLike() : Exception("anything else");
}
