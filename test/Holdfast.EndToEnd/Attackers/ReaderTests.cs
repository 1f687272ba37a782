using System.Diagnostics;
using System.Text.Json.Nodes;
using Holdfast.Core.Encryption;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.EndToEnd.Attackers;

/// <summary>
/// Databases in folders that other users can write to are read by separate processes, here of a real server. If one of
/// them ends, the server continues, that one database fails, and the others are backed up.
/// </summary>
[Trait("Category", "Slow")]
public sealed class ReaderTests : IAsyncLifetime
{
    private const int Neighbours = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Workspace _place = new();
    private ServerProcess _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Victim => $"{_place.Source}/victim.db";

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_place.Destination);
        File.SetUnixFileMode(_place.Source, (UnixFileMode)0b111_111_111);
        for (var i = 0; i < Neighbours; i++)
        {
            _place.Make($"neighbour{i}.db", rows: 200, mode: i % 2 == 0 ? "wal" : "delete");
        }
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination);
        await _server.StartAsync();
        await _server.SendAsync(
            HttpMethod.Put,
            "destinations/nas",
            new JsonObject { ["kind"] = "local", ["path"] = $"{_place.Destination}/nas" }
        );
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        _place.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("Snapshot")]
    [InlineData("Backup")]
    public async Task A_killed_reader_affects_no_backup_of_another_database(string type)
    {
        _place.Make("victim.db", rows: 60, rowBytes: 1_000_000, mode: "wal");
        await DefineAsync(type);
        var process = _server.Id;
        using (var stop = new CancellationTokenSource())
        {
            var killing = Task.Run(() => KillAsync(stop.Token), Token);
            await BackUpAllAsync();
            await stop.CancelAsync();
            Assert.True(await killing >= 2, "it was not killed twice");
        }

        await OnlyTheVictimFailedAsync("SIGKILL");
        Assert.Equal(process, _server.Id);
        // The next successful backup clears the failure.
        await BackUpAllAsync();
        Assert.All(await BackupsAsync(), b => Assert.Equal("Completed", b.State));
    }

    [Fact]
    public async Task A_reader_whose_mapped_file_is_truncated_affects_no_backup_of_another_database()
    {
        // SQLite only opens a database whose pages do not fit into the spool folder: this one claims to be that large.
        _place.Make("victim.db", rows: 60, rowBytes: 1_000_000, mode: "wal");
        var size = new DriveInfo(_server.Temporary).AvailableFreeSpace / 4096 * 4096;
        await Child.ShellAsync($"truncate -s {size} '{Victim}'");
        using (var owner = SqliteConnection.Open(Victim, SqliteConstants.OpenReadWrite))
        {
            owner.Execute("PRAGMA wal_autocheckpoint=0; UPDATE t SET s = s || ' once more', v = zeroblob(length(v))");
            await DefineAsync("Backup");
            using (var stop = new CancellationTokenSource())
            {
                var shrinking = Task.Run(() => ShrinkAsync(stop.Token), Token);
                await BackUpAllAsync();
                await stop.CancelAsync();
                Assert.True(await shrinking >= 2, "its memory was not taken away twice");
            }
        }

        await OnlyTheVictimFailedAsync("SIGBUS");
        Assert.Equal(0, await _server.StopAsync());
    }

    [Fact]
    public async Task The_server_itself_neither_maps_nor_opens_files_of_other_users()
    {
        _place.Make("victim.db", rows: 60, rowBytes: 1_000_000, mode: "wal");
        using var owner = SqliteConnection.Open(Victim, SqliteConstants.OpenReadWrite);
        owner.Execute("PRAGMA wal_autocheckpoint=0; UPDATE t SET s = s || ' once more'");
        foreach (var type in (string[])["Snapshot", "Backup"])
        {
            await DefineAsync(type);
            using var stop = new CancellationTokenSource();
            var looking = Task.Run(() => DiscoverAsync(stop.Token), Token);
            await BackUpAllAsync();
            await stop.CancelAsync();
            var (looks, read) = await looking;
            Assert.True(looks > 10 && read > 0, $"{looks} looks, {read} of them while it was read");
            Assert.All(await BackupsAsync(), b => Assert.Equal("Completed", b.State));
        }
    }

    [Fact]
    public async Task A_reader_receives_keys_only_through_its_input()
    {
        if (!CipherSupport.IsAvailable)
        {
            Assert.Skip("SQLite3 Multiple Ciphers was not built.");
        }
        var key = Enumerable.Range(1, 32).Select(i => (byte)(i * 7)).ToArray();
        _place.Make("a.enc.db", rows: 20, rowBytes: 1_000_000, key: DatabaseKey.FromRaw(key));
        await Served.SecretAsync($"{_place.Root}/db.key", Convert.ToBase64String(key));
        using var process = Child.Start(
            "env", // replaced by the command; the environment of this process is shared with other tests
            [
                "PGPASSWORD=of-another-server",
                Child.Holdfast,
                "backup",
                "--source",
                _place.Source,
                "--to",
                $"{_place.Destination}/own",
                "--database",
                "a.enc.db",
                "--encrypted",
                "*.enc.db",
                "--database-key",
                $"*.enc.db={_place.Root}/db.key",
            ],
            data: _place.Data
        );
        var seen = "";
        while (!process.HasExited)
        {
            foreach (var reader in ReaderChildren.Of(process.Id))
            {
                seen += ReaderChildren.Text(reader, "cmdline") + ReaderChildren.Text(reader, "environ");
            }
        }

        var ended = await Child.EndAsync(process);
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Contains("read-sqlite", seen, StringComparison.Ordinal);
        Assert.Contains("PATH=", seen, StringComparison.Ordinal);
        foreach (var secret in (string[])[Convert.ToBase64String(key), Convert.ToHexString(key), "of-another-server", "db.key"])
        {
            Assert.DoesNotContain(secret, seen, StringComparison.OrdinalIgnoreCase);
        }
    }

    // Kills each process that has the victim open.
    private async Task<int> KillAsync(CancellationToken stop)
    {
        var killed = new HashSet<int>();
        while (!stop.IsCancellationRequested)
        {
            foreach (var reader in ReaderChildren.Of(_server.Id).Where(r => !killed.Contains(r) && ReaderChildren.HasOpen(r, Victim)))
            {
                using var kill = Process.Start("kill", ["-KILL", $"{reader}"]);
                await kill.WaitForExitAsync(Token);
                killed.Add(reader);
            }
        }

        return killed.Count;
    }

    // Truncates the index of the log as soon as SQLite reads the database by it, and restores it afterwards. In another
    // process, because one that has the database open would lose its own locks.
    private async Task<int> ShrinkAsync(CancellationToken stop)
    {
        var count = 0;
        await Child.ShellAsync($"cp '{Victim}-shm' '{_place.Root}/shm'");
        while (!stop.IsCancellationRequested)
        {
            var readers = ReaderChildren.Of(_server.Id).Where(r => ReaderChildren.HasOpen(r, $"{Victim}-wal", toWrite: true)).ToList();
            if (readers.Count == 0)
            {
                continue;
            }
            await Child.ShellAsync(
                $"truncate -s 0 '{Victim}-shm'; for i in $(seq 500); do [ -e /proc/{readers[0]} ] || break; sleep 0.02; done; "
                    + $"dd if='{_place.Root}/shm' of='{Victim}-shm' conv=notrunc status=none"
            );
            count++;
        }

        return count;
    }

    private async Task<(int Looks, int Read)> DiscoverAsync(CancellationToken stop)
    {
        var (looks, read) = (0, 0);
        for (; !stop.IsCancellationRequested; looks++)
        {
            await Task.Yield();
            Assert.DoesNotContain(_place.Source, ReaderChildren.Text(_server.Id, "maps"), StringComparison.Ordinal);
            if (ReaderChildren.Of(_server.Id).Any(r => ReaderChildren.HasOpen(r, Victim)))
            {
                read++;
            }
        }

        return (looks, read);
    }

    private async Task DefineAsync(string type) =>
        await _server.SendAsync(
            HttpMethod.Put,
            "server-wide-backups/all",
            new JsonObject
            {
                ["type"] = type,
                ["fullBackup"] = "0 0 29 2 *",
                ["incrementalBackup"] = "0 0 29 2 *",
                ["timeZone"] = "UTC",
                ["retention"] = new JsonObject { ["minimumAgeDays"] = 14 },
                ["destinations"] = new JsonArray("nas"),
            }
        );

    private async Task BackUpAllAsync()
    {
        await _server.UntilAsync(
            async () =>
                (await _server.ListAsync("databases")).Count(d => d["state"]!.GetValue<string>() != "Dropped")
                == Neighbours + (File.Exists(Victim) ? 1 : 0),
            "the databases are not found"
        );
        await _server.SendAsync(HttpMethod.Post, "server-wide-backups/all/backup", new JsonObject { ["kind"] = "Full" });
        await _server.QuietAsync().WaitAsync(Patience, Token);
    }

    private async Task OnlyTheVictimFailedAsync(string how)
    {
        var backups = await BackupsAsync();
        Assert.Equal(Neighbours + 1, backups.Count);
        foreach (var (database, state, operation) in backups)
        {
            Assert.True(
                state == (database.EndsWith("victim.db", StringComparison.Ordinal) ? "Failed" : "Completed"),
                operation.ToJsonString()
            );
            if (state != "Failed")
            {
                continue;
            }
            var error = operation["error"]!;
            Assert.Equal("source-reader-ended", error["code"]!.GetValue<string>());
            Assert.Contains(how, error["message"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.NotEmpty(error["hint"]!.GetValue<string>());
        }
    }

    // The newest operation of each database.
    private async Task<List<(string Database, string State, JsonNode Operation)>> BackupsAsync() =>
        [
            .. (await _server.ListAsync("operations?limit=100"))
                .Where(o => o["kind"]!.GetValue<string>() == "Backup")
                .Select(o => (Database: o["database"]!.ToString(), State: o["state"]!.GetValue<string>(), Operation: o))
                .DistinctBy(o => o.Database),
        ];
}
