using Holdfast.Core.Errors;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>A mirror and a writer go on whatever the store throws, cancels by itself or answers late, and say so meanwhile.</summary>
public sealed class OddStoreTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private OddStore? _store;
    private StateMirror<Thing>? _mirror;
    private StateWriter? _writer;

    /// <summary>What a library may throw, none of it ours.</summary>
    public static TheoryData<Exception> Failures =>
        [
            new InvalidOperationException("odd"),
            new OperationCanceledException("a library's own"),
            new TaskCanceledException("another"),
            new IOException("gone"),
            new OutOfMemoryLike(),
        ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private OddStore Store => _store!;

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
    public async Task A_mirror_whose_store_throws_says_so_and_follows_again(Exception failure)
    {
        var told = new SemaphoreSlim(0);
        Mirror.ProblemChanged += () => told.Release();
        await Mirror.StartAsync(Token);
        await Mirror.PutAsync("a", new("1"), null, Token);
        for (var i = 0; i < 3; i++)
        {
            Store.OnFollow(() => Task.FromException(failure));
        }
        Store.Break(failure);
        await told.WaitAsync(Patience, Token);
        Assert.Contains(failure.Message, Mirror.Loop.Problem!.Message, StringComparison.Ordinal);
        await Store.CommitAsync(new() { Changes = [Mirror.CreateChange("a", new("2"))] }, Token);
        await AdvanceUntilAsync(() => Mirror.Find("a")!.Value.Name == "2");
        Assert.Null(Mirror.Loop.Problem);
        Assert.Equal(0, Mirror.Loop.Failures);
        Assert.Equal(5, Store.Followed);
        await Mirror.PutAsync("a", new("3"), null, Token).WaitAsync(Patience, Token);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Who_waits_for_a_mirror_that_fails_is_told_and_need_not_wait_for_ever(Exception failure)
    {
        await Mirror.StartAsync(Token);
        var waiting = Mirror.WaitForRevisionAsync(1000, Token);
        Store.OnFollow(() => Task.FromException(failure));
        Store.Break(failure);
        var told = await Assert.ThrowsAsync<HoldfastException>(() => waiting.WaitAsync(Patience, Token));
        Assert.Equal(ErrorCatalogue.StateUnavailable, told.Error);
    }

    [Fact]
    public async Task What_a_node_reports_while_its_mirror_fails_is_shown_and_then_the_stored_one()
    {
        var records = new WriteBehindState<Thing>(Mirror, Writer);
        await Mirror.StartAsync(Token);
        Writer.Start();
        Store.OnFollow(() => Task.FromException(new InvalidOperationException("still odd")));
        Store.Break(new InvalidOperationException("odd"));
        records.Set("a", new("1"));
        Assert.Equal("1", records.Find("a")!.Name);
        await Writer.FlushAsync(Token).WaitAsync(Patience, Token);
        await AdvanceUntilAsync(() => Mirror.Find("a") is not null);
        await Store.CommitAsync(new() { Changes = [Mirror.CreateChange("a", new("theirs"))] }, Token);
        await AdvanceUntilAsync(() => records.Find("a")!.Name == "theirs"); // what was reported stands no longer in its way
    }

    [Fact]
    public async Task A_mirror_that_waits_for_a_late_store_says_since_when()
    {
        await Mirror.StartAsync(Token);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, Mirror.Loop.SinceLastIteration); // nothing happens, and nothing is owed
        var late = new TaskCompletionSource();
        Store.OnFollow(() => late.Task);
        Store.Break(new IOException("cut"));
        await AdvanceUntilAsync(() => Store.Followed == 2);
        var commit = await Store.CommitAsync(new() { Changes = [Mirror.CreateChange("a", new("1"))] }, Token);
        var waiting = Mirror.WaitForRevisionWithRetriesAsync(commit.Revision);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(Mirror.Loop.SinceLastIteration >= TimeSpan.FromMinutes(10));
        late.SetResult();
        await waiting.WaitAsync(Patience, Token);
        await AdvanceUntilAsync(() => Mirror.Loop.SinceLastIteration == TimeSpan.Zero);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_writer_whose_store_throws_says_so_and_stores_what_waits(Exception failure)
    {
        var told = new SemaphoreSlim(0);
        Writer.ProblemChanged += () => throw new InvalidOperationException("a listener's fault");
        Writer.ProblemChanged += () => told.Release();
        for (var i = 0; i < 3; i++)
        {
            Store.OnCommit(() => Task.FromException(failure));
        }
        Writer.Start();
        Writer.Enqueue(new("a", new byte[] { 1 }), _ => throw new InvalidOperationException("a fault of who asked"));
        await told.WaitAsync(Patience, Token);
        Assert.Contains(failure.Message, Writer.Problem!.Message, StringComparison.Ordinal);
        Writer.Enqueue(new("b", new byte[] { 2 }), _ => { });
        await AdvanceUntilAsync(() => Writer is { QueuedCount: 0, Problem: null });
        Assert.NotNull(await Store.GetAsync("a", Token));
        Assert.NotNull(await Store.GetAsync("b", Token));
    }

    [Fact]
    public async Task A_writer_whose_store_does_not_answer_says_since_when()
    {
        var late = new TaskCompletionSource();
        Store.OnCommit(() => late.Task);
        Writer.Start();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, Writer.Loop.SinceLastIteration);
        Writer.Enqueue(new("a", new byte[] { 1 }), _ => { });
        await AdvanceUntilAsync(() => Store.Committed == 1);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(Writer.Loop.SinceLastIteration >= TimeSpan.FromMinutes(10));
        late.SetResult();
        await AdvanceUntilAsync(() => Writer is { QueuedCount: 0 } && Writer.Loop.SinceLastIteration == TimeSpan.Zero);
    }

    [Fact]
    public async Task Who_gives_up_flushing_is_no_problem_of_the_store()
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
