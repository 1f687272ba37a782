using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Engines.Sqlite;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Outputs;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.EndToEnd;

/// <summary>Names of archives when the clock changes.</summary>
public sealed class ClockTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly Workspace _place = new();
    private readonly AgeIdentity _node = AgeIdentity.Generate();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Two_backups_in_one_second_get_different_names()
    {
        _place.Make("a.db");
        Assert.Equal("2026-11-23-12-00-00.A-snapshot/2026-11-23-12-00-00.snapshot.tar.zst", await RunAsync(Noon, BackupKind.Full));
        _place.Sql("a.db", "DELETE FROM t WHERE id = 1");
        Assert.Equal(
            "2026-11-23-12-00-00.A-snapshot/2026-11-23-12-00-01.incremental-backup.tar.zst",
            await RunAsync(Noon.AddMilliseconds(300), BackupKind.Incremental)
        );
        Assert.Equal(
            "2026-11-23-12-00-02.A-snapshot/2026-11-23-12-00-02.snapshot.tar.zst",
            await RunAsync(Noon.AddMilliseconds(900), BackupKind.Full)
        );
        await _place.HoldfastAsync(0, "verify", _place.Destination);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_changes_neither_the_order_nor_the_newest_restore_point()
    {
        _place.Make("a.db");
        await RunAsync(Noon, BackupKind.Full);
        _place.Sql("a.db", "DELETE FROM t WHERE id = 1");
        Assert.Equal(
            "2026-11-23-12-00-00.A-snapshot/2026-11-23-12-00-01.incremental-backup.tar.zst",
            await RunAsync(Noon.AddHours(-3), BackupKind.Incremental)
        );
        _place.Sql("a.db", "DELETE FROM t WHERE id = 2");
        Assert.Equal(
            "2026-11-23-12-00-00.A-snapshot/2026-11-23-12-00-02.incremental-backup.tar.zst",
            await RunAsync(Noon.AddYears(-20), BackupKind.Incremental)
        );
        await _place.ComesBackAsync(_place.Chains("a.db")[0], _place.SourceContents("a.db"));
        Assert.Equal(
            "2026-11-23-12-00-03.A-snapshot/2026-11-23-12-00-03.snapshot.tar.zst",
            await RunAsync(Noon.AddDays(-1), BackupKind.Full)
        );
        _place.Sql("a.db", "DELETE FROM t WHERE id = 3");
        Assert.Equal(
            "2026-11-23-12-00-03.A-snapshot/2026-11-23-12-00-04.incremental-backup.tar.zst",
            await RunAsync(Noon.AddDays(-1), BackupKind.Incremental)
        );
        await _place.HoldfastAsync(0, "verify", _place.Destination);
    }

    [Fact]
    public async Task A_chain_with_changed_names_is_ordered_by_its_ids()
    {
        _place.Make("a.db");
        await RunAsync(Noon, BackupKind.Full);
        _place.Sql("a.db", "DELETE FROM t WHERE id = 1");
        await RunAsync(Noon.AddHours(1), BackupKind.Incremental);
        _place.Sql("a.db", "DELETE FROM t WHERE id = 2");
        await RunAsync(Noon.AddHours(2), BackupKind.Incremental);
        // Swaps the names of the two incrementals, and gives the full archive a later one than both.
        var folder = _place.Chains("a.db")[0];
        await Child.ShellAsync(
            "mv 2026-11-23-13-00-00.incremental-backup.tar.zst x; mv 2026-11-23-14-00-00.incremental-backup.tar.zst "
                + "2026-11-23-13-00-00.incremental-backup.tar.zst; mv x 2026-11-23-14-00-00.incremental-backup.tar.zst; mv "
                + "2026-11-23-12-00-00.snapshot.tar.zst 2026-11-23-15-00-00.snapshot.tar.zst",
            folder
        );
        // a name earlier than the time in its archive is reported
        await _place.ComesBackAsync(folder, _place.SourceContents("a.db"), null, "--allow-mismatch");
    }

    [Fact]
    public async Task A_chain_copied_to_the_folder_of_another_database_is_not_extended()
    {
        _place.Make("a.db");
        await RunAsync(Noon, BackupKind.Full);
        File.Copy($"{_place.Source}/a.db", $"{_place.Source}/b.db");
        await Child.ShellAsync("cp -r a.db b.db", $"{_place.Destination}/local");
        var report = await _place.BackupAsync(0, "snapshot", "incremental", "--database", "b.db");
        Assert.Equal("Full", report["items"]![0]!["kind"]!.GetValue<string>());
        Assert.Contains("another database", report["items"]![0]!["warnings"]!.ToJsonString(), StringComparison.Ordinal);
        await _place.ComesBackAsync(_place.Chains("b.db")[^1], _place.SourceContents("b.db"));
    }

    private async Task<string> RunAsync(DateTimeOffset now, BackupKind kind)
    {
        var token = TestContext.Current.CancellationToken;
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        time.AdjustTime(now);
        var engine = new SqliteEngine(TimeProvider.System);
        await using var source = engine.Attach(new SqliteSourceConfig { Name = "local", Path = _place.Source });
        await using var destination = LocalDestination.Open(_place.Destination, create: true);
        var runner = new DatabaseBackup(
            engine.Name,
            source,
            [destination],
            new()
            {
                Type = BackupType.Snapshot,
                Kind = kind,
                Node = "A",
                NodeKey = _node,
            },
            OutputResources.Create(),
            time
        );
        await foreach (var database in source.DiscoverAsync(token))
        {
            var outcome = await runner.RunAsync(database, null, new(1), () => { }, token);
            Assert.True(outcome.State == BackupState.Completed, $"{outcome}");
            return outcome.Path!["local/a.db/".Length..];
        }

        throw new InvalidOperationException("No database.");
    }
}
