using Holdfast.Archive.Age;
using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Node.Catalog.Search;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Backups;

/// <summary>Names at a destination that are in the future: they are reported, and no new name continues them.</summary>
public sealed class NamesAheadTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly FakeSource _source = new();
    private EmbeddedStateStore _store = null!;
    private TestNode _node = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source.Databases["a"] = new byte[20 * 4096];
        _store = await EmbeddedStateStore.OpenAsync($"{_root}/state/state.db", _time, Token);
        _node = new(
            new()
            {
                Tag = "A",
                Key = AgeIdentity.Generate(),
                DestinationFactories = [new LocalDestinationFactory([_root])],
                Zone = TimeZoneInfo.Utc,
                CatalogFile = $"{_root}/state/catalog.db",
            },
            _store,
            [new("fake", _source, true)],
            _time
        );
        await _node.StartAsync(Token);
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
        var template = new Template
        {
            Id = "0123456789",
            Name = "nightly",
            ScheduledSince = _time.GetUtcNow(),
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "0 11 1 1 *",
                TimeZone = "UTC",
                Destinations = ["nas"],
                Retention = new RetentionPolicy(TimeSpan.FromDays(1)),
            },
        };
        await _node.State.Templates.PutAsync(template.Id, template, null, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync();
        await _node.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData("9999-12-31-23-59-59")]
    [InlineData("2099-01-01-00-00-00")]
    [InlineData("2026-11-26-13-00-00")]
    public async Task A_name_in_the_future_does_not_block_backups_and_is_not_continued(string time)
    {
        var full = await BackUpAsync(BackupKind.Full);
        await RenameAsync(full, time);
        _time.Advance(TimeSpan.FromHours(1));
        _source.Databases["a"][5000]++;
        var second = await BackUpAsync(BackupKind.Full);
        Assert.StartsWith("fake/a/2026-11-25-11-00-00.", second.Path, StringComparison.Ordinal);
        Assert.Contains(second.Warnings, w => w.Contains("future", StringComparison.Ordinal));
        _time.Advance(TimeSpan.FromHours(1));
        _source.Databases["a"][9000]++;
        var incremental = await BackUpAsync(BackupKind.Incremental);
        Assert.Equal(BackupKind.Incremental, incremental.Kind);
        Assert.EndsWith("/2026-11-25-12-00-00.incremental-backup.tar.zst", incremental.Path, StringComparison.Ordinal);
        Assert.StartsWith(second.Path![..second.Path!.LastIndexOf('/')], incremental.Path, StringComparison.Ordinal);
        // It is reported and stays listed and restorable; the newest restore point is still the newest one.
        var alert = Assert.Single(
            AlertRules.Evaluate(
                new()
                {
                    Now = _time.GetUtcNow(),
                    StartedAt = _time.GetUtcNow(),
                    Tasks = [_node.Facts.Read(Task)],
                }
            ),
            a => a.Kind == AlertKind.NameAhead
        );
        Assert.Equal(("fake/a", "nas"), (alert.Subject.Database, alert.Subject.Destination));
        Assert.Contains(time, alert.Message, StringComparison.Ordinal);
        var restored = await _node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await restored.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, restored.Current.State);
        Assert.Equal(_source.Databases["a"], _source.Databases["again"]);
        // Restore points are ordered by their start times.
        var stored = await _node.Backups.FindAsync("destination:nas", Token);
        var points = await RestorePointFinder.ListAsync(stored, AgeKeys.None, Token, _node.Clock.LatestPossibleTime).ToListAsync(Token);
        Assert.Equal(["2026-11-25-12-00-00", "2026-11-25-11-00-00", time], points.Select(p => TimeStamp.Format(p.Archive.Name.Time)));
        await stored.Destination.DisposeAsync();
        var old = await _node.RestoreAsync(
            new()
            {
                From = "fake/a",
                Point = time,
                Target = new("fake", "old"),
            },
            "tester",
            Token
        );
        await old.Completion.WaitAsync(Patience, Token);
        Assert.True(old.Current.State == OperationState.Completed, $"{old.Current.Error}");
        Assert.Equal((OperationState.Completed, (byte)0), (old.Current.State, _source.Databases["old"][5000]));
    }

    [Fact]
    public async Task A_name_less_than_a_day_ahead_is_continued()
    {
        var full = await BackUpAsync(BackupKind.Full);
        await RenameAsync(full, "2026-11-26-09-00-00");
        Assert.StartsWith("fake/a/2026-11-26-09-00-01.", (await BackUpAsync(BackupKind.Full)).Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_with_an_archive_in_the_future_is_not_extended()
    {
        await BackUpAsync(BackupKind.Full);
        _time.Advance(TimeSpan.FromHours(1));
        _source.Databases["a"][5000]++;
        var incremental = await BackUpAsync(BackupKind.Incremental);
        foreach (var file in Directory.GetFiles($"{_root}/nas/fake/a", "*.incremental-backup.*", SearchOption.AllDirectories))
        {
            File.Move(file, file.Replace("/2026-11-25-11-00-00.", "/2099-01-01-00-00-00.", StringComparison.Ordinal));
        }
        _time.Advance(TimeSpan.FromHours(1));
        _source.Databases["a"][9000]++;
        var next = await BackUpAsync(BackupKind.Incremental);
        Assert.Equal(BackupKind.Full, next.Kind);
        Assert.StartsWith("fake/a/2026-11-25-12-00-00.", next.Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retention_ignores_a_name_in_the_future()
    {
        await RenameAsync(await BackUpAsync(BackupKind.Full), "2099-01-01-00-00-00");
        _time.Advance(TimeSpan.FromHours(1));
        var old = await BackUpAsync(BackupKind.Full);
        _time.Advance(TimeSpan.FromDays(2));
        await BackUpAsync(BackupKind.Full);
        Assert.False(Directory.Exists($"{_root}/nas/{old.Path![..old.Path!.LastIndexOf('/')]}"));
        Assert.Equal(2, Directory.GetDirectories($"{_root}/nas/fake/a").Length);
    }

    [Fact]
    public async Task A_chain_with_a_name_in_the_future_is_removed_only_as_it_was_shown()
    {
        await RenameAsync(await BackUpAsync(BackupKind.Full), "2099-01-01-00-00-00");
        var other = await BackUpAsync(BackupKind.Full);
        var chain = Directory.GetDirectories($"{_root}/nas/fake/a", "2099*").Single();
        var path = Path.GetRelativePath($"{_root}/nas", chain);
        var archive = Directory.GetFiles(chain, "*.tar.zst").Single();
        var shown = new Dictionary<string, long> { [Path.GetFileName(archive)] = new FileInfo(archive).Length };
        foreach (
            var wrong in (Dictionary<string, long>[])
                [
                    [],
                    new(shown) { [Path.GetFileName(archive)] = 1 },
                    new(shown) { ["another"] = 1 },
                ]
        )
        {
            var refused = await Assert.ThrowsAsync<HoldfastException>(() => _node.ChainRemoval.RemoveAsync("nas", path, wrong, Token));
            Assert.Equal(ErrorCatalog.Conflict, refused.Error);
            Assert.True(File.Exists(archive));
        }

        Assert.Equal(
            ErrorCatalog.Usage,
            (await Assert.ThrowsAsync<HoldfastException>(() => _node.ChainRemoval.RemoveAsync("nas", "fake/a", shown, Token))).Error
        );
        await _node.ChainRemoval.RemoveAsync("nas", path, shown, Token);
        Assert.False(Directory.Exists(chain));
        Assert.True(File.Exists($"{_root}/nas/{other.Path}"));
    }

    private BackupTask Task => _node.Tasks.Of(new("fake", "a")).Single();

    private async Task<OperationResult> BackUpAsync(BackupKind kind)
    {
        var operation = _node.BackUp(new(new("fake", "a"), Task.Settings, kind, Task), "tester");
        await operation.Completion.WaitAsync(Patience, Token);
        Assert.True(operation.Current.State == OperationState.Completed, $"{operation.Current.Error}");
        return operation.Current.Result!;
    }

    // As if another server with a wrong clock had created it.
    private async Task RenameAsync(OperationResult full, string time)
    {
        // The node would refuse an archive that it knows under another name.
        await _node.Catalog.ForgetAsync("nas", full.Path![..full.Path!.LastIndexOf('/')]);
        _node.State.Statuses.Set(Task.Id, _node.StatusOf(Task.Id) with { Head = null });
        var chain = $"{_root}/nas/{full.Path![..full.Path!.LastIndexOf('/')]}";
        var was = Path.GetFileName(chain)[..19];
        foreach (var file in Directory.GetFiles(chain))
        {
            File.Move(file, Path.Combine(chain, Path.GetFileName(file).Replace(was, time, StringComparison.Ordinal)));
        }
        Directory.Move(chain, chain.Replace(was, time, StringComparison.Ordinal));
    }
}
