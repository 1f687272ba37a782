using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Node.Discovery;
using Holdfast.State;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>Records of an earlier version, and of a previous tag of the node, become records of this node.</summary>
public sealed class NodeRecordMigrationTests
{
    private const string Dropped = """
        {"id":"shop/old","engine":"odd","firstSeen":"2026-11-01T08:00:00+00:00","dropped":"2026-11-20T08:00:00+00:00",
        "isDropConfirmed":true,"renamedTo":"shop/new","sizeBytes":8192,"encryption":"Yes","identity":"fe-1"}
        """;

    private const string Missing = """
        {"id":"shop/away","engine":"odd","firstSeen":"2026-11-01T08:00:00+00:00","isDropConfirmed":false,
        "missingSince":"2026-11-21T08:00:00+00:00","sizeBytes":4096,"encryption":"No",
        "problem":{"code":"source-unreadable","message":"broken","hint":"mend it"}}
        """;

    private const string Source = """
        {"identity":"7123","place":"disk-1","restoreRole":{"message":"changed","hint":"undo","at":"2026-11-20T08:00:00+00:00","before":"x"},
        "unchecked":{"op-1":{"target":"shop/again","began":"2026-11-19T08:00:00+00:00","before":"nothing"}}}
        """;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_of_an_earlier_version_are_split_without_loss()
    {
        var store = await StoreAsync(
            new()
            {
                ["databases/shop/old"] = Dropped,
                ["databases/shop/away"] = Missing,
                ["source-records/shop"] = Source,
            }
        );
        await using var state = new NodeState(store, "A", _time);
        await state.StartAsync(Token);
        Assert.Equal(
            new DatabaseRecord
            {
                Id = new("shop", "old"),
                Engine = "odd",
                FirstSeen = At(1),
                Dropped = At(20),
                IsDropConfirmed = true,
                RenamedTo = new("shop", "new"),
                SizeBytes = 8192,
                Encryption = "Yes",
                Identity = "fe-1",
            },
            state.Databases.Find("shop/old")
        );
        Assert.Equal(
            new DatabaseRecord
            {
                Id = new("shop", "away"),
                Engine = "odd",
                FirstSeen = At(1),
                MissingSince = At(21),
                SizeBytes = 4096,
                Problem = new("source-unreadable", "broken", "mend it"),
            },
            state.Databases.Find("shop/away")
        );
        Assert.Equal(new SourceRecord { Identity = "7123" }, state.SourceRecords.Find("shop"));
        var source = state.NodeSources.Find("shop")!;
        Assert.Equal(("disk-1", "changed"), (source.Location, source.RestoreRole!.Message));
        Assert.Equal(new UncheckedRestore("shop/again", At(19), "nothing"), source.UncheckedRestores!["op-1"]);
        var shared = JsonNode.Parse((await store.GetAsync("databases/shop/old", Token))!.Value.Span)!.AsObject();
        Assert.Equal(["id", "engine", "firstSeen"], shared.Select(p => p.Key));
        Assert.Empty(state.Unreadable);

        // There is nothing to do at the next start.
        var changes = store.Changes;
        await new NodeRecordMigration(store, "A").RunAsync(Token);
        Assert.Equal(changes, store.Changes);
    }

    [Fact]
    public async Task A_migration_that_is_killed_after_any_transaction_is_completed_by_the_next_start()
    {
        Dictionary<string, string> earlier = new() { ["source-records/shop"] = Source };
        for (var i = 0; i < 150; i++)
        {
            earlier[$"databases/shop/{i}"] = $$"""
                {"id":"shop/{{i}}","engine":"odd","firstSeen":"2026-11-01T08:00:00+00:00","isDropConfirmed":false,
                "sizeBytes":{{i}},"encryption":"No"}
                """;
        }
        var expected = await MigrateAsync(await StoreAsync(earlier), "A");
        Assert.Equal(302, expected.Count);
        var isKilled = true;
        for (var commits = 0; isKilled; commits++)
        {
            var store = await StoreAsync(earlier);
            store.CommitsLeft = commits;
            isKilled = await IsKilledAsync(new NodeRecordMigration(store, "A"));
            store.CommitsLeft = int.MaxValue;
            Assert.Equal(expected, await MigrateAsync(store, "A"));
        }
    }

    [Fact]
    public async Task A_node_whose_tag_has_changed_takes_over_the_records_of_its_previous_tag()
    {
        var store = new MemoryStore { IsExclusive = true };
        var identity = await DiscoverAsync(store, "A", "a", "b", "gone");
        Assert.Equal(identity, await DiscoverAsync(store, "A", "a", "b"));
        var before = await EntriesAsync(store);

        // Also if the change was interrupted, and the tag has changed again since.
        store.CommitsLeft = 1;
        Assert.True(await IsKilledAsync(new NodeRecordMigration(store, "B")));
        store.CommitsLeft = int.MaxValue;

        await using var node = new DiscoveringNode("C", store, _time);
        (node.Source.Identity, node.Source.Place) = (identity, "disk-1");
        node.Source.Has("a", "b");
        await node.StartAsync();
        Assert.Null(node.Monitor.Status.Problem);
        Assert.Equal(0, node.Monitor.Missing);
        Assert.Null(node.State.Databases.Find("shop/a")!.Dropped);
        Assert.NotNull(node.State.Databases.Find("shop/gone")!.Dropped);
        await node.State.Writer.FlushAsync(Token);
        Assert.Equal(
            before.ToDictionary(e => e.Key.Replace("/A/", "/C/", StringComparison.Ordinal), e => e.Value),
            await EntriesAsync(store)
        );
    }

    [Fact]
    public async Task Records_of_other_nodes_stay_theirs_in_a_store_that_nodes_share()
    {
        var store = new MemoryStore();
        await DiscoverAsync(store, "A", "a", "b");
        var before = await EntriesAsync(store);
        Assert.Equal(before, await MigrateAsync(store, "B"));
    }

    [Fact]
    public async Task Discovery_stores_ten_thousand_databases_once_and_then_only_what_changes()
    {
        var store = new MemoryStore { IsExclusive = true };
        await using var node = new DiscoveringNode("A", store, _time);
        node.Source.Databases = Many(_ => 4096);
        await node.StartAsync();
        await node.State.Writer.FlushAsync(Token);
        Assert.Equal(20_000, store.Changes);

        // Sizes alone are not stored.
        Assert.Equal(0, await ChangesAsync(node, store, Many(i => 4096 + i)));
        var databases = Many(i => 8192 + i);
        databases[17] = databases[17] with { Problem = new(ErrorCatalog.SourceUnreadable, "It cannot be read.", null) };
        Assert.Equal(1, await ChangesAsync(node, store, databases));
        databases.RemoveAt(3);
        Assert.Equal(1, await ChangesAsync(node, store, databases));
        Assert.Equal(0, await ChangesAsync(node, store, databases));
    }

    private static List<DiscoveredDatabase> Many(Func<int, long> size) =>
        [
            .. Enumerable
                .Range(0, 10_000)
                .Select(i => new DiscoveredDatabase($"{i:d5}", size(i), EncryptionState.No) { Identity = $"fe-{i}" }),
        ];

    private static async Task<int> ChangesAsync(DiscoveringNode node, MemoryStore store, List<DiscoveredDatabase> databases)
    {
        var before = store.Changes;
        node.Source.Databases = databases;
        await node.Monitor.DiscoverAsync(Token);
        await node.State.Writer.FlushAsync(Token);
        return store.Changes - before;
    }

    private static DateTimeOffset At(int day) => new(2026, 11, day, 8, 0, 0, TimeSpan.Zero);

    private static async Task<MemoryStore> StoreAsync(Dictionary<string, string> entries)
    {
        var store = new MemoryStore { IsExclusive = true };
        foreach (var group in entries.Chunk(StateLimits.OperationsPerTransaction))
        {
            await store.CommitAsync(
                new() { Changes = [.. group.Select(e => new StateChange(e.Key, Encoding.UTF8.GetBytes(e.Value)))] },
                Token
            );
        }
        return store;
    }

    private async Task<string?> DiscoverAsync(MemoryStore store, string tag, params string[] databases)
    {
        await using var node = new DiscoveringNode(tag, store, _time);
        (node.Source.Identity, node.Source.Place) = ("7123", "disk-1");
        node.Source.Has(databases);
        await node.StartAsync();
        return node.Source.Identity;
    }

    private static async Task<bool> IsKilledAsync(NodeRecordMigration migration)
    {
        try
        {
            await migration.RunAsync(Token);
            return false;
        }
        catch (HoldfastException)
        {
            return true;
        }
    }

    private static async Task<Dictionary<string, string>> MigrateAsync(MemoryStore store, string tag)
    {
        await new NodeRecordMigration(store, tag).RunAsync(Token);
        return await EntriesAsync(store);
    }

    private static async Task<Dictionary<string, string>> EntriesAsync(MemoryStore store) =>
        (await store.RangeAsync("", Token)).Entries.ToDictionary(e => e.Key, e => Encoding.UTF8.GetString(e.Value.Span));
}
