using System.Diagnostics;
using Holdfast.Archive.Age;
using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Node.Operations;
using Holdfast.Node.Restores;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Jobs;

/// <summary>
/// The queue of a whole node as operators see it: aborts, limits, hanging calls, and the effects of a stop and a restart.
/// </summary>
public sealed class NodeQueueTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly AgeIdentity _key = AgeIdentity.Generate();
    private readonly FakeSource _source = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EmbeddedStateStore _store = null!;
    private TestNode _node = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < 4; i++)
        {
            _source.Databases[$"db{i}"] = new byte[4 * 4096];
        }
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
        await _node.State.Templates.PutAsync("0123456789", Template(null), null, Token);
    }

    public async ValueTask DisposeAsync()
    {
        _held.TrySetResult();
        await StopAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task An_aborted_queued_backup_has_ended_when_the_abort_returns_and_does_not_run_after_a_restart()
    {
        _source.Hold = (_, token) => _held.Task.WaitAsync(token);
        var running = BackUp("db0");
        await RunningAsync(running);
        var waiting = BackUp("db1");
        await waiting.AbortAsync("tester", null);
        Assert.Equal((OperationState.Aborted, "aborted"), (waiting.Current.State, waiting.Current.Error!.Code));
        Assert.Null(_node.Queue.Find(Task("db1").Id));
        Assert.Equal(OperationState.Aborted, _node.StatusOf(Task("db1").Id).LastState);
        _held.SetResult();
        await running.Completion.WaitAsync(Patience, Token);
        await RestartAsync();
        await UntilAsync(() => _node.Queue.Running == 0 && _node.Queue.Waiting == 0);
        Assert.Single(_node.Operations.All, o => o.Database?.Name == "db1");
    }

    [Fact]
    public async Task A_queued_backup_can_be_postponed()
    {
        _source.Hold = (_, token) => _held.Task.WaitAsync(token);
        await RunningAsync(BackUp("db0"));
        var waiting = BackUp("db1");
        var until = _time.GetUtcNow().AddMinutes(30);
        await waiting.AbortAsync("tester", until);
        Assert.Equal((OperationState.Aborted, until), (waiting.Current.State, _node.StatusOf(Task("db1").Id).DelayedUntil));
    }

    [Fact]
    public async Task A_queued_backup_runs_with_the_current_settings_and_not_if_its_task_was_deleted()
    {
        _source.Hold = (_, token) => _held.Task.WaitAsync(token);
        await RunningAsync(BackUp("db0"));
        var waiting = BackUp("db1");
        var template = _node.State.Templates.Items.Single();
        var encryption = new Core.Encryption.EncryptionSettings
        {
            Mode = Core.Encryption.EncryptionMode.Recipients,
            Recipients = [AgeIdentity.Generate().Recipient.ToString()],
            EncryptSnapshots = true,
        };
        await _node.State.Templates.PutAsync(
            template.Key,
            template.Value with
            {
                Settings = template.Value.Settings with { Encryption = encryption },
            },
            null,
            Token
        );
        var gone = BackUp("db2");
        _source.Databases.Remove("db2");
        await _node.FindSource("fake")!.DiscoverAsync(Token);
        _held.SetResult();
        await System.Threading.Tasks.Task.WhenAll(waiting.Completion, gone.Completion).WaitAsync(Patience, Token);
        Assert.EndsWith(".age", waiting.Current.Result!.Path, StringComparison.Ordinal);
        Assert.Equal(OperationState.Aborted, gone.Current.State);
    }

    [Fact]
    public async Task Aborting_a_hanging_backup_frees_its_slot_at_once_and_its_late_end_is_ignored()
    {
        _source.Hold = (name, _) => name == "db0" ? _held.Task : System.Threading.Tasks.Task.CompletedTask; // ignores its token
        var hangs = BackUp("db0");
        await RunningAsync(hangs);
        var next = BackUp("db1");
        await hangs.AbortAsync("tester", null);
        await next.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, next.Current.State);
        await UntilAsync(() => hangs.HasEnded, advance: TimeSpan.FromSeconds(5));
        Assert.Equal(OperationState.Aborted, _node.Operations.Find(hangs.Id)!.State);
        var again = BackUp("db0");
        Assert.NotEqual(hangs.Id, again.Id);
        _held.SetResult(); // both calls return now
        await again.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, again.Current.State);
        Assert.Equal(
            (OperationState.Aborted, OperationState.Completed),
            (_node.Operations.Find(hangs.Id)!.State, _node.StatusOf(Task("db0").Id).LastState)
        );
        Assert.Single(Directory.GetDirectories($"{_root}/nas/fake/db0"));
    }

    [Fact]
    public async Task A_backup_without_progress_times_out_after_twice_the_threshold_and_is_retried()
    {
        _source.Hold = (name, _) => name == "db0" ? _held.Task : System.Threading.Tasks.Task.CompletedTask;
        var hangs = BackUp("db0");
        await RunningAsync(hangs);
        await UntilAsync(() => _node.Alerts.Active.Any(a => a.Kind == AlertKind.NoProgress), advance: TimeSpan.FromSeconds(20));
        var alert = _node.Alerts.Active.Single(a => a.Kind == AlertKind.NoProgress);
        Assert.Equal(("fake/db0", "fake", "nas"), (alert.Subject.Database, alert.Subject.Source, alert.Subject.Destination));
        await UntilAsync(() => hangs.HasEnded, advance: TimeSpan.FromSeconds(20));
        Assert.Equal((OperationState.Failed, "no-progress"), (hangs.Current.State, hangs.Current.Error!.Code));
        Assert.InRange(_time.GetUtcNow() - hangs.Current.Started!.Value, TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(25));
        Assert.Equal(OperationState.Failed, _node.StatusOf(Task("db0").Id).LastState);
        _source.Hold = null;
        await UntilAsync(() => _node.StatusOf(Task("db0").Id).LastState == OperationState.Completed, advance: TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_backup_that_times_out_and_reacts_to_the_cancellation_counts_as_failed()
    {
        _source.Hold = (_, token) => _held.Task.WaitAsync(token);
        var listens = BackUp("db0");
        await RunningAsync(listens);
        await UntilAsync(() => listens.Completion.IsCompleted, advance: TimeSpan.FromSeconds(20));
        Assert.Equal((OperationState.Failed, "no-progress"), (listens.Current.State, listens.Current.Error!.Code));
        Assert.Equal(0, _node.Queue.Waiting);
    }

    [Fact]
    public async Task An_abort_during_retention_does_not_undo_the_backup()
    {
        await _node.State.Templates.PutAsync("0123456789", Template(new(TimeSpan.FromDays(1))), null, Token);
        RunningOperation? operation = null;
        _source.Hold = null;
        _node.Retention.Deleted += (_, _) => operation!.AbortAsync("tester", null).GetAwaiter().GetResult();
        for (var day = 0; day < 3; day++)
        {
            operation = BackUp("db0");
            await operation.Completion.WaitAsync(Patience, Token);
            Assert.Equal(OperationState.Completed, operation.Current.State);
            _time.Advance(TimeSpan.FromDays(2));
        }

        Assert.True(operation!.IsAborted);
        Assert.Equal(OperationState.Completed, _node.StatusOf(Task("db0").Id).LastState);
        Assert.Contains("retention", string.Join('\n', _node.Operations.LogOf(operation.Id)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_is_not_removed_while_a_backup_extends_it_nor_afterwards_as_it_was_shown_before()
    {
        var full = BackUp("db0");
        await full.Completion.WaitAsync(Patience, Token);
        var (path, shown) = Chain(full);
        _source.Databases["db0"][5000]++;
        _source.Hold = (_, token) => _held.Task.WaitAsync(token);
        var incremental = BackUp("db0", BackupKind.Incremental);
        await RunningAsync(incremental);
        var removal = _node.ChainRemoval.RemoveAsync("nas", path, shown, Token);
        await UntilAsync(() => _node.Queue.Waiting == 1);
        _held.SetResult();
        Assert.Equal(ErrorCatalog.Conflict, (await Assert.ThrowsAsync<HoldfastException>(() => removal)).Error);
        await incremental.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, incremental.Current.State);
        Assert.Equal(2, Directory.GetFiles($"{_root}/nas/{path}", "*.tar.zst").Length);
    }

    [Fact]
    public async Task A_removal_also_waits_for_one_time_backups_and_times_out()
    {
        var once = OneTime();
        await once.Completion.WaitAsync(Patience, Token);
        var (path, shown) = Chain(once);
        _source.Hold = (_, token) => _held.Task.WaitAsync(token);
        var running = OneTime();
        await RunningAsync(running);
        var removal = _node.ChainRemoval.RemoveAsync("nas", path, shown, Token);
        await UntilAsync(() => removal.IsCompleted, advance: TimeSpan.FromSeconds(5));
        Assert.Equal(ErrorCatalog.NotAllowed, (await Assert.ThrowsAsync<HoldfastException>(() => removal)).Error);
        Assert.Equal(0, _node.Queue.Waiting);
        using (var gone = new CancellationTokenSource())
        {
            var left = _node.ChainRemoval.RemoveAsync("nas", path, shown, gone.Token);
            await UntilAsync(() => _node.Queue.Waiting == 1);
            await gone.CancelAsync(); // the caller has given up
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
            Assert.Equal(0, _node.Queue.Waiting);
        }

        var again = _node.ChainRemoval.RemoveAsync("nas", path, shown, Token);
        await UntilAsync(() => _node.Queue.Waiting == 1);
        _held.SetResult();
        await again.WaitAsync(Patience, Token);
        Assert.False(Directory.Exists($"{_root}/nas/{path}"));

        RunningOperation OneTime() => _node.BackUp(new(new("fake", "db0"), Task("db0").Settings, BackupKind.Full, null), "tester");
    }

    [Fact]
    public async Task A_chain_is_not_removed_while_a_restore_reads_it()
    {
        var full = BackUp("db0");
        await full.Completion.WaitAsync(Patience, Token);
        var (path, shown) = Chain(full);
        _source.HoldRestore = (_, token) => _held.Task.WaitAsync(token);
        var restore = await _node.RestoreAsync(new() { From = "fake/db0", Target = new("fake", "again") }, "tester", Token);
        await UntilAsync(() => restore.Current.Phase == "writing");
        Assert.Equal(
            ErrorCatalog.NotAllowed,
            (await Assert.ThrowsAsync<HoldfastException>(() => _node.ChainRemoval.RemoveAsync("nas", path, shown, Token))).Error
        );
        _held.SetResult();
        await restore.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, restore.Current.State);
        await _node.ChainRemoval.RemoveAsync("nas", path, shown, Token);
        Assert.False(Directory.Exists($"{_root}/nas/{path}"));
    }

    [Fact]
    public async Task A_backup_waits_for_manual_retention_of_its_task()
    {
        for (var day = 0; day < 3; day++)
        {
            await BackUp("db0").Completion.WaitAsync(Patience, Token);
            _time.Advance(TimeSpan.FromDays(2));
        }

        await _node.State.Templates.PutAsync("0123456789", Template(new(TimeSpan.FromDays(1))), null, Token);
        RunningOperation? backup = null;
        _node.Retention.Deleted += (_, _) =>
        {
            if (backup is not null)
            {
                return;
            }
            backup = BackUp("db0");
            Assert.Equal((1, OperationState.Queued), (_node.Queue.Waiting, backup.Current.State));
        };
        var run = Assert.Single(await _node.RetentionService.RunAsync(Task("db0"), Token));
        Assert.Equal(2, run.Deleted.Count);
        await backup!.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, backup.Current.State);
    }

    [Fact]
    public async Task A_stopping_node_does_not_wait_for_removals_that_have_not_started()
    {
        var full = BackUp("db0");
        await full.Completion.WaitAsync(Patience, Token);
        var (path, shown) = Chain(full);
        _source.Hold = (_, token) => _held.Task.WaitAsync(token);
        await RunningAsync(BackUp("db0"));
        var removal = _node.ChainRemoval.RemoveAsync("nas", path, shown, Token);
        await UntilAsync(() => _node.Queue.Waiting == 1);
        await StopAsync();
        Assert.Equal(ErrorCatalog.NotAllowed, (await Assert.ThrowsAsync<HoldfastException>(() => removal)).Error);
        await StartAsync();
        Assert.True(Directory.Exists($"{_root}/nas/{path}"));
    }

    [Fact]
    public async Task Operations_that_a_stop_interrupts_or_leaves_queued_run_after_the_next_start_with_the_same_ids()
    {
        for (var i = 4; i < 1000; i++)
        {
            _source.Databases[$"db{i}"] = new byte[4096];
        }
        await _node.Sources.Items.Single().DiscoverAsync(Token);
        _source.Hold = (_, token) => _held.Task.WaitAsync(token);
        var asked = Enumerable.Range(0, 1000).Select(i => BackUp($"db{i}").Id).ToList();
        var once = _node
            .BackUp(new(new("fake", "db0"), new() { Type = BackupType.Snapshot, Destinations = ["nas"] }, BackupKind.Full, null), "tester")
            .Id;
        await UntilAsync(() => _node.Operations.All.Any(o => o.State == OperationState.Running));
        var stopwatch = Stopwatch.GetTimestamp();
        await StopAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(stopwatch), TimeSpan.Zero, TimeSpan.FromSeconds(6)); // a grace of 1 s, and 5
        Assert.Empty(Directory.GetFiles(_root, "*.partial", SearchOption.AllDirectories));
        _source.Hold = null;
        await StartAsync();
        await UntilAsync(() => asked.Append(once).All(id => _node.Operations.Find(id)!.State == OperationState.Completed));
        Assert.Equal(1001, _node.Operations.All.Count);
    }

    [Fact]
    public async Task A_stop_ends_in_time_although_an_engine_hangs_and_the_backup_runs_at_the_next_start()
    {
        _source.Hold = (_, _) => _held.Task;
        var hangs = BackUp("db0");
        await RunningAsync(hangs);
        await StopAsync();
        _source.Hold = null;
        await StartAsync();
        await UntilAsync(() => _node.Operations.Find(hangs.Id)!.State == OperationState.Completed);
    }

    [Fact]
    public async Task A_stop_ends_in_time_although_a_subscriber_hangs()
    {
        using var blocked = new ManualResetEventSlim();
        _source.Hold = (_, token) => _held.Task.WaitAsync(token);
        await RunningAsync(BackUp("db0"));
        _node.Queue.Ended += _ => blocked.Wait(Token);
        var stopping = _node.Queue.StopAsync();
        await UntilAsync(() => stopping.IsCompleted, advance: TimeSpan.FromSeconds(0.25));
        blocked.Set();
    }

    [Fact]
    public async Task Restores_are_queued_and_survive_a_restart_unless_keys_were_given()
    {
        await BackUp("db0").Completion.WaitAsync(Patience, Token);
        var (running, most) = (0, 0);
        var release = new SemaphoreSlim(0);
        _source.HoldRestore = async (_, token) =>
        {
            lock (_source)
            {
                most = Math.Max(most, ++running);
            }
            await release.WaitAsync(token);
            lock (_source)
            {
                running--;
            }
        };
        var restores = new List<RunningOperation>();
        for (var i = 0; i < 100; i++)
        {
            restores.Add(await _node.RestoreAsync(new() { From = "fake/db0", Target = new("fake", $"new{i}") }, "tester", Token));
        }
        var keyed = await _node.RestoreAsync(
            new()
            {
                From = "fake/db0",
                Target = new("fake", "keyed"),
                Keys = [AgeIdentity.Generate().ToString()!],
            },
            "tester",
            Token
        );
        await UntilAsync(() => Volatile.Read(ref running) == _node.Settings.Restores);
        release.Release(10);
        await UntilAsync(() => restores.Count(r => r.HasEnded) == 10);
        await UntilAsync(() => Volatile.Read(ref running) == _node.Settings.Restores); // the stop interrupts these
        Assert.Equal(_node.Settings.Restores, Volatile.Read(ref most));
        await StopAsync();
        _source.HoldRestore = null;
        await StartAsync();
        await UntilAsync(() => restores.All(r => _node.Operations.Find(r.Id)!.HasEnded));
        var ends = restores.ConvertAll(r => _node.Operations.Find(r.Id)!);
        Assert.Equal(100 - _node.Settings.Restores, ends.Count(e => e.State == OperationState.Completed));
        Assert.All(ends.Where(e => e.State != OperationState.Completed), e => Assert.Equal("interrupted", e.Error!.Code));
        Assert.Contains("keys that were given", _node.Operations.Find(keyed.Id)!.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restores_that_cannot_succeed_are_refused_at_once()
    {
        await BackUp("db0").Completion.WaitAsync(Patience, Token);
        await BackUp("db1").Completion.WaitAsync(Patience, Token);
        var root = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync("destination:nas", "new"));
        Assert.Equal((422, 2), (root.Error.HttpStatus, root.Error.ExitCode));
        Assert.Contains("fake/db0, fake/db1", root.Message, StringComparison.Ordinal);
        Assert.Equal(
            ErrorCatalog.NotFound,
            (await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync("destination:none/fake", "new"))).Error
        );
        Assert.Equal(ErrorCatalog.NotFound, (await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync("fake/db3", "new"))).Error);
        Assert.Equal(ErrorCatalog.TargetExists, (await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync("fake/db0", "db2"))).Error);
        _source.HoldRestore = (_, token) => _held.Task.WaitAsync(token);
        var first = await RestoreAsync("fake/db0", "new");
        var second = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync("fake/db1", "new"));
        Assert.Contains(first.Id, second.Message, StringComparison.Ordinal);
        Assert.Equal(3, _node.Operations.All.Count);
        _held.SetResult();
        await first.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, first.Current.State);
    }

    private static Template Template(RetentionPolicy? retention) =>
        new()
        {
            Id = "0123456789",
            Name = "yearly",
            ScheduledSince = new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero),
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "0 0 1 1 *",
                TimeZone = "UTC",
                Destinations = ["nas"],
                Retention = retention,
            },
        };

    private BackupTask Task(string database) => _node.Tasks.Of(new("fake", database)).Single();

    private RunningOperation BackUp(string database, BackupKind kind = BackupKind.Full) =>
        _node.BackUp(new(new("fake", database), Task(database).Settings, kind, Task(database)), "tester");

    private (string Path, Dictionary<string, long> Shown) Chain(RunningOperation backup)
    {
        var path = backup.Current.Result!.Path!;
        var folder = path[..path.LastIndexOf('/')];
        return (folder, new DirectoryInfo($"{_root}/nas/{folder}").GetFiles("*.tar.zst").ToDictionary(f => f.Name, f => f.Length));
    }

    private Task<RunningOperation> RestoreAsync(string from, string target) =>
        _node.RestoreAsync(new RestoreJob { From = from, Target = new("fake", target) }, "tester", Token);

    private Task RunningAsync(RunningOperation operation) => UntilAsync(() => operation.Current.State == OperationState.Running);

    // The node works by itself; the test only waits for the result, and advances the clock if necessary.
    private async Task UntilAsync(Func<bool> isSo, TimeSpan? advance = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(
                Stopwatch.GetElapsedTime(started) < Patience,
                $"The condition was not met in time: {string.Join("; ", _node.Operations.All.Take(5))}"
            );
            await System.Threading.Tasks.Task.Delay(5, Token);
            if (advance is { } step)
            {
                _time.Advance(step);
            }
        }
    }

    private async Task StartAsync()
    {
        _store = await EmbeddedStateStore.OpenAsync($"{_root}/state/state.db", _time, Token);
        var settings = new NodeSettings
        {
            Tag = "A",
            Key = _key,
            DestinationFactories = [new LocalDestinationFactory([_root])],
            Zone = TimeZoneInfo.Utc,
            ShutdownGrace = TimeSpan.FromSeconds(1),
            SmallDatabaseConcurrency = 1,
        };
        _node = new(settings, _store, [new("fake", _source, true)], _time);
        await _node.StartAsync(Token);
    }

    private async Task StopAsync()
    {
        var stopping = _node.StopAsync();
        while (!stopping.IsCompleted)
        {
            // not much faster than the disk, which has two seconds of this clock to store changes
            _time.Advance(TimeSpan.FromSeconds(0.02));
            await System.Threading.Tasks.Task.WhenAny(stopping, System.Threading.Tasks.Task.Delay(5, Token));
        }

        await stopping;
        await _node.DisposeAsync();
        await _store.DisposeAsync();
    }

    private async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }
}
