using System.Diagnostics;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.State.Etcd.Tests.Support;
using Holdfast.Testing.Etcd;

namespace Holdfast.State.Etcd.Tests;

/// <summary>What a node sees of an etcd whose members are killed, suspended and replaced.</summary>
[Trait("Category", "Slow")]
public sealed class FaultTests : OwnEtcd
{
    [Fact]
    public async Task A_watcher_misses_nothing_while_each_member_is_killed_in_turn()
    {
        await StartAsync(new() { Members = 3 });
        await using var store = Open();
        await using var watcher = store.WatchAsync("w/", Token).GetAsyncEnumerator(Token);
        Assert.True(await watcher.MoveNextAsync());
        var seen = new List<int>();
        var reading = Task.Run(async () =>
        {
            while (await watcher.MoveNextAsync())
            {
                Assert.False(watcher.Current.IsSnapshot);
                seen.AddRange(watcher.Current.Puts.Select(p => int.Parse(Encoding.UTF8.GetString(p.Value.Span))));
                if (seen is [.., < 0])
                {
                    return;
                }
            }
        });
        var written = 0;
        foreach (var member in Cluster.Members)
        {
            await member.KillAsync();
            for (var i = 0; i < 20; i++)
            {
                await PutCertainlyAsync(store, "w/counter", ++written);
            }
            Cluster.Start(member);
            await Cluster.WaitUntilHealthyAsync(member, Token);
        }
        await PutCertainlyAsync(store, "w/counter", -1);
        await reading.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal([.. Enumerable.Range(1, written), -1], seen.Distinct());
    }

    [Fact]
    public async Task Without_a_majority_reads_and_changes_fail_in_time_and_afterwards_all_goes_on()
    {
        await StartAsync(new() { Members = 3 });
        await using var store = Open();
        await PutCertainlyAsync(store, "a", 1);
        await using var watcher = store.WatchAsync("", Token).GetAsyncEnumerator(Token);
        Assert.True(await watcher.MoveNextAsync());
        await Cluster.Members[0].KillAsync();
        await Cluster.Members[1].KillAsync();
        foreach (
            var call in new Func<Task>[] { () => store.GetAsync("a", Token), () => PutAsync(store, "a", 2), () => store.CheckAsync(Token) }
        )
        {
            var watch = Stopwatch.StartNew();
            var failure = await Assert.ThrowsAsync<HoldfastException>(call);
            Assert.Equal(ErrorCatalog.StateUnavailable, failure.Error);
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
        }
        Cluster.Start(Cluster.Members[0]);
        await Cluster.WaitUntilHealthyAsync(Cluster.Members[0], Token);
        await PutCertainlyAsync(store, "a", 3);
        do
        {
            Assert.True(await watcher.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token));
        } while (!watcher.Current.Puts.Any(p => Encoding.UTF8.GetString(p.Value.Span) == "3"));
    }

    [Fact]
    public async Task A_lease_outlives_every_single_member_and_ends_by_our_own_clock_without_a_majority()
    {
        await StartAsync(new() { Members = 3 });
        await using var store = Open();
        await using var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(6), Token);
        await store.CommitAsync(new() { Changes = [new("mine", "1"u8.ToArray(), lease.Id)] }, Token);
        foreach (var member in Cluster.Members)
        {
            await member.KillAsync();
            await Task.Delay(TimeSpan.FromSeconds(3), Token); // longer than the time between renewals
            Cluster.Start(member);
            await Cluster.WaitUntilHealthyAsync(member, Token);
            Assert.False(lease.Lost.IsCancellationRequested);
        }
        Assert.NotNull(await store.GetAsync("mine", Token));
        await Cluster.Members[0].KillAsync();
        await Cluster.Members[1].KillAsync();
        var lost = new TaskCompletionSource();
        await using var registration = lease.Lost.Register(lost.SetResult);
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(7), Token);
    }

    [Fact]
    public async Task A_suspended_member_holds_nothing_up_for_long()
    {
        await StartAsync(new() { Members = 3 });
        await using var store = Open();
        await PutCertainlyAsync(store, "a", 1);
        await using var watcher = store.WatchAsync("", Token).GetAsyncEnumerator(Token);
        Assert.True(await watcher.MoveNextAsync());
        Cluster.Members[0].Suspend(); // the one that the store has used so far
        try
        {
            Assert.NotNull(await store.GetAsync("a", Token));
            await PutCertainlyAsync(store, "a", 2);
            Assert.True(await watcher.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token));
        }
        finally
        {
            Cluster.Members[0].Resume();
        }
    }

    [Fact]
    public async Task After_a_compaction_in_its_absence_a_watcher_goes_on_with_a_snapshot()
    {
        await StartAsync(new() { Members = 3 });
        await using var store = Open(Cluster.Endpoints[0]);
        await using var other = Open(Cluster.Endpoints[1]);
        await PutCertainlyAsync(other, "kept", 1);
        await PutCertainlyAsync(other, "deleted", 1);
        await using var watcher = store.WatchAsync("", Token).GetAsyncEnumerator(Token);
        Assert.True(await watcher.MoveNextAsync());
        Assert.Equal(2, watcher.Current.Puts.Count);

        await Cluster.Members[0].KillAsync();
        await PutCertainlyAsync(other, "kept", 2); // possibly after the election of another leader
        await other.CommitAsync(new() { Changes = [new("deleted", null)] }, Token);
        var revision = (await other.RangeAsync("", Token)).Revision;
        await Cluster.ControlAsync(Cluster.Members[1], ["compact", $"{revision}"], Token);
        Cluster.Start(Cluster.Members[0]);

        Assert.True(await watcher.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token));
        Assert.True(watcher.Current.IsSnapshot);
        Assert.Equal(("kept", "2"), (Assert.Single(watcher.Current.Puts).Key, Encoding.UTF8.GetString(watcher.Current.Puts[0].Value.Span)));
        await PutCertainlyAsync(other, "kept", 3);
        Assert.True(await watcher.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token));
        Assert.False(watcher.Current.IsSnapshot);
    }

    [Fact]
    public async Task A_change_whose_answer_is_lost_is_not_sent_again_and_its_outcome_is_unknown()
    {
        await StartAsync(new() { Members = 1 });
        await using var cutter = new AnswerCutter(Cluster.Endpoints[0]);
        await using var store = Open(cutter.Address, Cluster.Endpoints[0]);
        await PutAsync(store, "a", 1);
        await using var direct = Open();
        cutter.LoseAnswers();
        var change = PutAsync(store, "a", 2);
        while (Encoding.UTF8.GetString((await direct.GetAsync("a", Token))!.Value.Span) != "2") { }

        await cutter.CutAsync();
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => change);
        Assert.Equal(ErrorCatalog.StateUnavailable, failure.Error);
        Assert.Contains("Whether the change was stored is not known.", failure.Message, StringComparison.Ordinal);
        var versions = await Cluster.ControlAsync(Cluster.Members[0], ["get", "/holdfast/prod/state/a", "-w", "fields"], Token);
        Assert.Contains("\"Version\" : 2", versions, StringComparison.Ordinal);
        Assert.NotNull(await store.GetAsync("a", Token)); // a read goes to the other address
    }

    [Fact]
    public async Task A_member_that_refuses_connections_is_passed_over_also_by_changes()
    {
        await StartAsync(new() { Members = 1 });
        await using var store = Open(new Uri("http://127.0.0.1:1"), Cluster.Endpoints[0]);
        await PutAsync(store, "a", 1);
        Assert.NotNull(await store.GetAsync("a", Token));
    }

    [Fact]
    public async Task Another_etcd_at_the_same_address_is_refused()
    {
        await StartAsync(new() { Members = 1 });
        await using var other = await EtcdCluster.StartAsync(new(), Token);
        await using var store = Open(Cluster.Endpoints[0], other.Endpoints[0]);
        await PutAsync(store, "a", 1);
        await Cluster.Members[0].KillAsync();
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => store.GetAsync("a", Token));
        Assert.Contains("has the cluster id", failure.Message, StringComparison.Ordinal);
    }

    private EtcdStateStore Open(params IReadOnlyList<Uri> endpoints) =>
        EtcdStateStore.Open(new() { Name = "prod", Endpoints = endpoints.Count > 0 ? endpoints : Cluster.Endpoints }, TimeProvider.System);

    private static async Task PutAsync(EtcdStateStore store, string key, int value) =>
        Assert.True((await store.CommitAsync(new() { Changes = [new(key, Encoding.UTF8.GetBytes($"{value}"))] }, Token)).Applied);

    // As callers have to do it: an unknown outcome is found out by reading.
    private static async Task PutCertainlyAsync(EtcdStateStore store, string key, int value)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if ((await store.GetAsync(key, Token)) is { } entry && Encoding.UTF8.GetString(entry.Value.Span) == $"{value}")
                {
                    return;
                }
                await PutAsync(store, key, value);
                return;
            }
            catch (HoldfastException) when (attempt < 10)
            {
                // again
            }
        }
    }
}
