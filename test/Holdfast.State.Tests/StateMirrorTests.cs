using Holdfast.Core.Errors;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>A mirror shows the contents of the store, and no wait for it hangs.</summary>
public sealed class StateMirrorTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private InterruptedStore? _store;
    private StateMirror<Thing>? _mirror;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private InterruptedStore Store => _store!;

    private StateMirror<Thing> Mirror => _mirror!;

    public async ValueTask InitializeAsync()
    {
        _store = new(await EmbeddedStateStore.OpenAsync(_folder.Combine("state.db"), _time, Token));
        _mirror = new(_store, "things/", _time);
    }

    public async ValueTask DisposeAsync()
    {
        await Mirror.DisposeAsync();
        await Store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task After_the_start_it_shows_the_existing_values()
    {
        await CommitAsync(Mirror.CreateChange("a", new("1")), Mirror.CreateChange("b", new("2")), new("other/a", new byte[] { 1 }));
        await StartAsync();
        Assert.Equal(2, Mirror.Count);
        Assert.Equal([("a", "1"), ("b", "2")], Mirror.Items.Select(i => (i.Key, i.Value.Name)).Order());
        Assert.Null(Mirror.Find("c"));
    }

    [Fact]
    public async Task It_shows_a_value_once_it_is_put()
    {
        await StartAsync();
        for (var i = 0; i < 20; i++)
        {
            var item = await WaitAsync(Mirror.PutAsync("a", new($"{i}"), null, Token));
            Assert.Equal((item.Key, item.Value.Name, item.Revision), (Mirror.Find("a")!.Key, $"{i}", Mirror.Find("a")!.Revision));
        }
    }

    [Fact]
    public async Task It_shows_changes_of_others()
    {
        await StartAsync();
        await using var other = new StateMirror<Thing>(Store, "things/", _time);
        await other.StartAsync(Token);
        var item = await other.PutAsync("a", new("theirs"), 0, Token);
        await WaitAsync(Mirror.WaitForRevisionAsync(item.Revision, Token));
        Assert.Equal("theirs", Mirror.Find("a")!.Value.Name);
    }

    [Fact]
    public async Task An_edit_of_a_value_changed_in_the_meantime_is_a_conflict()
    {
        await StartAsync();
        var first = await Mirror.PutAsync("a", new("1"), 0, Token);
        await FailsAsync(ErrorCatalog.Conflict, Mirror.PutAsync("a", new("2"), 0, Token));
        var second = await Mirror.PutAsync("a", new("2"), first.Revision, Token);
        await FailsAsync(ErrorCatalog.Conflict, Mirror.PutAsync("a", new("3"), first.Revision, Token));
        await FailsAsync(ErrorCatalog.Conflict, Mirror.DeleteAsync("a", first.Revision, Token));
        Assert.Equal("2", Mirror.Find("a")!.Value.Name);
        await WaitAsync(Mirror.DeleteAsync("a", second.Revision, Token));
        Assert.Null(Mirror.Find("a"));
    }

    [Fact]
    public async Task Deleting_a_missing_value_completes_at_once()
    {
        await StartAsync();
        await WaitAsync(Mirror.DeleteAsync("missing", null, Token));
        await WaitAsync(Mirror.DeleteAsync("missing", 12, Token));
        await CommitAsync(new StateChange("elsewhere", new byte[] { 1 }));
        await WaitAsync(Mirror.DeleteAsync("missing", null, Token));
        await CommitAsync(new StateChange("elsewhere", new byte[] { 2 }));
        await WaitAsync(Mirror.DeleteAsync("missing", 12, Token));
    }

    [Fact]
    public async Task A_value_deleted_by_another_is_gone_when_a_second_deletion_completes()
    {
        await StartAsync();
        for (var i = 0; i < 50; i++)
        {
            var item = await Mirror.PutAsync("a", new("1"), 0, Token);
            await CommitAsync(new StateChange("things/a", null));
            await WaitAsync(Mirror.DeleteAsync("a", i % 2 == 0 ? null : item.Revision, Token));
            Assert.Null(Mirror.Find("a"));
        }
    }

    [Fact]
    public async Task Concurrent_deletions_of_one_value_all_complete()
    {
        await StartAsync();
        for (var i = 0; i < 20; i++)
        {
            await Mirror.PutAsync("a", new("1"), null, Token);
            await WaitAsync(Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Mirror.DeleteAsync("a", null, Token))));
            Assert.Null(Mirror.Find("a"));
        }
    }

    [Fact]
    public async Task A_transaction_over_several_mirrors_can_be_waited_for_in_each()
    {
        await StartAsync();
        await using var other = new StateMirror<Thing>(Store, "others/", _time);
        await other.StartAsync(Token);
        var commit = await CommitAsync(Mirror.CreateChange("a", new("1")), new("others/missing", null));
        await WaitAsync(Mirror.WaitForRevisionAsync(commit.Revision, Token));
        await WaitAsync(other.WaitForRevisionAsync(commit.Revision, Token));
        Assert.NotNull(Mirror.Find("a"));
    }

    [Fact]
    public async Task Changes_are_raised_in_order_with_old_and_new_values()
    {
        var raised = new List<string>();
        Mirror.Changed += (key, before, after) => raised.Add($"{key}: {before?.Name ?? "-"} > {after?.Name ?? "-"}");
        await CommitAsync(Mirror.CreateChange("a", new("0")));
        await StartAsync();
        await Mirror.PutAsync("a", new("1"), null, Token);
        await Mirror.PutAsync("b", new("2"), null, Token);
        await Mirror.DeleteAsync("a", null, Token);
        await Mirror.DeleteAsync("a", null, Token);
        Assert.Equal(["a: - > 0", "a: 0 > 1", "b: - > 2", "a: 1 > -"], raised);
    }

    [Fact]
    public async Task While_disconnected_it_shows_the_last_values_and_then_catches_up()
    {
        var raised = new List<string>();
        await StartAsync();
        await Mirror.PutAsync("same", new("1"), null, Token);
        await Mirror.PutAsync("changed", new("1"), null, Token);
        await Mirror.PutAsync("deleted", new("1"), null, Token);
        Mirror.Changed += (key, before, after) => raised.Add($"{key}: {before?.Name ?? "-"} > {after?.Name ?? "-"}");
        Store.IsDown = true;
        await Store.CutAsync();
        var commit = await CommitAsync(
            Mirror.CreateChange("changed", new("2")),
            new("things/deleted", null),
            Mirror.CreateChange("new", new("3"))
        );
        var reaching = Mirror.WaitForRevisionAsync(commit.Revision, Token);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, Mirror.Count);
        Assert.False(reaching.IsCompleted);
        Store.IsDown = false;
        await AdvanceUntilAsync(reaching);
        Assert.Equal(["changed: 1 > 2", "deleted: 1 > -", "new: - > 3"], raised.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_store_that_is_down_at_the_start_fails_the_start()
    {
        Store.IsDown = true;
        await FailsAsync(ErrorCatalog.StateUnavailable, Mirror.StartAsync(Token));
        await FailsAsync(ErrorCatalog.StateUnavailable, Mirror.WaitForRevisionAsync(5, Token));
    }

    [Fact]
    public async Task An_unreadable_value_is_reported_and_the_previous_one_is_kept()
    {
        var raised = new List<string>();
        Mirror.Unreadable += (key, e) => raised.Add($"{key}: {e.Error.Code}");
        await CommitAsync(
            Mirror.CreateChange("good", new("1")),
            new("things/bad", "{"u8.ToArray()),
            new("things/null", "null"u8.ToArray())
        );
        await StartAsync();
        var commit = await CommitAsync(
            new StateChange("things/good", """{"name":[]}"""u8.ToArray()),
            Mirror.CreateChange("after", new("2"))
        );
        await WaitAsync(Mirror.WaitForRevisionAsync(commit.Revision, Token));
        Assert.Equal(["bad: state-unavailable", "null: state-unavailable", "good: state-unavailable"], raised);
        Assert.Equal([("after", "2"), ("good", "1")], Mirror.Items.Select(i => (i.Key, i.Value.Name)).Order());
        await WaitAsync(Mirror.DeleteAsync("good", null, Token));
        await WaitAsync(Mirror.DeleteAsync("bad", null, Token));
    }

    [Fact]
    public async Task Waits_fail_when_the_store_is_closed()
    {
        await StartAsync();
        var waiting = Mirror.WaitForRevisionAsync(1000, Token);
        await Store.DisposeAsync();
        await FailsAsync(ErrorCatalog.StateUnavailable, waiting);
        await FailsAsync(ErrorCatalog.StateUnavailable, Mirror.WaitForRevisionAsync(1000, Token));
    }

    [Fact]
    public async Task Waits_fail_when_the_mirror_is_disposed()
    {
        await StartAsync();
        var waiting = Mirror.WaitForRevisionAsync(1000, Token);
        await Mirror.DisposeAsync();
        await FailsAsync(ErrorCatalog.StateUnavailable, waiting);
        await Mirror.DisposeAsync();
    }

    [Fact]
    public async Task A_throwing_subscriber_does_not_affect_the_others()
    {
        await StartAsync();
        var raised = new List<string>();
        Mirror.Changed += (_, _, _) => throw new InvalidOperationException("a fault of ours");
        Mirror.Changed += (key, _, _) => raised.Add(key);
        await WaitAsync(Mirror.PutAsync("a", new("1"), null, Token));
        await WaitAsync(Mirror.PutAsync("b", new("1"), null, Token));
        Assert.Equal(["a", "b"], raised);
        Assert.Null(Mirror.Loop.Problem);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        await StartAsync();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var waiting = Mirror.WaitForRevisionAsync(1000, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await WaitAsync(Mirror.PutAsync("a", new("1"), null, Token));
    }

    private static Task WaitAsync(Task task) => task.WaitAsync(Timeout, Token);

    private static Task<T> WaitAsync<T>(Task<T> task) => task.WaitAsync(Timeout, Token);

    private static async Task FailsAsync(Error error, Task task)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => WaitAsync(task));
        Assert.Equal(error, failure.Error);
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        for (var i = 0; !task.IsCompleted; i++)
        {
            Assert.True(i < 1000, "it does not come back");
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, Token);
        }

        await task;
    }

    private Task StartAsync() => WaitAsync(Mirror.StartAsync(Token));

    private Task<StateCommit> CommitAsync(params StateChange[] changes) => Store.CommitAsync(new() { Changes = changes }, Token);

    private sealed record Thing(string Name);
}
