using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests;

/// <summary>A whole node on a state store of its own, with databases in memory and a clock that only the test moves.</summary>
public sealed class HoldfastNodeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly AgeIdentity _key = AgeIdentity.Generate();
    private readonly FakeSource _source = new();
    private EmbeddedStateStore _store = null!;
    private HoldfastNode _node = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source.Databases["a"] = new byte[20 * 4096];
        _source.Databases["b"] = new byte[30 * 4096];
        await StartAsync();
        await _node.Destinations.PutAsync(new() { Name = "nas", Kind = "local", Path = $"{_root}/nas" }, 0, Token);
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
        await _node.Sources.Items.Single().LookAsync(Token);
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b", "new");
    }

    [Fact]
    public async Task A_restored_database_is_covered_at_once()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var operation = _node.Restore(new() { From = "fake/a", Target = new("fake", "again") }, "tester");
        await operation.Ended.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, operation.Current.State);
        Assert.Equal(_source.Databases["a"], _source.Databases["again"]);
        Assert.Single(_node.Tasks.Of(new("fake", "again")));
        Assert.Equal(ErrorCatalogue.TargetExists, Assert.Throws<HoldfastException>(() => _node.Restore(new() { From = "fake/a", Target = new("fake", "b") }, "tester")).Error);
    }

    [Fact]
    public async Task An_encrypted_backup_is_restored_with_the_key_that_the_server_keeps_and_not_without()
    {
        var given = AgeIdentity.Generate();
        var template = Template();
        template = template with { Settings = template.Settings with { Encryption = new() { Mode = Core.Encryption.EncryptionMode.Key, Recipients = [given.Recipient.ToString()], EncryptSnapshots = true } } };
        await PutAsync(template);
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        Assert.All(Archives(), a => Assert.EndsWith(".age", a, StringComparison.Ordinal));
        var without = _node.Restore(new() { From = "fake/a", Target = new("fake", "again") }, "tester");
        await without.Ended.WaitAsync(Patience, Token);
        Assert.Equal((OperationState.Failed, "key-missing"), (without.Current.State, without.Current.Error!.Code));
        await _node.ArchiveKeys.PutAsync(template.Id, given, Token);
        var with = _node.Restore(new() { From = "fake/a", Target = new("fake", "again") }, "tester");
        await with.Ended.WaitAsync(Patience, Token);
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
        await UntilAsync(() => _node.StatusOf(id).LastIncrementalBackup is not null || _node.StatusOf(id).LastFullBackup > new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
        await UntilAsync(() => _node.Operations.All.Count == 4);
        Assert.Equal(2, _node.Operations.All.Count(o => o.Database.Name == "a"));
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
    public async Task Backup_now_runs_the_task_of_one_database_and_leaves_its_schedule()
    {
        await PutAsync(Template());
        var operation = _node.BackUp(new(new("fake", "a"), Task("a").Settings, BackupKind.Incremental, Task("a")), "tester");
        Assert.Same(operation, _node.BackUp(new(new("fake", "a"), Task("a").Settings, BackupKind.Full, Task("a")), "tester"));
        await operation.Ended.WaitAsync(Patience, Token);
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
        await _node.Sources.Items.Single().LookAsync(Token);
        Assert.NotNull(_node.State.Databases.Find("fake/a")!.Dropped);
        Assert.Empty(_node.Tasks.Of(new("fake", "a")));
        Assert.Equal(2, Archives().Length);
    }

    [Fact]
    public async Task Old_chains_go_after_a_full_and_the_newest_stays()
    {
        var template = Template();
        await PutAsync(template with { Settings = template.Settings with { FullBackup = "0 11 * * *", Retention = new RetentionPolicy(TimeSpan.FromDays(1)) } });
        foreach (var day in (int[])[25, 26, 27])
        {
            await ToAsync($"2026-11-{day}T11:00:00Z");
            var at = _time.GetUtcNow();
            await UntilAsync(() => _node.StatusOf(Task("a").Id).LastFullBackup == at && _node.StatusOf(Task("b").Id).LastFullBackup == at && !_node.Operations.Live.Any());
        }

        Assert.Equal(2, Directory.GetDirectories($"{_root}/nas/fake/a").Length); // that of the 25th is more than a day old
    }

    private static Template Template() => new()
    {
        Id = "0123456789",
        Name = "nightly",
        ScheduledSince = new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero),
        Settings = new() { Type = BackupType.Snapshot, FullBackup = "0 * * * *", TimeZone = "UTC", Destinations = ["nas"] },
    };

    private BackupTask Task(string database) => _node.Tasks.Of(new("fake", database)).Single();

    private async Task PutAsync(Template template) => await _node.State.Templates.PutAsync(template.Id, template, null, Token);

    private string[] Archives() => Directory.Exists($"{_root}/nas") ? Directory.GetFiles($"{_root}/nas", "*.tar.zst*", SearchOption.AllDirectories) : [];

    private async Task ToAsync(string time)
    {
        await System.Threading.Tasks.Task.Yield();
        _time.SetUtcNow(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));
    }

    private Task BackedUpAsync(params string[] names) => UntilAsync(() => names.All(n => _node.StatusOf(Task(n).Id).LastState == OperationState.Completed) && !_node.Operations.Live.Any());

    // The node works on its own; the test only waits until it shows.
    private async Task UntilAsync(Func<bool> isSo)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) < Patience, $"It did not come to that: {string.Join("; ", _node.Operations.All)}; {string.Join("; ", _node.Tasks.All.Select(t => $"{t.Database} next {_node.NextOf(t.Id)}, {_node.StatusOf(t.Id)}"))}");
            await System.Threading.Tasks.Task.Delay(5, Token);
        }
    }

    private async Task StartAsync()
    {
        _store = await EmbeddedStateStore.OpenAsync($"{_root}/state/state.db", _time, Token);
        _node = new(new() { Tag = "A", Key = _key, LocalRoots = [_root], Zone = TimeZoneInfo.Utc, ShutdownGrace = TimeSpan.FromSeconds(1) }, _store, [new("fake", _source, true)], _time);
        await _node.StartAsync(Token);
    }

    private async Task StopAsync()
    {
        await _node.StopAsync();
        await _node.DisposeAsync();
        await _store.DisposeAsync();
    }
}
