using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Discovery;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>Sources that come back with another identity, or are copies of each other.</summary>
public sealed class SourceIdentityTests : SourceTestBase
{
    [Fact]
    public async Task A_source_with_another_identity_is_not_used_until_an_operator_confirms_it()
    {
        Source.Identity = "7123";
        Source.Has("a", "b");
        await AttachAsync();
        Source.Identity = "9999";
        Source.Has("x");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal([AlertKind.SourceIdentity], Alerts().Select(a => a.Kind));
        Assert.Null(State.Databases.Find("shop/x"));
        Assert.Null(Record("a").Dropped);
        Assert.Equal(ErrorCatalog.SourceIdentity, Assert.Throws<HoldfastException>(() => Monitor.GetDatabase("a")).Error);
        Assert.Equal(ErrorCatalog.SourceIdentity, Assert.Throws<HoldfastException>(Monitor.Acquire).Error);
        await RestartAsync();
        Assert.Equal("source-identity", Monitor.Status.Problem!.Code);
        await Monitor.ConfirmAsync(Token);
        Assert.NotNull(Monitor.FindDatabase("x"));
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind)); // the databases of the original source are not here
        await Monitor.ConfirmAsync(Token);
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task A_source_without_an_identity_gets_one_or_is_recognized_by_its_location()
    {
        Source.Place = "disk-1";
        await AttachAsync();
        Assert.Null(State.NodeSources.Find("shop")); // an empty directory may not be mounted yet
        Source.Has("a");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal(new NodeSourceRecord { Location = "disk-1" }, State.NodeSources.Find("shop"));
        Source.Place = "disk-2";
        await Monitor.DiscoverAsync(Token);
        Assert.Equal("source-identity", Monitor.Status.Problem!.Code);
        Source.KeepsIdentity = true;
        await Monitor.ConfirmAsync(Token);
        Assert.Equal(32, Source.Identity!.Length);
        Assert.Equal(new SourceRecord { Identity = Source.Identity }, State.SourceRecords.Find("shop"));
        Assert.Equal(new NodeSourceRecord { Location = "disk-2" }, State.NodeSources.Find("shop"));
        Source.Place = "disk-3"; // moved together with its id file: the same source
        await Monitor.DiscoverAsync(Token);
        Assert.Null(Monitor.Status.Problem);
    }

    [Fact]
    public async Task Confirming_lost_databases_does_not_accept_another_directory_as_the_source()
    {
        (Source.Place, Source.KeepsIdentity) = ("disk-1", true);
        Source.Has("a", "b", "c", "d");
        await AttachAsync();
        (Source.Place, Source.Identity) = ("system disk", null); // not mounted, and something has written below the mount point
        Source.Has("a");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        await Monitor.ConfirmAsync(Token);
        Assert.Equal([AlertKind.SourceIdentity], Alerts().Select(a => a.Kind));
        Assert.Equal(ErrorCatalog.SourceIdentity, Assert.Throws<HoldfastException>(Monitor.Acquire).Error);
        Assert.Null(Source.Identity);
        await Monitor.ConfirmAsync(Token);
        Assert.Empty(Alerts());
        Assert.NotNull(Source.Identity);
    }

    [Fact]
    public async Task A_directory_that_lost_its_identity_gets_it_back_at_the_same_location_and_is_not_used_at_another()
    {
        (Source.Place, Source.KeepsIdentity) = ("disk-1", true);
        Source.Has("a");
        await AttachAsync();
        var identity = Source.Identity;
        Assert.NotNull(identity);
        Source.Identity = null;
        await Monitor.DiscoverAsync(Token);
        Assert.Equal(identity, Source.Identity);
        (Source.Identity, Source.Place) = (null, "disk-2");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal("source-identity", Monitor.Status.Problem!.Code);
        Source.Has(); // not mounted: empty, at another location, without an identity
        await Monitor.DiscoverAsync(Token);
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        Assert.Null(Source.Identity); // nothing is written into a mount point
        Assert.Equal(identity, State.SourceRecords.Find("shop")!.Identity);
    }

    [Fact]
    public async Task A_copy_of_a_directory_under_another_name_raises_an_alert()
    {
        (Source.Place, Source.Identity) = ("disk-1", "same");
        Source.Has("a");
        await AttachAsync();
        var copy = new OddSource("copy")
        {
            Place = "disk-2",
            Identity = "same",
            KeepsIdentity = true,
        };
        copy.Has("a");
        await Registry.AttachAsync(new("odd", copy, false), Token);
        var alert = Assert.Single(Alerts());
        Assert.Equal((AlertKind.SourceIdentity, AlertSeverity.Warning), (alert.Kind, alert.Severity));
        copy.Identity = null; // its id file was deleted
        await Registry.Find("copy")!.DiscoverAsync(Token);
        Assert.NotEqual("same", copy.Identity);
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task A_source_from_version_0_1_gets_the_identity_that_is_found()
    {
        State.Databases.Set(
            new()
            {
                Id = new("shop", "a"),
                Engine = "odd",
                FirstSeen = Time.GetUtcNow(),
            }
        );
        Source.Identity = "7123";
        Source.Has("a");
        await AttachAsync();
        Assert.Equal(new SourceRecord { Identity = "7123" }, State.SourceRecords.Find("shop"));
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task Views_and_restores_are_refused_if_the_source_was_swapped_after_its_discovery()
    {
        var source = new FakeSource { Identity = "one" };
        source.Databases["a"] = new byte[4096];
        await Registry.AttachAsync(new("fake", source, true), Token);
        await using var use = await Registry.AcquireAsync("fake", Token);
        await using (await use.Source.OpenViewAsync(use.GetDatabase("a"), new(BackupType.Snapshot, null), Token))
        {
            Assert.Equal(1, source.Open);
        }
        source.Identity = "two";
        var view = await Assert.ThrowsAsync<HoldfastException>(() =>
            use.Source.OpenViewAsync(source.Database("a"), new(BackupType.Snapshot, null), Token)
        );
        var restore = await Assert.ThrowsAsync<HoldfastException>(() =>
            use.Source.BeginRestoreAsync(new("b", BackupType.Snapshot, null, new Dictionary<string, string>(), 4096), Token)
        );
        Assert.Equal((ErrorCatalog.SourceIdentity, ErrorCatalog.SourceIdentity, 0), (view.Error, restore.Error, source.Open));
        // discovery runs again at once
        await UntilAsync(() => Registry.Find("fake")!.Status.Problem?.Code == ErrorCatalog.SourceIdentity.Code);
    }

    [Fact]
    public async Task A_discovery_that_ends_after_its_source_was_detached_stores_no_identity()
    {
        var hang = new TaskCompletionSource();
        (Source.Identity, Source.Hang) = ("first", hang.Task);
        Source.Has("a");
        var monitor = Registry.Attach(new("odd", Source, false));
        await UntilAsync(() => Source.Discoveries == 1);
        var look = monitor.StartDiscovery();
        Registry.Detach("shop");
        hang.SetResult();
        await look;
        await UntilAsync(() => Source.IsDisposed); // its last lease has ended
        Assert.Null(State.SourceRecords.Find("shop"));
        Assert.Null(State.NodeSources.Find("shop"));
    }
}
