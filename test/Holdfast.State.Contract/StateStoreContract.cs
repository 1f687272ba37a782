using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.State.Contract;

/// <summary>
/// The guarantees of every state store. Tests of an implementation derive from this class; it is complete when all tests pass.
/// </summary>
public abstract class StateStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private IStateStore? _store;

    /// <summary>Cancelled when the test ends or times out.</summary>
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The store under test, initially empty.</summary>
    protected IStateStore Store => _store ?? throw new InvalidOperationException("not opened");

    public async ValueTask InitializeAsync() => _store = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_stored_value_is_read_back_with_its_revisions()
    {
        var first = await PutAsync("a/key", "one");
        var second = await PutAsync("a/key", "two");
        Assert.True(second > first);
        var entry = await Store.GetAsync("a/key", Token);
        Assert.Equal(("a/key", "two", first, second), (entry!.Key, Text(entry), entry.CreateRevision, entry.ModRevision));
    }

    [Fact]
    public async Task A_missing_key_is_null() => Assert.Null(await Store.GetAsync("no/such/key", Token));

    [Fact]
    public async Task A_value_may_be_empty_and_contain_any_bytes()
    {
        await CommitAsync([], [new("empty", ReadOnlyMemory<byte>.Empty), new("bytes", new byte[] { 0, 255, 0, 128 })]);
        Assert.Equal(0, (await Store.GetAsync("empty", Token))!.Value.Length);
        Assert.Equal([0, 255, 0, 128], (await Store.GetAsync("bytes", Token))!.Value.ToArray());
    }

    [Fact]
    public async Task A_recreated_key_has_a_new_create_revision()
    {
        await PutAsync("key", "one");
        await DeleteAsync("key");
        Assert.Null(await Store.GetAsync("key", Token));
        var again = await PutAsync("key", "two");
        Assert.Equal(again, (await Store.GetAsync("key", Token))!.CreateRevision);
    }

    [Fact]
    public async Task A_range_has_exactly_the_keys_with_the_prefix_in_byte_order()
    {
        string[] keys = ["a", "a/", "a/1", "a/10", "a/2", "a/B", "a/b", "a/é", "a/\uFFFD", "a/😀", "a0", "b", "A/1"];
        await CommitAsync([], [.. keys.Reverse().Select(k => new StateChange(k, Encoding.UTF8.GetBytes(k)))]);
        Assert.Equal(["a/", "a/1", "a/10", "a/2", "a/B", "a/b", "a/é", "a/\uFFFD", "a/😀"], await KeysAsync("a/"));
        Assert.Equal(keys.Length, (await KeysAsync("")).Count);
        Assert.Empty(await KeysAsync("c"));
        Assert.Equal(["a/😀"], await KeysAsync("a/😀"));
    }

    [Fact]
    public async Task Keys_are_compared_by_every_byte()
    {
        string[] keys = ["k", "K", "k ", "k\0", "k\0\0", "é", "e\u0301", "%", "_", "'"];
        await CommitAsync([], [.. keys.Select(k => new StateChange(k, Encoding.UTF8.GetBytes(k)))]);
        foreach (var key in keys)
        {
            Assert.Equal(key, Text((await Store.GetAsync(key, Token))!));
        }
        await DeleteAsync("_");
        Assert.Equal(keys.Length - 1, (await KeysAsync("")).Count);
    }

    [Fact]
    public async Task A_range_is_consistent_at_its_revision()
    {
        var revision = await PutAsync("r/1", "one");
        var range = await Store.RangeAsync("r/", Token);
        Assert.True(range.Revision >= revision);
        Assert.Equal(revision, Assert.Single(range.Entries).ModRevision);
    }

    [Fact]
    public async Task A_transaction_whose_conditions_hold_applies_all_changes_at_one_revision()
    {
        var one = await PutAsync("one", "1");
        await PutAsync("gone", "x");
        var commit = await CommitAsync(
            [new("one", one), new("two", 0)],
            [new("one", Bytes("1b")), new("two", Bytes("2")), new("gone", null)]
        );
        Assert.True(commit.Applied);
        Assert.Equal(
            [("one", commit.Revision), ("two", commit.Revision)],
            (await Store.RangeAsync("", Token)).Entries.Select(e => (e.Key, e.ModRevision))
        );
    }

    [Theory]
    [InlineData("there", 0)] // must not exist, but does
    [InlineData("missing", 7_000_000)] // must have a revision, but does not exist
    [InlineData("there", 7_000_000)] // has another revision
    public async Task A_transaction_with_a_failed_condition_changes_nothing(string key, long revision)
    {
        var good = await PutAsync("good", "1");
        await PutAsync("there", "1");
        var commit = await CommitAsync(
            [new("good", good), new(key, revision)],
            [new("good", Bytes("2")), new("there", null), new("new", Bytes("3"))]
        );
        Assert.False(commit.Applied);
        Assert.Equal(["good", "there"], await KeysAsync(""));
        Assert.Equal("1", Text((await Store.GetAsync("good", Token))!));
    }

    [Fact]
    public async Task Deleting_a_missing_key_is_no_error_and_makes_no_revision()
    {
        var before = await PutAsync("other", "1");
        var commit = await CommitAsync([], [new("missing", null)]);
        Assert.True(commit.Applied);
        Assert.True(commit.Revision >= before);
        Assert.Equal(before, (await Store.GetAsync("other", Token))!.ModRevision);
    }

    [Fact]
    public async Task A_transaction_without_changes_evaluates_its_conditions()
    {
        var revision = await PutAsync("key", "1");
        Assert.True((await CommitAsync([new("key", revision)], [])).Applied);
        Assert.False((await CommitAsync([new("key", 0)], [])).Applied);
    }

    [Fact]
    public async Task One_of_many_concurrent_compare_and_swaps_wins_each_time()
    {
        await PutAsync("counter", "0");
        var lost = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 20),
            new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = Token },
            async (_, _) =>
            {
                for (var done = 0; done < 5; )
                {
                    var entry = (await Store.GetAsync("counter", Token))!;
                    var commit = await CommitAsync(
                        [new("counter", entry.ModRevision)],
                        [new("counter", Bytes($"{int.Parse(Text(entry)) + 1}"))]
                    );
                    if (commit.Applied)
                    {
                        done++;
                    }
                    else
                    {
                        Interlocked.Increment(ref lost);
                    }
                }
            }
        );
        Assert.Equal("100", Text((await Store.GetAsync("counter", Token))!));
        Assert.True(lost > 0, "they did not race");
    }

    [Fact]
    public async Task One_of_many_that_create_the_same_key_wins()
    {
        var commits = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => CommitAsync([new("lock", 0)], [new("lock", Bytes($"{i}"))])));
        var winner = Assert.Single(commits, c => c.Applied);
        Assert.Equal(winner.Revision, (await Store.GetAsync("lock", Token))!.ModRevision);
    }

    [Fact]
    public async Task Each_transaction_has_its_own_increasing_revision()
    {
        var commits = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => CommitAsync([], [new($"many/{i:D3}", Bytes("x"))])));
        Assert.Equal(200, commits.Select(c => c.Revision).Distinct().Count());
        var range = await Store.RangeAsync("many/", Token);
        Assert.Equal(commits.Select(c => c.Revision), range.Entries.Select(e => e.ModRevision));
        Assert.True(range.Revision >= commits.Max(c => c.Revision));
    }

    [Fact]
    public async Task Values_within_the_limits_are_stored()
    {
        var key = new string('k', StateLimits.KeyBytes);
        await CommitAsync([], [new(key, new byte[StateLimits.ValueBytes - (2 * StateLimits.KeyBytes)])]);
        Assert.Equal(StateLimits.ValueBytes - (2 * StateLimits.KeyBytes), (await Store.GetAsync(key, Token))!.Value.Length);
        var commit = await CommitAsync(
            [.. Enumerable.Range(0, StateLimits.OperationsPerTransaction).Select(i => new StateCondition($"k{i}", 0))],
            [.. Enumerable.Range(0, StateLimits.OperationsPerTransaction).Select(i => new StateChange($"k{i}", Bytes("v")))]
        );
        Assert.True(commit.Applied);
    }

    [Fact]
    public async Task A_transaction_beyond_a_limit_is_refused_without_any_change()
    {
        var many = Enumerable.Range(0, StateLimits.OperationsPerTransaction + 1).ToList();
        await RefusedAsync([], [.. many.Select(i => new StateChange($"k{i}", Bytes("v")))]);
        await RefusedAsync([.. many.Select(i => new StateCondition($"k{i}", 0))], [new("key", Bytes("v"))]);
        await RefusedAsync([], [new("key", new byte[StateLimits.ValueBytes + 1])]);
        await RefusedAsync([], [new(new string('é', (StateLimits.KeyBytes / 2) + 1), Bytes("v"))]);
        await RefusedAsync([], [new("", Bytes("v"))]);
        await RefusedAsync([new("", 0)], [new("key", Bytes("v"))]);
        await RefusedAsync([], [new("\uD800", Bytes("v"))]);
        await RefusedAsync([], [new("key", Bytes("v")), new("key", null)]);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.GetAsync("", Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.GrantLeaseAsync(TimeSpan.FromMilliseconds(999), Token));
        Assert.Empty(await KeysAsync(""));
    }

    [Fact]
    public async Task A_watcher_gets_a_snapshot_and_then_each_change_in_order()
    {
        var before = await PutAsync("f/old", "1");
        await PutAsync("other", "1");
        await using var watcher = await StartWatchingAsync("f/");
        var snapshot = await NextAsync(watcher);
        Assert.True(snapshot.IsSnapshot);
        Assert.Equal(before, Assert.Single(snapshot.Puts).ModRevision);
        var put = await PutAsync("f/new", "2");
        var both = await CommitAsync([], [new("f/old", null), new("f/new", Bytes("3")), new("other", Bytes("2"))]);
        var batches = await UntilAsync(watcher, both.Revision);
        Assert.All(batches, b => Assert.False(b.IsSnapshot));
        Assert.Equal(
            [("f/new", "2", put), ("f/new", "3", both.Revision)],
            batches.SelectMany(b => b.Puts).Select(p => (p.Key, Text(p), p.ModRevision))
        );
        Assert.Equal(["f/old"], batches.SelectMany(b => b.Deletes));
    }

    [Fact]
    public async Task A_watcher_reaches_every_returned_revision_even_without_changes_under_its_prefix()
    {
        await using var watcher = await StartWatchingAsync("f/");
        await NextAsync(watcher);
        var elsewhere = await PutAsync("elsewhere", "1");
        Assert.All(await UntilAsync(watcher, elsewhere), b => Assert.Empty(b.Puts));
        await PutAsync("elsewhere", "2");
        var nothing = await CommitAsync([], [new("f/missing", null)]);
        await UntilAsync(watcher, nothing.Revision);
        var refused = await CommitAsync([new("f/missing", 7_000_000)], [new("f/x", Bytes("1"))]);
        Assert.False(refused.Applied);
        await using var late = await StartWatchingAsync("f/");
        await UntilAsync(late, refused.Revision);
    }

    [Fact]
    public async Task A_watcher_misses_no_concurrent_change()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writing = Task.WhenAll(Enumerable.Range(0, 8).Select(writer => WriteAsync(writer)));
        await using var watcher = await StartWatchingAsync("m/");
        var seen = new Dictionary<string, (string Value, long Revision)>(StringComparer.Ordinal);
        long revision = 0;
        Take(await NextAsync(watcher));
        var last = (await writing).Max();
        while (revision < last)
        {
            Take(await NextAsync(watcher));
        }
        var range = await Store.RangeAsync("m/", Token);
        Assert.Equal(
            range.Entries.Select(e => (e.Key, Text(e), e.ModRevision)),
            seen.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value.Value, s.Value.Revision))
        );

        void Take(StateBatch batch)
        {
            Assert.True(batch.Revision >= revision, "revisions go back");
            revision = batch.Revision;
            if (batch.IsSnapshot)
            {
                seen.Clear();
            }
            foreach (var key in batch.Deletes)
            {
                Assert.True(seen.Remove(key), $"{key} is deleted and was not there");
            }
            foreach (var put in batch.Puts)
            {
                Assert.True(put.ModRevision <= batch.Revision);
                seen[put.Key] = (Text(put), put.ModRevision);
            }
        }

        async Task<long> WriteAsync(int writer)
        {
            var random = new Random(writer);
            long reached = 0;
            for (var i = 0; i < 40; i++)
            {
                var key = $"m/{writer}/{random.Next(5)}";
                reached = random.Next(3) == 0 ? (await CommitAsync([], [new(key, null)])).Revision : await PutAsync(key, $"{i}");
            }

            return reached;
        }
    }

    [Fact]
    public async Task Watching_ends_when_it_is_cancelled_or_the_store_is_disposed()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var cancelled = Store.WatchAsync("", stop.Token).GetAsyncEnumerator(stop.Token);
        await NextAsync(cancelled);
        var next = cancelled.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        await cancelled.DisposeAsync();

        await using var other = await OpenAsync();
        await using var watcher = other.WatchAsync("", Token).GetAsyncEnumerator(Token);
        await NextAsync(watcher);
        var end = watcher.MoveNextAsync().AsTask();
        await other.DisposeAsync();
        Assert.False(await end.WaitAsync(Timeout, Token));
    }

    [Fact]
    public async Task A_disposed_store_fails_with_state_unavailable()
    {
        var other = await OpenAsync();
        await other.DisposeAsync();
        await other.DisposeAsync();
        await AssertFailsAsync(ErrorCatalog.StateUnavailable, () => other.GetAsync("key", Token));
        await AssertFailsAsync(ErrorCatalog.StateUnavailable, () => other.RangeAsync("", Token));
        await AssertFailsAsync(ErrorCatalog.StateUnavailable, () => other.CommitAsync(new() { Changes = [new("key", Bytes("1"))] }, Token));
        await AssertFailsAsync(ErrorCatalog.StateUnavailable, () => other.GrantLeaseAsync(TimeSpan.FromSeconds(10), Token));
        await AssertFailsAsync(ErrorCatalog.StateUnavailable, async () =>
            await NextAsync(other.WatchAsync("", Token).GetAsyncEnumerator(Token))
        );
    }

    [Fact]
    public async Task Entries_with_a_lease_are_deleted_when_the_lease_is_disposed()
    {
        var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(60), Token);
        Assert.NotEqual(0, lease.Id);
        Assert.False(lease.Lost.IsCancellationRequested);
        await CommitAsync([], [new("l/1", Bytes("1"), lease.Id), new("l/2", Bytes("2"), lease.Id), new("l/3", Bytes("3"))]);
        await using var watcher = await StartWatchingAsync("l/");
        await NextAsync(watcher);
        await lease.DisposeAsync();
        Assert.True(lease.Lost.IsCancellationRequested);
        Assert.Equal(["l/3"], await KeysAsync("l/"));
        var deletes = new List<string>();
        while (deletes.Count < 2)
        {
            deletes.AddRange((await NextAsync(watcher)).Deletes);
        }
        Assert.Equal(["l/1", "l/2"], deletes.Order(StringComparer.Ordinal));
        await lease.DisposeAsync();
    }

    [Fact]
    public async Task Entries_with_a_lease_are_deleted_when_the_lease_expires()
    {
        await using var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(2), Token);
        await using var other = await Store.GrantLeaseAsync(TimeSpan.FromHours(1), Token);
        await CommitAsync([], [new("mine", Bytes("1"), lease.Id), new("others", Bytes("1"), other.Id)]);
        await using var watcher = await StartWatchingAsync("");
        await NextAsync(watcher);
        await ExpireAsync(lease);
        while (!(await NextAsync(watcher)).Deletes.Contains("mine")) { }

        Assert.True(lease.Lost.IsCancellationRequested);
        Assert.False(other.Lost.IsCancellationRequested);
        Assert.Equal(["others"], await KeysAsync(""));
    }

    [Fact]
    public async Task An_entry_has_the_lease_of_its_last_put()
    {
        var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(60), Token);
        await CommitAsync([], [new("kept", Bytes("1"), lease.Id), new("taken", Bytes("1"))]);
        await CommitAsync([], [new("kept", Bytes("2")), new("taken", Bytes("2"), lease.Id)]);
        await lease.DisposeAsync();
        Assert.Equal(["kept"], await KeysAsync(""));
    }

    [Fact]
    public async Task Nothing_is_put_with_an_ended_or_unknown_lease()
    {
        var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(60), Token);
        await lease.DisposeAsync();
        await AssertFailsAsync(ErrorCatalog.NotAllowed, () =>
            CommitAsync([], [new("other", Bytes("1")), new("key", Bytes("1"), lease.Id)])
        );
        await AssertFailsAsync(ErrorCatalog.NotAllowed, () => CommitAsync([], [new("key", Bytes("1"), 123_456_789)]));
        Assert.False((await CommitAsync([new("key", 7_000_000)], [new("key", Bytes("1"), lease.Id)])).Applied);
        Assert.Empty(await KeysAsync(""));
    }

    [Fact]
    public async Task A_request_cancelled_in_advance_does_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Store.CommitAsync(new() { Changes = [new("key", Bytes("1"))] }, cancelled.Token)
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.RangeAsync("", cancelled.Token));
        Assert.Null(await Store.GetAsync("key", Token));
    }

    /// <summary>Opens a new and empty store.</summary>
    protected abstract ValueTask<IStateStore> OpenAsync();

    /// <summary>Lets a lease of 2 seconds expire by preventing its renewal. Other leases, of an hour, must stay alive.</summary>
    protected abstract ValueTask ExpireAsync(IStateLease lease);

    /// <summary>Returns the bytes of a text.</summary>
    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Returns a value as text.</summary>
    protected static string Text(StateEntry entry) => Encoding.UTF8.GetString(entry.Value.Span);

    /// <summary>Returns the next batch; fails the test if there is none.</summary>
    protected static async Task<StateBatch> NextAsync(IAsyncEnumerator<StateBatch> watcher)
    {
        Assert.True(await watcher.MoveNextAsync().AsTask().WaitAsync(Timeout, Token), "following has ended");
        return watcher.Current;
    }

    /// <summary>Asserts that an action fails with this kind of error.</summary>
    protected static async Task<HoldfastException> AssertFailsAsync(Error error, Func<Task> action)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(action);
        Assert.Equal(error, failure.Error);
        return failure;
    }

    private static async Task<List<StateBatch>> UntilAsync(IAsyncEnumerator<StateBatch> watcher, long revision)
    {
        var batches = new List<StateBatch>();
        do
        {
            batches.Add(await NextAsync(watcher));
        } while (batches[^1].Revision < revision);
        return batches;
    }

    private ValueTask<IAsyncEnumerator<StateBatch>> StartWatchingAsync(string prefix) =>
        new(Store.WatchAsync(prefix, Token).GetAsyncEnumerator(Token));

    private Task<StateCommit> CommitAsync(IReadOnlyList<StateCondition> conditions, IReadOnlyList<StateChange> changes) =>
        Store.CommitAsync(new() { Conditions = conditions, Changes = changes }, Token);

    private async Task<long> PutAsync(string key, string value)
    {
        var commit = await CommitAsync([], [new(key, Bytes(value))]);
        Assert.True(commit.Applied);
        return commit.Revision;
    }

    private Task<StateCommit> DeleteAsync(string key) => CommitAsync([], [new(key, null)]);

    private async Task<List<string>> KeysAsync(string prefix) => [.. (await Store.RangeAsync(prefix, Token)).Entries.Select(e => e.Key)];

    private async Task RefusedAsync(IReadOnlyList<StateCondition> conditions, IReadOnlyList<StateChange> changes) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => CommitAsync(conditions, changes));
}
