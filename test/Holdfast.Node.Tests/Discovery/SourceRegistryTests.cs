using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines;
using Holdfast.Node.Discovery;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>Sources that throw anything, hang, cancel by themselves, shrink and come back as another.</summary>
public sealed class SourceRegistryTests : IAsyncLifetime
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly OddSource _source = new("shop");
    private NodeState _state = null!;
    private Supervisor _supervisor = null!;
    private SourceRegistry _book = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private SourceMonitor Monitor => _book.Find("shop")!;

    public async ValueTask InitializeAsync()
    {
        _state = new(new MemoryStore(), _time);
        await _state.StartAsync(Token);
        Begin();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await _state.DisposeAsync();
    }

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
    public async Task Whatever_a_source_throws_is_its_problem_and_it_is_looked_at_again(Exception anything)
    {
        _source.Has("a");
        await AttachAsync();
        _source.Throws = anything;
        await Monitor.DiscoverAsync(Token);
        Assert.Contains(anything.GetType().Name, Monitor.Status.Problem!.Message, StringComparison.Ordinal);
        Assert.Equal(AlertKind.SourceDown, Assert.Single(Alerts()).Kind);
        Assert.Null(Record("a").Dropped);
        _source.Throws = null;
        _source.Has("a", "b");
        await PassAsync(Interval, () => _state.Databases.Find("shop/b") is not null);
        Assert.Null(Monitor.Status.Problem);
        Assert.Empty(Alerts());
        Assert.All(_supervisor.Loops, l => Assert.Equal(0, l.Failures));
    }

    [Fact]
    public async Task A_source_that_hangs_holds_up_no_other_and_is_told_after_three_intervals()
    {
        var hang = new TaskCompletionSource();
        _source.Hang = hang.Task;
        var other = new OddSource("other");
        other.Has("x");
        _book.Attach(new("odd", _source, false));
        await _book.AttachAsync(new("odd", other, false), Token);
        Assert.NotNull(_state.Databases.Find("other/x"));
        Assert.Null(Monitor.Status.CompletedAt);
        await UntilAsync(() => Monitor.Status.DiscoveryStarted is not null);
        Assert.Empty(Alerts());
        other.Has("x", "y");
        await PassAsync(Interval * 3.5, () => _state.Databases.Find("other/y") is not null);
        Assert.Equal([AlertKind.SourceSilent], Alerts("shop").Select(a => a.Kind));
        Assert.True(Monitor.IsReady);
        Assert.Equal(1, _source.Looks); // one look is left behind, not one for each interval
        _source.Has("late");
        hang.SetResult();
        await UntilAsync(() => _state.Databases.Find("shop/late") is not null);
        Assert.Empty(Alerts("shop"));
    }

    [Fact]
    public async Task Whoever_asks_for_a_look_while_one_runs_gets_one_that_sees_what_is_there_by_then()
    {
        await AttachAsync();
        var hang = new TaskCompletionSource();
        _source.Hang = hang.Task;
        var first = Monitor.DiscoverAsync(Token);
        await UntilAsync(() => _source.Looks == 2);
        var second = Monitor.DiscoverAsync(Token);
        var third = Monitor.DiscoverAsync(Token);
        _source.Hang = Task.CompletedTask;
        hang.SetResult();
        await Task.WhenAll(first, second, third);
        Assert.Equal(3, _source.Looks);
    }

    [Fact]
    public async Task Leftovers_that_cannot_be_removed_do_not_keep_a_source_from_being_used()
    {
        _source.ThrowsCleaning = new UnauthorizedAccessException("the spool folder");
        _source.Has("a");
        await AttachAsync();
        Assert.NotNull(Monitor.FindDatabase("a"));
        Assert.Null(Monitor.Status.Problem);
        _source.ThrowsCleaning = null;
        await PassAsync(Interval, () => _source.Cleaned == 1);
        await PassAsync(Interval * 2, () => _source.Looks > 3);
        Assert.Equal(1, _source.Cleaned);
    }

    [Fact]
    public async Task A_database_whose_name_cannot_be_stored_is_listed_under_another_and_stops_no_other()
    {
        var longName = new string('x', DatabaseId.MaxNameBytes + 1);
        _source.Has("a", "half \uD800", longName, "", "z");
        await AttachAsync();
        Assert.Null(Monitor.Status.Problem);
        Assert.Equal(5, Monitor.Status.Databases);
        var odd = _state.Databases.Items.Select(r => r.Value).Where(r => r.Problem is not null).ToList();
        Assert.Equal(3, odd.Count);
        Assert.Contains(odd, r => r.Id.Name.StartsWith("half %D800~", StringComparison.Ordinal));
        Assert.Equal(3, Alerts().Count(a => a.Kind == AlertKind.DatabaseUnreadable));
        Assert.NotNull(Monitor.FindDatabase("z"));
        var names = odd.Select(r => r.Id.Name).Order(StringComparer.Ordinal).ToList();
        await Monitor.DiscoverAsync(Token);
        Assert.Equal(
            names,
            _state
                .Databases.Items.Select(r => r.Value)
                .Where(r => r.Problem is not null)
                .Select(r => r.Id.Name)
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_source_that_is_detached_is_disposed_when_nobody_works_with_it_any_more()
    {
        await AttachAsync();
        var use = Monitor.Acquire();
        var before = Monitor;
        var next = new OddSource("shop");
        await _book.AttachAsync(new("odd", next, false), Token);
        Assert.False(_source.IsDisposed);
        Assert.Throws<HoldfastException>(before.Acquire);
        await before.DiscoverAsync(Token); // of no use, and no failure
        await use.DisposeAsync();
        await use.DisposeAsync();
        await UntilAsync(() => _source.IsDisposed);
        Assert.False(next.IsDisposed);
    }

    [Fact]
    public async Task Whoever_waits_for_a_source_that_is_saved_anew_gets_the_new_one()
    {
        _source.Hang = new TaskCompletionSource().Task;
        _book.Attach(new("odd", _source, false));
        var waiting = _book.AcquireAsync("shop", Token);
        var next = new OddSource("shop");
        next.Has("new");
        _book.Attach(new("odd", next, false));
        await using (var use = await waiting.WaitAsync(TimeSpan.FromSeconds(60), Token))
        {
            Assert.Equal("new", use.GetDatabase("new").Name);
        }
        _book.Detach("shop");
        Assert.Equal(ErrorCatalogue.NotFound, (await Assert.ThrowsAsync<HoldfastException>(() => _book.AcquireAsync("shop", Token))).Error);
    }

    [Fact]
    public async Task Whoever_uses_a_source_while_it_is_saved_anew_again_and_again_waits_for_nobody_without_end()
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
                            await (await _book.AcquireAsync("shop", Token)).DisposeAsync();
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
                    _book.Attach(new("odd", new OddSource("shop"), false));
                }
                Volatile.Write(ref isOver, true);
            },
            Token
        );
        await Task.WhenAll([saving, .. users]).WaitAsync(TimeSpan.FromMinutes(2), Token);
    }

    [Fact]
    public async Task A_source_that_is_saved_anew_is_there_all_the_time()
    {
        await AttachAsync();
        var (absent, isOver) = (0, false);
        var looking = Task.Run(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    absent += _book.Find("shop") is null ? 1 : 0;
                }
            },
            Token
        );
        for (var i = 0; i < 2000; i++)
        {
            _book.Attach(new("odd", new OddSource("shop"), false));
        }
        Volatile.Write(ref isOver, true);
        await looking;
        Assert.Equal(0, absent);
    }

    [Fact]
    public async Task A_view_and_a_restore_of_a_source_that_was_swapped_after_the_look_are_refused()
    {
        var source = new FakeSource { Identity = "one" };
        source.Databases["a"] = new byte[4096];
        await _book.AttachAsync(new("fake", source, true), Token);
        await using var use = await _book.AcquireAsync("fake", Token);
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
        Assert.Equal((ErrorCatalogue.SourceIdentity, ErrorCatalogue.SourceIdentity, 0), (view.Error, restore.Error, source.Open));
        // it is looked at anew at once
        await UntilAsync(() => _book.Find("fake")!.Status.Problem?.Code == ErrorCatalogue.SourceIdentity.Code);
    }

    [Fact]
    public async Task A_look_that_comes_back_late_changes_nothing_of_the_source_that_took_its_place()
    {
        var hang = new TaskCompletionSource();
        _source.Hang = hang.Task;
        _source.Has("old");
        _book.Attach(new("odd", _source, false));
        await UntilAsync(() => _source.Looks == 1);
        var next = new OddSource("shop");
        next.Has("new");
        await _book.AttachAsync(new("odd", next, false), Token);
        hang.SetResult();
        await UntilAsync(() => _source.IsDisposed);
        Assert.Null(_state.Databases.Find("shop/old"));
        Assert.Null(Record("new").Dropped);
    }

    [Fact]
    public async Task A_look_that_ends_after_its_source_was_detached_stores_no_identity_of_it()
    {
        var hang = new TaskCompletionSource();
        (_source.Identity, _source.Hang) = ("first", hang.Task);
        _source.Has("a");
        var monitor = _book.Attach(new("odd", _source, false));
        await UntilAsync(() => _source.Looks == 1);
        var look = monitor.StartDiscovery();
        _book.Detach("shop");
        hang.SetResult();
        await look;
        await UntilAsync(() => _source.IsDisposed); // its last user has left
        Assert.Null(_state.SourceRecords.Find("shop"));
    }

    [Fact]
    public async Task Sources_that_are_attached_and_detached_at_once_end_as_the_last_one_says()
    {
        for (var turn = 0; turn < 50; turn++)
        {
            var sources = Enumerable
                .Range(0, 4)
                .Select(i => new OddSource("shop") { Databases = [new($"db{i}", 1, EncryptionState.No)] })
                .ToList();
            await Task.WhenAll(
                sources
                    .Select(s => Task.Run(() => _book.Attach(new("odd", s, false)), Token))
                    .Append(Task.Run(() => _book.Detach("shop"), Token))
            );
            if (_book.Find("shop") is { } monitor)
            {
                await monitor.WaitUntilReadyAsync(Token);
            }
            var last = _book.Find("shop")?.Attached.Source as OddSource;
            await UntilAsync(() => sources.Where(s => s != last).All(s => s.IsDisposed));
            Assert.Equal(
                last?.Databases.Count ?? 0,
                _state.Databases.Items.Count(r =>
                    r.Value.Dropped is null && r.Value.MissingSince is null && last?.Databases[0].Name == r.Value.Id.Name
                )
            );
            _book.Detach("shop");
            Assert.DoesNotContain(_state.Databases.Items, r => r.Value.Dropped is null);
        }
    }

    [Fact]
    public async Task A_source_that_lost_all_its_databases_changes_no_record_until_they_are_back()
    {
        _source.Has("a", "b");
        await AttachAsync();
        _source.Has();
        await Monitor.DiscoverAsync(Token);
        Assert.Equal((null, _time.GetUtcNow()), (Record("a").Dropped, Record("a").MissingSince));
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        Assert.Equal(ErrorCatalogue.SourceShrunk, Assert.Throws<HoldfastException>(() => Monitor.GetDatabase("a")).Error);
        await RestartAsync();
        Assert.NotNull(Record("a").MissingSince);
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        _source.Has("a", "b");
        await Monitor.DiscoverAsync(Token);
        Assert.Null(Record("a").MissingSince);
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task Databases_that_are_missing_are_dropped_when_an_operator_confirms_it()
    {
        _source.Has("a", "b", "c", "d", "e");
        await AttachAsync();
        _source.Has("a", "b");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal(3, _state.Databases.Items.Count(r => r.Value.MissingSince is not null));
        _source.Has("a");
        await Monitor.DiscoverAsync(Token);
        Assert.NotNull(Record("b").MissingSince); // what is wrong goes on: nothing is taken for dropped
        await Monitor.ConfirmAsync(Token);
        Assert.Equal(
            ["b", "c", "d", "e"],
            _state.Databases.Items.Where(r => r.Value.Dropped is not null).Select(r => r.Value.Id.Name).Order(StringComparer.Ordinal)
        );
        Assert.Empty(Alerts());
        Assert.Equal(ErrorCatalogue.NotAllowed, (await Assert.ThrowsAsync<HoldfastException>(() => Monitor.ConfirmAsync(Token))).Error);
    }

    [Fact]
    public async Task Databases_that_go_one_by_one_are_missing_all_of_them_when_they_are_too_many()
    {
        _source.Has("a", "b", "c", "d", "e", "f");
        await AttachAsync();
        foreach (var left in (string[])["bcdef", "cdef", "def"])
        {
            _time.Advance(TimeSpan.FromHours(2));
            await HasAsync(left);
            Assert.Empty(Alerts());
        }

        Assert.NotNull(Record("a").Dropped);
        _time.Advance(TimeSpan.FromHours(2));
        await HasAsync("ef");
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        Assert.All("abcd", n => Assert.Equal((null, _time.GetUtcNow()), (Record($"{n}").Dropped, Record($"{n}").MissingSince)));
        Assert.Equal(4, Monitor.Missing);
        await HasAsync("abef"); // some are back: of the others an operator has to say so
        Assert.Equal((2, null), (Monitor.Missing, Record("a").MissingSince));
        await Monitor.ConfirmAsync(Token);
        Assert.Empty(Alerts());
        await HasAsync("bef");
        Assert.NotNull(Record("a").Dropped); // what was confirmed does not count any more
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task Databases_that_go_one_by_one_over_days_are_dropped()
    {
        _source.Has("a", "b", "c", "d", "e", "f");
        await AttachAsync();
        foreach (var left in (string[])["bcdef", "cdef", "def", "ef"])
        {
            _time.Advance(TimeSpan.FromHours(13));
            await HasAsync(left);
        }

        Assert.Empty(Alerts());
        Assert.Equal(4, _state.Databases.Items.Count(r => r.Value.Dropped is not null));
    }

    [Fact]
    public async Task A_few_databases_that_go_are_dropped_and_one_that_is_renamed_is_not_lost()
    {
        _source.Databases = [.. "abcde".Select(c => new DiscoveredDatabase($"{c}", 1, EncryptionState.No) { Identity = $"id {c}" })];
        await AttachAsync();
        _source.Databases = [.. _source.Databases.Skip(2).Append(new("z", 1, EncryptionState.No) { Identity = "id a" })];
        await Monitor.DiscoverAsync(Token);
        Assert.Equal("shop/z", Record("a").RenamedTo!.ToString());
        Assert.NotNull(Record("b").Dropped);
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task A_database_that_is_there_and_no_database_any_more_is_a_problem_and_not_dropped()
    {
        _source.Has("a", "b");
        await AttachAsync();
        _source.Has("b");
        _source.Explained["a"] = new(ErrorCatalogue.SourceUnreadable, "It has 0 bytes.");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal("It has 0 bytes.", Record("a").Problem!.Message);
        Assert.Null(Record("a").Dropped);
        Assert.Equal([AlertKind.DatabaseUnreadable], Alerts().Select(a => a.Kind));
        Assert.Equal("It has 0 bytes.", Monitor.GetDatabase("a").Problem!.Message);
    }

    [Fact]
    public async Task A_source_that_comes_back_as_another_is_not_used_until_an_operator_confirms_it()
    {
        _source.Identity = "7123";
        _source.Has("a", "b");
        await AttachAsync();
        _source.Identity = "9999";
        _source.Has("x");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal([AlertKind.SourceIdentity], Alerts().Select(a => a.Kind));
        Assert.Null(_state.Databases.Find("shop/x"));
        Assert.Null(Record("a").Dropped);
        Assert.Equal(ErrorCatalogue.SourceIdentity, Assert.Throws<HoldfastException>(() => Monitor.GetDatabase("a")).Error);
        Assert.Equal(ErrorCatalogue.SourceIdentity, Assert.Throws<HoldfastException>(Monitor.Acquire).Error);
        await RestartAsync();
        Assert.Equal("source-identity", Monitor.Status.Problem!.Code);
        await Monitor.ConfirmAsync(Token);
        Assert.NotNull(Monitor.FindDatabase("x"));
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind)); // what the right one had is not what this one has
        await Monitor.ConfirmAsync(Token);
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task A_source_without_an_identity_is_given_one_and_told_by_its_place_where_it_cannot_keep_it()
    {
        _source.Place = "disk-1";
        await AttachAsync();
        Assert.Null(_state.SourceRecords.Find("shop")); // an empty directory may not be mounted yet
        _source.Has("a");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal(new SourceRecord { Place = "disk-1" }, _state.SourceRecords.Find("shop"));
        _source.Place = "disk-2";
        await Monitor.DiscoverAsync(Token);
        Assert.Equal("source-identity", Monitor.Status.Problem!.Code);
        _source.KeepsIdentity = true;
        await Monitor.ConfirmAsync(Token);
        Assert.Equal(32, _source.Identity!.Length);
        Assert.Equal(new SourceRecord { Identity = _source.Identity, Place = "disk-2" }, _state.SourceRecords.Find("shop"));
        _source.Place = "disk-3"; // moved with its id file: the same
        await Monitor.DiscoverAsync(Token);
        Assert.Null(Monitor.Status.Problem);
    }

    [Fact]
    public async Task A_confirmation_that_databases_are_gone_does_not_take_another_directory_for_the_source()
    {
        (_source.Place, _source.KeepsIdentity) = ("disk-1", true);
        _source.Has("a", "b", "c", "d");
        await AttachAsync();
        (_source.Place, _source.Identity) = ("system disk", null); // not mounted, and something has written below the mount point
        _source.Has("a");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        await Monitor.ConfirmAsync(Token);
        Assert.Equal([AlertKind.SourceIdentity], Alerts().Select(a => a.Kind));
        Assert.Equal(ErrorCatalogue.SourceIdentity, Assert.Throws<HoldfastException>(Monitor.Acquire).Error);
        Assert.Null(_source.Identity);
        await Monitor.ConfirmAsync(Token);
        Assert.Empty(Alerts());
        Assert.NotNull(_source.Identity);
    }

    [Fact]
    public async Task A_directory_that_lost_its_identity_gets_it_back_where_it_lies_and_is_not_used_elsewhere()
    {
        (_source.Place, _source.KeepsIdentity) = ("disk-1", true);
        _source.Has("a");
        await AttachAsync();
        var identity = _source.Identity;
        Assert.NotNull(identity);
        _source.Identity = null;
        await Monitor.DiscoverAsync(Token);
        Assert.Equal(identity, _source.Identity);
        (_source.Identity, _source.Place) = (null, "disk-2");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal("source-identity", Monitor.Status.Problem!.Code);
        _source.Has(); // not mounted: empty, at another place, without an id
        await Monitor.DiscoverAsync(Token);
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        Assert.Null(_source.Identity); // nothing is written into a mount point
        Assert.Equal(identity, _state.SourceRecords.Find("shop")!.Identity);
    }

    [Fact]
    public async Task A_copy_of_a_directory_under_another_name_is_told()
    {
        (_source.Place, _source.Identity) = ("disk-1", "same");
        _source.Has("a");
        await AttachAsync();
        var copy = new OddSource("copy")
        {
            Place = "disk-2",
            Identity = "same",
            KeepsIdentity = true,
        };
        copy.Has("a");
        await _book.AttachAsync(new("odd", copy, false), Token);
        var alert = Assert.Single(Alerts());
        Assert.Equal((AlertKind.SourceIdentity, AlertSeverity.Warning), (alert.Kind, alert.Severity));
        copy.Identity = null; // its id file was deleted
        await _book.Find("copy")!.DiscoverAsync(Token);
        Assert.NotEqual("same", copy.Identity);
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task A_source_of_0_1_is_taken_as_it_is_found()
    {
        _state.Databases.Set(
            "shop/a",
            new()
            {
                Id = new("shop", "a"),
                Engine = "odd",
                FirstSeen = _time.GetUtcNow(),
            }
        );
        _source.Identity = "7123";
        _source.Has("a");
        await AttachAsync();
        Assert.Equal(new SourceRecord { Identity = "7123" }, _state.SourceRecords.Find("shop"));
        Assert.Empty(Alerts());
    }

    private async Task AttachAsync() => await _book.AttachAsync(new("odd", _source, false), Token);

    private async Task HasAsync(string names)
    {
        _source.Has([.. names.Select(n => $"{n}")]);
        await Monitor.DiscoverAsync(Token);
    }

    private DatabaseRecord Record(string name) => _state.Databases.Find($"shop/{name}")!;

    // Without those that say that no task covers a database: there are no tasks here.
    private List<Alert> Alerts(string? source = null) =>
        [
            .. AlertRules
                .Evaluate(
                    new()
                    {
                        Now = _time.GetUtcNow(),
                        StartedAt = _time.GetUtcNow(),
                        Databases = [.. _state.Databases.Items.Select(r => r.Value)],
                        Sources =
                        [
                            .. _book.Items.Select(m => new SourceAlertInput(m.Attached.Name, m.Status.Problem)
                            {
                                LastDiscovery = m.LastDiscovery,
                                DiscoveryInterval = Interval,
                                Identity = m.Status.Identity,
                                Location = m.Status.Location,
                            }),
                        ],
                    }
                )
                .Where(a => a.Kind != AlertKind.DatabaseUncovered && (source is null || a.Subject.Source == source)),
        ];

    private void Begin()
    {
        _supervisor = new(_time, NullLogger<Supervisor>.Instance);
        _book = new(_state.Databases, _state.SourceRecords, Interval, _supervisor, _time, NullLogger<SourceRegistry>.Instance);
    }

    private async Task EndAsync()
    {
        _book.Stop();
        await _supervisor.DisposeAsync();
        await _book.DisposeAsync();
    }

    private async Task RestartAsync()
    {
        await EndAsync();
        Begin();
        await AttachAsync();
    }

    // Loops wait for the clock; each step lets them see it.
    private async Task PassAsync(TimeSpan time, Func<bool> isSo)
    {
        var until = _time.GetUtcNow() + time;
        while (_time.GetUtcNow() < until || !isSo())
        {
            if (_time.GetUtcNow() < until + time)
            {
                _time.Advance(TimeSpan.FromSeconds(5));
            }
            for (var i = 0; i < 5; i++)
            {
                await Task.Delay(1, Token);
            }
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(1, Token);
        }
    }
}
