using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>Two nodes with one state store and a source of the same name: neither overwrites what the other knows.</summary>
public sealed class TwoNodesTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly MemoryStore _store = new();
    private DiscoveringNode _a = null!;
    private DiscoveringNode _b = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        (_a, _b) = (new("A", _store, _time), new("B", _store, _time));
        await _a.StartAsync();
        await _b.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task Each_node_keeps_what_it_knows_and_both_share_the_rest()
    {
        _a.Source.Databases = [new("orders", 1000, EncryptionState.No) { Identity = "inode 1 of A" }];
        _b.Source.Databases = [new("orders", 2000, EncryptionState.Yes) { Identity = "inode 2 of B", Problem = Unreadable }];
        await DiscoverAsync(_a);
        _time.Advance(TimeSpan.FromMinutes(1));
        await DiscoverAsync(_b);
        var first = _time.GetUtcNow().AddMinutes(-1);
        Assert.Equal((first, 1000, "No", "inode 1 of A", null), Facts(_a));
        Assert.Equal((first, 2000, "Yes", "inode 2 of B", "source-unreadable"), Facts(_b));

        // Also after each has discovered the database again, and has read everything anew.
        await DiscoverAsync(_a);
        await DiscoverAsync(_b);
        await _a.RestartAsync();
        await _b.RestartAsync();
        Assert.Equal((first, 1000, "No", "inode 1 of A", null), Facts(_a));
        Assert.Equal((first, 2000, "Yes", "inode 2 of B", "source-unreadable"), Facts(_b));
    }

    [Fact]
    public async Task A_database_that_one_node_has_lost_is_there_while_another_node_has_it()
    {
        _a.Source.Has("orders", "stock", "hr");
        _b.Source.Has("orders", "stock", "hr");
        await DiscoverAsync(_a);
        await DiscoverAsync(_b);

        _a.Source.Has("stock", "hr");
        await DiscoverAsync(_a);
        AssertEverywhere(r => r is { Dropped: null, MissingSince: null });
        Assert.NotNull(Own(_a).Dropped);

        // It is dropped when the last node has lost it, and is back when either has it again.
        _b.Source.Has("stock", "hr");
        await DiscoverAsync(_b);
        AssertEverywhere(r => r.Dropped is not null);
        _a.Source.Has("orders", "stock", "hr");
        await DiscoverAsync(_a);
        AssertEverywhere(r => r is { Dropped: null, MissingSince: null });
    }

    [Fact]
    public async Task A_database_is_missing_when_one_node_misses_it_and_no_other_has_it()
    {
        _a.Source.Has("orders", "stock", "hr");
        _b.Source.Has("orders", "stock", "hr");
        await DiscoverAsync(_a);
        await DiscoverAsync(_b);

        _a.Source.Has(); // not mounted
        await DiscoverAsync(_a);
        Assert.Equal((3, 0), (_a.Monitor.Missing, _b.Monitor.Missing));
        AssertEverywhere(r => r is { Dropped: null, MissingSince: null });

        _b.Source.Has("stock", "hr");
        await DiscoverAsync(_b);
        AssertEverywhere(r => r is { Dropped: null, MissingSince: not null });

        // An operator confirms the loss on the node that has it, and only there.
        await _a.Monitor.ConfirmAsync(Token);
        await SettleAsync();
        Assert.True(Own(_a).IsDropConfirmed);
        AssertEverywhere(r => r.Dropped is not null);
        Assert.Null(_a.State.Databases.Find("shop/stock")!.Dropped);
    }

    [Fact]
    public async Task A_source_of_the_same_name_is_used_only_if_its_identity_is_the_same()
    {
        (_a.Source.Identity, _a.Source.Place) = ("7123", "disk of A");
        (_b.Source.Identity, _b.Source.Place) = ("7123", "disk of B");
        _a.Source.Has("orders");
        _b.Source.Has("orders");
        await DiscoverAsync(_a);
        await DiscoverAsync(_b);
        Assert.Null(_b.Monitor.Status.Problem);
        Assert.Equal("disk of A", _a.State.NodeSources.Find("shop")!.Location);
        Assert.Equal("disk of B", _b.State.NodeSources.Find("shop")!.Location);

        _b.Source.Identity = "9999";
        await DiscoverAsync(_b);
        await DiscoverAsync(_a);
        Assert.Equal("source-identity", _b.Monitor.Status.Problem!.Code);
        Assert.Null(_a.Monitor.Status.Problem);
    }

    [Fact]
    public async Task A_directory_without_identity_is_not_taken_for_the_source_of_another_node()
    {
        (_a.Source.Place, _a.Source.KeepsIdentity) = ("disk of A", true);
        (_b.Source.Place, _b.Source.KeepsIdentity) = ("disk of B", true);
        _a.Source.Has("orders");
        _b.Source.Has("other");
        await DiscoverAsync(_a);
        await DiscoverAsync(_b);
        Assert.Equal("source-identity", _b.Monitor.Status.Problem!.Code);
        Assert.Null(_b.Source.Identity);
        Assert.Null(_b.State.Databases.Find("shop/other"));
    }

    private static HoldfastException Unreadable => new(ErrorCatalog.SourceUnreadable, "It cannot be read.", null);

    private static (DateTimeOffset, long, string, string?, string?) Facts(DiscoveringNode node)
    {
        var record = node.State.Databases.Find("shop/orders")!;
        return (record.FirstSeen, record.SizeBytes, record.Encryption, record.Identity, record.Problem?.Code);
    }

    private static DatabaseRecord Own(DiscoveringNode node) => node.State.Databases.GetOwn("shop").Single(r => r.Id.Name == "orders");

    private void AssertEverywhere(Predicate<DatabaseRecord> isSo)
    {
        foreach (var node in (DiscoveringNode[])[_a, _b])
        {
            Assert.True(isSo(node.State.Databases.Find("shop/orders")!), $"not so on {node.Tag}");
        }
    }

    private async Task DiscoverAsync(DiscoveringNode node)
    {
        await node.Monitor.DiscoverAsync(Token);
        await SettleAsync();
    }

    // Stores everything, and waits until both nodes see it.
    private async Task SettleAsync()
    {
        foreach (var node in (DiscoveringNode[])[_a, _b])
        {
            await node.State.Writer.FlushAsync(Token);
        }
        var revision = (await _store.RangeAsync("node-databases/", Token)).Revision;
        foreach (var node in (DiscoveringNode[])[_a, _b])
        {
            await node.State.Databases.WaitForOtherNodesAsync(revision, Token);
            await node.State.SourceRecords.WaitForRevisionAsync(revision, Token);
        }
    }
}
