using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>Sources that throw anything, hang, and are attached, replaced and detached concurrently.</summary>
public sealed class SourceRegistryTests : SourceTestBase
{
    public static TheoryData<Exception> Anything() =>
        [
            new InvalidOperationException("no"),
            new System.Text.DecoderFallbackException("bytes"),
            new OperationCanceledException(),
            new TaskCanceledException(),
            new UnauthorizedAccessException("closed"),
            new OutOfMemoryException(),
            new AggregateException("many", new IOException("disk")),
        ];

    [Theory]
    [MemberData(nameof(Anything), DisableDiscoveryEnumeration = true)]
    public async Task Any_exception_of_a_source_becomes_its_problem_and_discovery_continues(Exception anything)
    {
        Source.Has("a");
        await AttachAsync();
        Source.Throws = anything;
        await Monitor.DiscoverAsync(Token);
        Assert.Contains(anything.GetType().Name, Monitor.Status.Problem!.Message, StringComparison.Ordinal);
        Assert.Equal(AlertKind.SourceDown, Assert.Single(Alerts()).Kind);
        Assert.Null(Record("a").Dropped);
        Source.Throws = null;
        Source.Has("a", "b");
        await WaitToPassAsync(Interval, () => State.Databases.Find("shop/b") is not null);
        Assert.Null(Monitor.Status.Problem);
        Assert.Empty(Alerts());
        Assert.All(Supervisor.Loops, l => Assert.Equal(0, l.Failures));
    }

    [Fact]
    public async Task A_hanging_source_does_not_delay_others_and_raises_an_alert_after_three_intervals()
    {
        var hang = new TaskCompletionSource();
        Source.Hang = hang.Task;
        var other = new OddSource("other");
        other.Has("x");
        Registry.Attach(new("odd", Source, false));
        await Registry.AttachAsync(new("odd", other, false), Token);
        Assert.NotNull(State.Databases.Find("other/x"));
        Assert.Null(Monitor.Status.CompletedAt);
        await UntilAsync(() => Monitor.Status.DiscoveryStarted is not null);
        Assert.Empty(Alerts());
        other.Has("x", "y");
        await WaitToPassAsync(Interval * 3.5, () => State.Databases.Find("other/y") is not null);
        Assert.Equal([AlertKind.SourceSilent], Alerts("shop").Select(a => a.Kind));
        Assert.True(Monitor.IsReady);
        Assert.Equal(1, Source.Discoveries); // one discovery hangs, not one per interval
        Source.Has("late");
        hang.SetResult();
        await UntilAsync(() => State.Databases.Find("shop/late") is not null);
        Assert.Empty(Alerts("shop"));
    }

    [Fact]
    public async Task A_discovery_requested_while_one_runs_starts_after_the_request()
    {
        await AttachAsync();
        var hang = new TaskCompletionSource();
        Source.Hang = hang.Task;
        var first = Monitor.DiscoverAsync(Token);
        await UntilAsync(() => Source.Discoveries == 2);
        var second = Monitor.DiscoverAsync(Token);
        var third = Monitor.DiscoverAsync(Token);
        Source.Hang = Task.CompletedTask;
        hang.SetResult();
        await Task.WhenAll(first, second, third);
        Assert.Equal(3, Source.Discoveries);
    }

    [Fact]
    public async Task Leftovers_that_cannot_be_removed_do_not_prevent_the_use_of_a_source()
    {
        Source.ThrowsCleaning = new UnauthorizedAccessException("the spool folder");
        Source.Has("a");
        await AttachAsync();
        Assert.NotNull(Monitor.FindDatabase("a"));
        Assert.Null(Monitor.Status.Problem);
        Source.ThrowsCleaning = null;
        await WaitToPassAsync(Interval, () => Source.Cleaned == 1);
        await WaitToPassAsync(Interval * 2, () => Source.Discoveries > 3);
        Assert.Equal(1, Source.Cleaned);
    }

    [Fact]
    public async Task A_database_whose_name_cannot_be_stored_is_listed_under_another_name()
    {
        var longName = new string('x', DatabaseId.MaxNameBytes + 1);
        Source.Has("a", "half \uD800", longName, "", "z");
        await AttachAsync();
        Assert.Null(Monitor.Status.Problem);
        Assert.Equal(5, Monitor.Status.Databases);
        var odd = State.Databases.Items.Select(r => r.Value).Where(r => r.Problem is not null).ToList();
        Assert.Equal(3, odd.Count);
        Assert.Contains(odd, r => r.Id.Name.StartsWith("half %D800~", StringComparison.Ordinal));
        Assert.Equal(3, Alerts().Count(a => a.Kind == AlertKind.DatabaseUnreadable));
        Assert.NotNull(Monitor.FindDatabase("z"));
        var names = odd.Select(r => r.Id.Name).Order(StringComparer.Ordinal).ToList();
        await Monitor.DiscoverAsync(Token);
        Assert.Equal(
            names,
            State
                .Databases.Items.Select(r => r.Value)
                .Where(r => r.Problem is not null)
                .Select(r => r.Id.Name)
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_detached_source_is_disposed_when_its_last_lease_ends()
    {
        await AttachAsync();
        var use = Monitor.Acquire();
        var before = Monitor;
        var next = new OddSource("shop");
        await Registry.AttachAsync(new("odd", next, false), Token);
        Assert.False(Source.IsDisposed);
        Assert.Throws<HoldfastException>(before.Acquire);
        await before.DiscoverAsync(Token); // has no effect, and does not fail
        await use.DisposeAsync();
        await use.DisposeAsync();
        await UntilAsync(() => Source.IsDisposed);
        Assert.False(next.IsDisposed);
    }

    [Fact]
    public async Task Waiting_for_a_source_that_is_replaced_returns_the_new_one()
    {
        Source.Hang = new TaskCompletionSource().Task;
        Registry.Attach(new("odd", Source, false));
        var waiting = Registry.AcquireAsync("shop", Token);
        var next = new OddSource("shop");
        next.Has("new");
        Registry.Attach(new("odd", next, false));
        await using (var use = await waiting.WaitAsync(TimeSpan.FromSeconds(60), Token))
        {
            Assert.Equal("new", use.GetDatabase("new").Name);
        }
        Registry.Detach("shop");
        Assert.Equal(
            ErrorCatalog.NotFound,
            (await Assert.ThrowsAsync<HoldfastException>(() => Registry.AcquireAsync("shop", Token))).Error
        );
    }

    [Fact]
    public async Task Repeatedly_replacing_a_source_never_blocks_its_users_forever()
    {
        await AttachAsync();
        var isOver = false;
        var users = Enumerable
            .Range(0, 4)
            .Select(_ =>
                Task.Run(
                    async () =>
                    {
                        while (!Volatile.Read(ref isOver))
                        {
                            await (await Registry.AcquireAsync("shop", Token)).DisposeAsync();
                        }
                    },
                    Token
                )
            )
            .ToList();
        var saving = Task.Run(
            () =>
            {
                for (var i = 0; i < 2000; i++)
                {
                    Registry.Attach(new("odd", new OddSource("shop"), false));
                }
                Volatile.Write(ref isOver, true);
            },
            Token
        );
        await Task.WhenAll([saving, .. users]).WaitAsync(TimeSpan.FromMinutes(2), Token);
    }

    [Fact]
    public async Task A_source_that_is_replaced_is_always_available()
    {
        await AttachAsync();
        var (absent, isOver) = (0, false);
        var looking = Task.Run(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    absent += Registry.Find("shop") is null ? 1 : 0;
                }
            },
            Token
        );
        for (var i = 0; i < 2000; i++)
        {
            Registry.Attach(new("odd", new OddSource("shop"), false));
        }
        Volatile.Write(ref isOver, true);
        await looking;
        Assert.Equal(0, absent);
    }

    [Fact]
    public async Task A_late_discovery_of_a_replaced_source_changes_nothing()
    {
        var hang = new TaskCompletionSource();
        Source.Hang = hang.Task;
        Source.Has("old");
        Registry.Attach(new("odd", Source, false));
        await UntilAsync(() => Source.Discoveries == 1);
        var next = new OddSource("shop");
        next.Has("new");
        await Registry.AttachAsync(new("odd", next, false), Token);
        hang.SetResult();
        await UntilAsync(() => Source.IsDisposed);
        Assert.Null(State.Databases.Find("shop/old"));
        Assert.Null(Record("new").Dropped);
    }

    [Fact]
    public async Task Concurrent_attaches_and_detaches_end_in_the_state_of_the_last_one()
    {
        for (var turn = 0; turn < 50; turn++)
        {
            var sources = Enumerable
                .Range(0, 4)
                .Select(i => new OddSource("shop") { Databases = [new($"db{i}", 1, EncryptionState.No)] })
                .ToList();
            await Task.WhenAll(
                sources
                    .Select(s => Task.Run(() => Registry.Attach(new("odd", s, false)), Token))
                    .Append(Task.Run(() => Registry.Detach("shop"), Token))
            );
            if (Registry.Find("shop") is { } monitor)
            {
                await monitor.WaitUntilReadyAsync(Token);
            }
            var last = Registry.Find("shop")?.Attached.Source as OddSource;
            await UntilAsync(() => sources.Where(s => s != last).All(s => s.IsDisposed));
            Assert.Equal(
                last?.Databases.Count ?? 0,
                State.Databases.Items.Count(r =>
                    r.Value.Dropped is null && r.Value.MissingSince is null && last?.Databases[0].Name == r.Value.Id.Name
                )
            );
            Registry.Detach("shop");
            Assert.DoesNotContain(State.Databases.Items, r => r.Value.Dropped is null);
        }
    }
}
