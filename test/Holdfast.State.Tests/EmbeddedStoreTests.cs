using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>Features of the embedded store only: group commit, bounded watchers, leases that live as long as the process.</summary>
public sealed class EmbeddedStoreTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private EmbeddedStateStore? _store;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private EmbeddedStateStore Store => _store!;

    public async ValueTask InitializeAsync() => _store = await EmbeddedStateStore.OpenAsync(_folder.Combine("state.db"), _time, Token);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_thousand_concurrent_commits_share_a_few_flushes()
    {
        var commits = await Task.WhenAll(
            Enumerable
                .Range(0, 1000)
                .Select(i => Store.CommitAsync(new() { Conditions = [new($"k/{i}", 0)], Changes = [new($"k/{i}", new byte[100])] }, Token))
        );
        Assert.All(commits, c => Assert.True(c.Applied));
        Assert.Equal(1000, (await Store.RangeAsync("k/", Token)).Entries.Count);
        Assert.True(Store.Groups <= 50, $"{Store.Groups} flushes");
    }

    [Fact]
    public async Task A_transaction_without_changes_needs_no_flush()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.False(
                (await Store.CommitAsync(new() { Conditions = [new("key", 5)], Changes = [new("key", new byte[1])] }, Token)).Applied
            );
            Assert.True((await Store.CommitAsync(new() { Changes = [new("key", null)] }, Token)).Applied);
        }

        Assert.Equal(0, Store.Groups);
    }

    [Fact]
    public async Task Requests_made_before_the_store_is_disposed_are_completed()
    {
        var commits = Enumerable
            .Range(0, 100)
            .Select(i => Store.CommitAsync(new() { Changes = [new($"k/{i}", new byte[100])] }, Token))
            .ToList();
        await Store.DisposeAsync();
        Assert.All(await Task.WhenAll(commits), c => Assert.True(c.Applied));
        await using var again = await EmbeddedStateStore.OpenAsync(_folder.Combine("state.db"), _time, Token);
        Assert.Equal(100, (await again.RangeAsync("k/", Token)).Entries.Count);
    }

    [Theory]
    [InlineData(12, 1 << 20)] // too many bytes
    [InlineData(5000, 10)] // too many batches
    public async Task A_slow_watcher_continues_with_a_snapshot(int commits, int length)
    {
        await using var watcher = Store.WatchAsync("", Token).GetAsyncEnumerator(Token);
        Assert.True(await watcher.MoveNextAsync());
        await Task.WhenAll(
            Enumerable.Range(0, commits).Select(i => Store.CommitAsync(new() { Changes = [new($"k/{i % 20}", new byte[length])] }, Token))
        );
        var last = await Store.CommitAsync(new() { Changes = [new("k/0", null)] }, Token);
        Assert.True(await watcher.MoveNextAsync());
        Assert.True(watcher.Current.IsSnapshot);
        Assert.Equal(last.Revision, watcher.Current.Revision);
        Assert.DoesNotContain(watcher.Current.Puts, p => p.Key == "k/0");
        var next = await Store.CommitAsync(new() { Changes = [new("k/0", new byte[1])] }, Token);
        Assert.True(await watcher.MoveNextAsync());
        Assert.False(watcher.Current.IsSnapshot);
        Assert.Equal(next.Revision, Assert.Single(watcher.Current.Puts).ModRevision);
    }

    [Fact]
    public async Task The_buffer_of_a_value_can_be_reused_once_it_is_stored()
    {
        var buffer = new byte[] { 1, 2, 3 };
        await using var watcher = Store.WatchAsync("", Token).GetAsyncEnumerator(Token);
        await watcher.MoveNextAsync();
        await Store.CommitAsync(new() { Changes = [new("key", buffer)] }, Token);
        buffer[0] = 9;
        await watcher.MoveNextAsync();
        Assert.Equal([1, 2, 3], watcher.Current.Puts[0].Value.ToArray());
    }

    [Fact]
    public async Task A_lease_lives_while_its_timer_fires_in_time()
    {
        var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(3), Token);
        await Store.CommitAsync(new() { Changes = [new("key", new byte[1], lease.Id)] }, Token);
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.False(lease.Lost.IsCancellationRequested);
        Assert.NotNull(await Store.GetAsync("key", Token));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.True(lease.Lost.IsCancellationRequested);
        await lease.DisposeAsync();
        Assert.Null(await Store.GetAsync("key", Token));
    }
}
