using Holdfast.Archive.Age;
using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Node.Retention;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests;

/// <summary>A whole node on a state store of its own, with databases in memory and a clock that only the test moves.</summary>
public sealed class NodeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly AgeIdentity _key = AgeIdentity.Generate();
    private readonly FakeSource _source = new();
    private readonly FakeBoot _boot;
    private EmbeddedStateStore _store = null!;
    private TestNode _node = null!;

    public NodeTests() => _boot = new(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source.Databases["a"] = new byte[20 * 4096];
        _source.Databases["b"] = new byte[30 * 4096];
        await StartAsync();
        await _node.Destinations.PutAsync(
            new()
            {
                Name = "nas",
                Kind = "local",
                Path = $"{_root}/nas",
            },
            0,
            Token
        );
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_template_covers_every_database_and_backs_it_up_when_its_slot_comes()
    {
        await PutAsync(Template());
        Assert.Equal(["Server Wide Backup, nightly"], _node.Tasks.Of(new("fake", "a")).Select(t => t.Name));
        Assert.Empty(Archives());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        Assert.Equal(2, Archives().Length);
        Assert.All(_node.Operations.All, o => Assert.Equal((OperationState.Completed, BackupKind.Full), (o.State, o.Result!.Kind!.Value)));
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero), _node.NextOf(Task("a").Id)!.At);
    }

    [Fact]
    public async Task A_new_database_is_covered_at_once()
    {
        await PutAsync(Template());
        _source.Databases["new"] = new byte[4096];
        await _node.Sources.Items.Single().DiscoverAsync(Token);
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b", "new");
    }

    [Fact]
    public async Task A_start_waits_for_no_source_and_what_is_due_there_begins_when_it_answers()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var before = _node.Operations.All.Count;
        await StopAsync();
        var hang = new TaskCompletionSource();
        _source.Hang = hang.Task;
        _source.Databases["a"][5000]++;
        _time.SetUtcNow(new DateTimeOffset(2026, 11, 25, 15, 30, 0, TimeSpan.Zero));
        var started = System.Diagnostics.Stopwatch.StartNew();
        await StartAsync();
        Assert.True(started.Elapsed < TimeSpan.FromSeconds(20), $"{started.Elapsed}");
        Assert.Null(_node.Sources.Items.Single().Status.CompletedAt);
        Assert.Null(_node.State.Databases.Find("fake/a")!.Dropped);
        Assert.Single(_node.Tasks.Of(new("fake", "a"))); // what was known stands
        Assert.Equal(before, _node.Operations.All.Count);
        hang.SetResult();
        await UntilAsync(() => _node.Operations.All.Count == before + 2 && !_node.Operations.Running.Any());
        Assert.All(_node.Operations.All, o => Assert.Equal(OperationState.Completed, o.State));
    }

    [Fact]
    public async Task Databases_that_are_missing_keep_their_tasks_and_run_when_they_are_back()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var (before, were) = (_node.Operations.All.Count, _source.Databases.ToList());
        lock (_source.Databases)
        {
            _source.Databases.Clear();
        }
        await _node.Sources.Items.Single().DiscoverAsync(Token);
        await ToAsync("2026-11-25T12:00:00Z");
        await UntilAsync(() => _node.NextOf(Task("a").Id) is null && _node.NextOf(Task("b").Id) is null);
        Assert.Equal(before, _node.Operations.All.Count);
        Assert.Equal(OperationState.Completed, _node.StatusOf(Task("a").Id).LastState); // missed, not failed
        await UntilAsync(() => _node.Alerts.Active.Any(a => a.Kind == Core.Alerts.AlertKind.SourceShrunk));
        Assert.DoesNotContain(_node.Alerts.Active, x => x.Subject.Task is not null); // told once, of the source
        lock (_source.Databases)
        {
            were.ForEach(d => _source.Databases.Add(d.Key, d.Value));
        }
        await _node.Sources.Items.Single().DiscoverAsync(Token);
        await UntilAsync(() => _node.Operations.All.Count == before + 2 && !_node.Operations.Running.Any());
    }

    [Fact]
    public async Task A_source_that_is_saved_anew_during_a_restore_does_not_fail_it()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var hold = new TaskCompletionSource();
        _source.HoldCommit = hold.Task;
        var operation = await _node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await UntilAsync(() => _source.Commits == 1);
        var next = new FakeSource();
        foreach (var (name, bytes) in _source.Databases)
        {
            next.Databases[name] = bytes;
        }
        await _node.Sources.AttachAsync(new("fake", next, true), Token);
        Assert.False(_source.IsDisposed);
        hold.SetResult();
        await operation.Completion.WaitAsync(Patience, Token);
        Assert.Equal((OperationState.Completed, null), (operation.Current.State, operation.Current.Error));
        await UntilAsync(() => _source.IsDisposed);
    }

    [Fact]
    public async Task A_restored_database_is_covered_at_once()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var operation = await _node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await operation.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, operation.Current.State);
        Assert.Equal(_source.Databases["a"], _source.Databases["again"]);
        Assert.Single(_node.Tasks.Of(new("fake", "again")));
        Assert.Equal(
            ErrorCatalogue.TargetExists,
            (
                await Assert.ThrowsAsync<HoldfastException>(() =>
                    _node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "b") }, "tester", Token)
                )
            ).Error
        );
    }

    [Fact]
    public async Task An_encrypted_backup_is_restored_with_the_key_that_the_server_keeps_and_not_without()
    {
        var given = AgeIdentity.Generate();
        var template = Template();
        template = template with
        {
            Settings = template.Settings with
            {
                Encryption = new()
                {
                    Mode = Core.Encryption.EncryptionMode.Key,
                    Recipients = [given.Recipient.ToString()],
                    EncryptSnapshots = true,
                },
            },
        };
        await PutAsync(template);
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        Assert.All(Archives(), a => Assert.EndsWith(".age", a, StringComparison.Ordinal));
        var without = await _node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await without.Completion.WaitAsync(Patience, Token);
        Assert.Equal((OperationState.Failed, "key-missing"), (without.Current.State, without.Current.Error!.Code));
        await _node.ArchiveKeys.PutAsync(template.Id, given, Token);
        var with = await _node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await with.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, with.Current.State);
        Assert.Equal(_source.Databases["a"], _source.Databases["again"]);
    }

    [Fact]
    public async Task Tasks_and_history_survive_a_restart_and_what_was_missed_is_caught_up_once()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var id = Task("a").Id;
        await StopAsync();
        _time.SetUtcNow(new DateTimeOffset(2026, 11, 25, 15, 30, 0, TimeSpan.Zero));
        _source.Databases["a"][5000]++;
        await StartAsync();
        Assert.Equal(id, Task("a").Id);
        await UntilAsync(() =>
            _node.StatusOf(id).LastIncrementalBackup is not null
            || _node.StatusOf(id).LastFullBackup > new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero)
        );
        await UntilAsync(() => _node.Operations.All.Count == 4);
        Assert.Equal(2, _node.Operations.All.Count(o => o.Database.Name == "a"));
    }

    [Fact]
    public async Task What_ran_under_another_tag_of_this_node_is_ended_and_runs_again()
    {
        await PutAsync(Template());
        var id = Task("a").Id;
        var under = new Operation
        {
            Id = "1",
            Kind = OperationKind.Backup,
            State = OperationState.Running,
            Database = new("fake", "a"),
            TaskId = id,
            BackupKind = BackupKind.Full,
            Node = "OLD",
            Created = _time.GetUtcNow(),
            Started = _time.GetUtcNow(),
        };
        _node.State.Operations.Set(under.Id, under);
        await StopAsync();
        await StartAsync();
        var ended = _node.Operations.Find("1")!;
        Assert.Equal((OperationState.Failed, ErrorCatalogue.Interrupted.Code, "OLD"), (ended.State, ended.Error!.Code, ended.Node));
        Assert.Equal(OperationState.Failed, _node.StatusOf(id).LastState);
        _time.Advance(TimeSpan.FromMinutes(1));
        await UntilAsync(() => _node.StatusOf(id).LastState == OperationState.Completed);
    }

    [Fact]
    public async Task A_run_that_fails_is_told_and_tried_again_after_a_minute()
    {
        _source.Broken.Add("a");
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await UntilAsync(() => _node.StatusOf(Task("a").Id).LastState == OperationState.Failed);
        await BackedUpAsync("b");
        Assert.Contains("locked", _node.StatusOf(Task("a").Id).LastError, StringComparison.Ordinal);
        _source.Broken.Clear();
        await ToAsync("2026-11-25T11:01:00Z");
        await BackedUpAsync("a");
    }

    [Fact]
    public async Task An_engine_that_cancels_by_itself_fails_its_backup_which_is_tried_again_by_schedule_and_tells_its_steps()
    {
        _source.Fault = name => name == "a" ? new OperationCanceledException() : null;
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("b");
        await UntilAsync(() => _node.StatusOf(Task("a").Id).LastState == OperationState.Failed);
        var failed = Assert.Single(_node.Operations.All, o => o.Database.Name == "a");
        Assert.Equal("unexpected", failed.Error!.Code);
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 11, 1, 0, TimeSpan.Zero), _node.NextOf(Task("a").Id)!.At);
        var log = string.Join('\n', _node.Operations.LogOf(_node.Operations.All.Single(o => o.Database.Name == "b").Id));
        foreach (
            var step in (string[])
                ["due by schedule", "opened for a snapshot", "full: requested", "writing to", "published at", "ended: Completed"]
        )
        {
            Assert.Contains(step, log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Backup_now_runs_the_task_of_one_database_and_leaves_its_schedule()
    {
        await PutAsync(Template());
        var operation = _node.BackUp(new(new("fake", "a"), Task("a").Settings, BackupKind.Incremental, Task("a")), "tester");
        Assert.Same(operation, _node.BackUp(new(new("fake", "a"), Task("a").Settings, BackupKind.Full, Task("a")), "tester"));
        await operation.Completion.WaitAsync(Patience, Token);
        Assert.Equal(BackupKind.Full, operation.Current.Result!.Kind);
        Assert.Contains("made as full: there is no full backup yet", operation.Current.Result.Warnings);
        Assert.Single(Archives());
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 11, 0, 0, TimeSpan.Zero), _node.NextOf(Task("a").Id)!.At);
    }

    [Fact]
    public async Task A_dropped_database_is_no_longer_backed_up_and_keeps_its_record_and_its_files()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        _source.Databases.Remove("a");
        await _node.Sources.Items.Single().DiscoverAsync(Token);
        Assert.NotNull(_node.State.Databases.Find("fake/a")!.Dropped);
        Assert.Empty(_node.Tasks.Of(new("fake", "a")));
        Assert.Equal(2, Archives().Length);
    }

    [Fact]
    public async Task Databases_of_a_source_that_was_taken_out_of_the_configuration_are_missing_at_once_and_go_on_when_it_is_back()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        await StopAsync();
        await StartAsync(hasSource: false);
        Assert.Equal(ProtectionState.Missing, State("a"));
        await UntilAsync(
            () => _node.Alerts.Active.Any(a => a is { Kind: AlertKind.SourceSilent, Subject.Source: "fake" }),
            () => _time.Advance(TimeSpan.FromSeconds(2))
        );
        await ToAsync("2026-11-25T12:00:00Z");
        var turned = false;
        _node.SchedulerIterationCompleted += () => turned = true;
        await UntilAsync(() => turned, () => _time.Advance(TimeSpan.FromSeconds(2)));
        Assert.Equal(2, _node.Operations.All.Count); // the slot passed: there is nothing to back up from
        await StopAsync();
        await StartAsync();
        Assert.NotEqual(ProtectionState.Missing, State("a"));
        await UntilAsync(
            () => _node.StatusOf(Task("a").Id).LastSuccess >= new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero),
            () => _time.Advance(TimeSpan.FromSeconds(2))
        );
        await UntilAsync(
            () => _node.Alerts.Active.All(a => a.Kind != AlertKind.SourceSilent),
            () => _time.Advance(TimeSpan.FromSeconds(2))
        );

        ProtectionState State(string name) => _node.Protection.Of(_node.State.Databases.Find($"fake/{name}")!).State;
    }

    [Fact]
    public async Task Old_chains_go_after_a_full_and_the_newest_stays()
    {
        var template = Template();
        await PutAsync(
            template with
            {
                Settings = template.Settings with { FullBackup = "0 11 * * *", Retention = new RetentionPolicy(TimeSpan.FromDays(1)) },
            }
        );
        foreach (var day in (int[])[25, 26, 27])
        {
            await ToAsync($"2026-11-{day}T11:00:00Z");
            var at = _time.GetUtcNow();
            await UntilAsync(() =>
                _node.StatusOf(Task("a").Id).LastFullBackup == at
                && _node.StatusOf(Task("b").Id).LastFullBackup == at
                && !_node.Operations.Running.Any()
            );
        }

        Assert.Equal(2, Directory.GetDirectories($"{_root}/nas/fake/a").Length); // that of the 25th is more than a day old
    }

    [Fact]
    public async Task A_clock_that_is_wrong_for_one_run_deletes_nothing()
    {
        await WeeklyAsync();
        var chains = await FullsAsync("2026-11-28T11:00:00Z", "2026-12-05T11:00:00Z", "2026-12-12T11:00:00Z");
        // Set forward, not waited for: a run begins, and both older chains look older than 14 days.
        Set(TimeSpan.FromDays(20));
        await FullNowAsync();
        Assert.True(chains.All(Directory.Exists), string.Join(' ', Chains()));
        await UntilAsync(() => _node.Alerts.Active.Any(a => a.Kind == AlertKind.ClockJumped), () => _time.Advance(TimeSpan.FromSeconds(2)));
        // Set right again, all goes on as before.
        Set(TimeSpan.FromDays(-20));
        await UntilAsync(() => _node.Alerts.Active.All(a => a.Kind != AlertKind.ClockJumped), () => _time.Advance(TimeSpan.FromSeconds(2)));
        await FullNowAsync();
        Assert.True(chains.All(Directory.Exists), string.Join(' ', Chains()));
    }

    [Fact]
    public async Task After_twenty_days_off_the_first_full_deletes_nothing_and_the_second_does()
    {
        await WeeklyAsync();
        var chains = await FullsAsync("2026-11-28T11:00:00Z", "2026-12-05T11:00:00Z", "2026-12-12T11:00:00Z");
        await StopAsync();
        Set(TimeSpan.FromDays(20));
        _boot.Restart();
        await StartAsync();
        // What was missed is caught up: the first full.
        await UntilAsync(() => Chains().Length == 4 && !_node.Operations.Running.Any());
        Assert.True(chains.All(Directory.Exists), string.Join(' ', Chains()));
        Assert.Equal(AlertKind.ClockJumped, Assert.Single(_node.Alerts.Active, a => a.Key == "clock").Kind);
        _time.Advance(TimeSpan.FromMinutes(61));
        await FullNowAsync();
        Assert.Equal((3, 0), (chains.Length, chains.Count(Directory.Exists)));
        Assert.Equal(2, Chains().Length);
    }

    [Fact]
    public async Task An_operator_who_confirms_the_clock_lets_retention_go_on()
    {
        await WeeklyAsync();
        var chains = await FullsAsync("2026-11-28T11:00:00Z", "2026-12-05T11:00:00Z", "2026-12-12T11:00:00Z");
        Set(TimeSpan.FromDays(20));
        await FullNowAsync();
        Assert.True(chains.All(Directory.Exists), string.Join(' ', Chains()));
        await _node.Clock.ConfirmAsync(Token);
        Assert.DoesNotContain(
            AlertRules.Evaluate(
                new()
                {
                    Now = _time.GetUtcNow(),
                    StartedAt = _time.GetUtcNow(),
                    Clock = _node.Clock.Current,
                }
            ),
            a => a.Kind == AlertKind.ClockJumped
        );
        await FullNowAsync();
        Assert.Equal(0, chains.Count(Directory.Exists));
    }

    // Weekly fulls of one database, kept some 14 days.
    private async Task WeeklyAsync()
    {
        _source.Databases.Remove("b");
        await _node.Sources.Items.Single().DiscoverAsync(Token);
        var template = Template();
        await PutAsync(
            template with
            {
                Settings = template.Settings with { FullBackup = "0 11 * * 6", Retention = new RetentionPolicy(TimeSpan.FromDays(14.5)) },
            }
        );
    }

    private async Task<string[]> FullsAsync(params string[] times)
    {
        foreach (var time in times)
        {
            await ToAsync(time);
            var at = _time.GetUtcNow();
            await UntilAsync(() => _node.StatusOf(Task("a").Id).LastFullBackup == at && !_node.Operations.Running.Any());
        }

        return Chains();
    }

    private async Task FullNowAsync()
    {
        var operation = _node.BackUp(new(new("fake", "a"), Task("a").Settings, BackupKind.Full, Task("a")), "tester");
        await operation.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, operation.Current.State);
    }

    // The wall clock is set, and no time passes.
    private void Set(TimeSpan by)
    {
        _boot.Set += by;
        _time.AdjustTime(_time.GetUtcNow() + by);
    }

    private string[] Chains() => Directory.GetDirectories($"{_root}/nas/fake/a");

    private static Template Template() =>
        new()
        {
            Id = "0123456789",
            Name = "nightly",
            ScheduledSince = new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero),
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "0 * * * *",
                TimeZone = "UTC",
                Destinations = ["nas"],
            },
        };

    private BackupTask Task(string database) => _node.Tasks.Of(new("fake", database)).Single();

    private async Task PutAsync(Template template) => await _node.State.Templates.PutAsync(template.Id, template, null, Token);

    private string[] Archives() =>
        Directory.Exists($"{_root}/nas") ? Directory.GetFiles($"{_root}/nas", "*.tar.zst*", SearchOption.AllDirectories) : [];

    private async Task ToAsync(string time)
    {
        await System.Threading.Tasks.Task.Yield();
        _time.SetUtcNow(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));
    }

    private Task BackedUpAsync(params string[] names) =>
        UntilAsync(() =>
            names.All(n => _node.StatusOf(Task(n).Id).LastState == OperationState.Completed) && !_node.Operations.Running.Any()
        );

    // The node works on its own; the test only waits until it shows.
    private async Task UntilAsync(Func<bool> isSo, Action? meanwhile = null)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(
                System.Diagnostics.Stopwatch.GetElapsedTime(started) < Patience,
                $"It did not come to that: {string.Join("; ", _node.Operations.All)}; "
                    + $"{string.Join("; ", _node.Tasks.All.Select(t => $"{t.Database} next {_node.NextOf(t.Id)}, {_node.StatusOf(t.Id)}"))}"
            );
            meanwhile?.Invoke();
            await System.Threading.Tasks.Task.Delay(5, Token);
        }
    }

    private async Task StartAsync(bool hasSource = true)
    {
        _store = await EmbeddedStateStore.OpenAsync($"{_root}/state/state.db", _time, Token);
        _node = new(
            new()
            {
                Tag = "A",
                Key = _key,
                DestinationFactories = [new LocalDestinationFactory([_root])],
                Zone = TimeZoneInfo.Utc,
                ShutdownGrace = TimeSpan.FromSeconds(1),
                BootClock = _boot,
            },
            _store,
            hasSource ? [new("fake", _source, true)] : [],
            _time
        );
        await _node.StartAsync(Token);
    }

    private async Task StopAsync()
    {
        await _node.StopAsync();
        await _node.DisposeAsync();
        await _store.DisposeAsync();
    }

    // A machine that can be started anew.
    private sealed class FakeBoot(FakeTimeProvider time) : IBootClock
    {
        private int _starts;
        private long _started;

        public string BootId => $"start {_starts}";

        /// <summary>How much of the timestamps, which follow a fake clock that is set, is no time that passed.</summary>
        public TimeSpan Set { get; set; }

        public TimeSpan Uptime => time.GetElapsedTime(_started) - Set;

        public void Restart() => (_starts, _started, Set) = (_starts + 1, time.GetTimestamp(), default);
    }
}
