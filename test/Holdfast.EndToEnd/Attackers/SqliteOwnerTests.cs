using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Tests;

namespace Holdfast.EndToEnd.Attackers;

/// <summary>
/// An attacker who owns one folder of a SQLite source with a database in it, and nothing else: everything is reported
/// or backed up as it is, the server stays within its memory, and the other database is backed up each time.
/// </summary>
[Trait("Category", "Slow")]
public sealed partial class SqliteOwnerTests : IAsyncLifetime
{
    private const int CurrentFolder = -100;
    private const uint Exchange = 2;
    private const long MostMemory = 400L << 20;
    private const string Secret = "a secret of the neighbour";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Workspace _place = new();
    private ServerProcess _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Mine => $"{_place.Source}/mine";

    private string Theirs => $"{_place.Source}/theirs";

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_place.Destination);
        Make("mine/app.db", "mine");
        Make("theirs/app.db", Secret);
        File.SetUnixFileMode(Mine, (UnixFileMode)0b111_111_111);
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
    public async Task A_log_index_that_is_truncated_again_and_again_ends_no_process(string type)
    {
        // In another process, because one that maps the file would lose its own memory.
        using var tenant = Process.Start(
            new ProcessStartInfo("python3", ["-c", CutAllTheTime, $"{Mine}/app.db"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        await tenant.StandardOutput.ReadLineAsync(Token);
        for (var i = 0; i < 3; i++)
        {
            await BackUpAllAsync(type); // the attacked one may succeed or fail
        }
        tenant.Kill();
        await tenant.WaitForExitAsync(Token);
        File.Delete($"{Mine}/app.db-shm");
        Assert.Equal("Completed", (await BackUpAllAsync(type))["mine/app.db"].State);
    }

    [Theory]
    [InlineData("Snapshot")]
    [InlineData("Backup")]
    public async Task A_forged_log_index_that_claims_too_much_costs_no_memory(string type)
    {
        using (var owner = SqliteConnection.Open($"{Mine}/app.db", SqliteConstants.OpenReadWrite))
        {
            owner.Execute("PRAGMA journal_mode=WAL; UPDATE t SET v = v");
        }
        await File.WriteAllBytesAsync($"{Mine}/app.db-wal", new byte[4096], Token);
        await using (var index = File.Create($"{Mine}/app.db-shm"))
        {
            var header = new byte[136];
            foreach (var at in (int[])[0, 48])
            {
                BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(at), 3007000);
                header[at + 12] = 1; // in use
                BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(at + 14), 4096);
                BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at + 16), 500_000_000); // frames
                BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at + 20), 4_000_000_000); // pages
            }

            await index.WriteAsync(header, Token);
            index.SetLength(2L << 30);
        }

        var ended = (await BackUpAllAsync(type))["mine/app.db"];
        if (ended.State != "Completed")
        {
            AssertReportedClearly(ended);
        }
    }

    [Fact]
    public async Task Links_pipes_and_hard_links_are_not_databases()
    {
        File.CreateSymbolicLink($"{Mine}/link.db", "../theirs/app.db");
        Directory.CreateSymbolicLink($"{Mine}/folder", "../theirs");
        await Child.ShellAsync(
            $"mkfifo '{Mine}/pipe.db' '{Mine}/other.db-wal'; ln '{Mine}/app.db' '{Mine}/second.db'; cp '{Mine}/app.db' '{Mine}/other.db'"
        );
        await _server.UntilAsync(async () => (await NamesAsync()).Contains("mine/second.db"), "the second name is not listed");
        Assert.Equal(["mine/app.db", "mine/other.db", "mine/second.db", "theirs/app.db"], await NamesAsync());
        var ended = await BackUpAllAsync("Snapshot");
        // a pipe is not accepted as a log
        Assert.Equal(("Completed", "Completed"), (ended["mine/app.db"].State, ended["mine/other.db"].State));
        if (ended.TryGetValue("mine/second.db", out var second))
        {
            AssertReportedClearly(second);
            Assert.Contains("hard link", second.Operation["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Snapshot")]
    [InlineData("Backup")]
    public async Task A_file_that_claims_more_than_any_disk_holds_is_reported_at_once(string type)
    {
        await Child.ShellAsync($"cp '{Mine}/app.db' '{Mine}/huge.db'; truncate -s 15T '{Mine}/huge.db'");
        var watch = Stopwatch.StartNew();
        AssertReportedClearly((await BackUpAllAsync(type))["mine/huge.db"]);
        Assert.True(watch.Elapsed < Patience, $"{watch.Elapsed}");
    }

    [Fact]
    public async Task A_schema_that_expands_exponentially_costs_neither_time_nor_memory()
    {
        using (var owner = SqliteConnection.Open($"{Mine}/hostile.db", SqliteConstants.OpenReadWrite | SqliteConstants.OpenCreate))
        {
            owner.Execute(
                "CREATE TABLE big(id INTEGER PRIMARY KEY, a DEFAULT (zeroblob(900000000)), g AS (zeroblob(900000000)), "
                    + "CHECK(length(randomblob(900000000)) > 0 OR 1)); INSERT INTO big(id, a) VALUES(1, 'x'); CREATE VIEW v0 AS "
                    + "SELECT * FROM big, big AS other"
            );
            for (var i = 1; i < 60; i++)
            {
                owner.Execute($"CREATE VIEW v{i} AS SELECT * FROM v{i - 1} UNION ALL SELECT * FROM v{i - 1}");
            }
            owner.Execute(
                "CREATE TRIGGER tr AFTER INSERT ON big BEGIN INSERT INTO big SELECT max(id) + 1, zeroblob(900000000) FROM big; END"
            );
        }

        foreach (var type in (string[])["Snapshot", "Backup"])
        {
            var watch = Stopwatch.StartNew();
            var ended = (await BackUpAllAsync(type))["mine/hostile.db"];
            if (ended.State != "Completed")
            {
                AssertReportedClearly(ended);
            }
            Assert.True(watch.Elapsed < Patience, $"{type}: {watch.Elapsed}");
        }
    }

    [Fact]
    public async Task Damaged_databases_of_every_kind_are_reported_and_end_no_process()
    {
        var whole = await File.ReadAllBytesAsync($"{Mine}/app.db", Token);
        var random = new Random(7);
        for (var i = 0; i < 30; i++)
        {
            var bytes = (byte[])whole.Clone();
            for (var n = 0; n < 40; n++)
            {
                bytes[random.Next(100, n % 2 == 0 ? 4096 : bytes.Length)] = (byte)random.Next(256); // often the page of the schema
            }
            await File.WriteAllBytesAsync($"{Mine}/damaged{i:00}.db", bytes, Token);
        }

        foreach (var type in (string[])["Snapshot", "Backup"])
        {
            var ended = await BackUpAllAsync(type);
            Assert.Equal(32, ended.Count);
            foreach (var (_, backup) in ended.Where(b => b.Value.State != "Completed"))
            {
                AssertReportedClearly(backup);
            }
        }
    }

    [Fact]
    public async Task Names_that_are_not_UTF_8_are_listed_with_this_problem()
    {
        await Child.ShellAsync(
            $"cp '{Mine}/app.db' '{Mine}/'$'bad\\xff.db'; cp '{Mine}/app.db' '{Mine}/'$'bad\\xef\\xbf\\xbd.db'; mkdir "
                + $"'{Mine}/'$'f\\xfe'; cp '{Mine}/app.db' '{Mine}/'$'f\\xfe/x.db'"
        );
        await _server.UntilAsync(async () => (await NamesAsync()).Count == 5, "they are not listed");
        var ended = await BackUpAllAsync("Snapshot");
        Assert.Equal("Completed", ended["mine/bad\ufffd.db"].State);
        Assert.Equal(2, (await _server.ListAsync("databases")).Count(d => d.ToJsonString().Contains("UTF-8", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Snapshot")]
    [InlineData("Backup")]
    public async Task Exchanging_a_file_and_a_folder_constantly_reveals_nothing_of_another_database(string type)
    {
        Directory.CreateSymbolicLink($"{_place.Source}/link", "theirs");
        File.CreateSymbolicLink($"{Mine}/link", "../theirs/app.db");
        Make("mine/other.db", "mine too");
        using (var stop = new CancellationTokenSource())
        {
            var exchanging = Task.Factory.StartNew(
                () => ExchangeAll(stop.Token),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );
            for (var i = 0; i < 5; i++)
            {
                foreach (var (name, ended) in await BackUpAllAsync(type, isQuiet: false))
                {
                    if (ended.State != "Completed" && ended.Operation["error"] is not null)
                    {
                        AssertReportedClearly(ended);
                    }
                }
            }

            await stop.CancelAsync();
            await exchanging;
        }

        foreach (
            var archive in Workspace
                .Files($"{_place.Destination}/nas/local")
                .Where(f => f.EndsWith(".tar.zst", StringComparison.Ordinal) && !f.Contains("/theirs", StringComparison.Ordinal))
        )
        {
            Assert.Equal("0\n", await Child.ShellAsync($"zstd -dc '{archive}' | grep -c '{Secret}' || true"));
        }
    }

    [Fact]
    public async Task A_forged_journal_deletes_no_file_of_another_database()
    {
        var path = $"{Mine}/app.db";
        await File.WriteAllBytesAsync(path + "-journal", ForgedJournal.Naming($"{Theirs}/app.db", new FileInfo(path).Length), Token);
        Assert.Equal("Completed", (await BackUpAllAsync("Snapshot"))["mine/app.db"].State);
        Assert.False(File.Exists(path + "-journal"), "it was not rolled back at all");
        Assert.Contains(Secret, _place.SourceContents("theirs/app.db"), StringComparison.Ordinal);
    }

    private const string CutAllTheTime = """
        import os, sqlite3, sys
        connection = sqlite3.connect(sys.argv[1])
        connection.execute("pragma journal_mode=wal"); connection.execute("pragma wal_autocheckpoint=0")
        connection.execute("update t set v = v"); connection.commit()
        shm = sys.argv[1] + "-shm"
        kept = open(shm, "rb").read()
        child = os.fork()
        if child == 0:
            print("ready", flush=True)
            file = os.open(shm, os.O_RDWR)
            while os.getppid() != 1:
                os.ftruncate(file, 0)
                os.pwrite(file, kept, 0)
        sys.stdin.read()
        os._exit(0)
        """;

    private static void AssertReportedClearly((string State, JsonNode Operation) backup)
    {
        Assert.True(backup.State == "Failed", backup.Operation.ToJsonString());
        Assert.StartsWith(
            "source-",
            backup.Operation["error"]!["code"]!.GetValue<string>().Replace("destination-full", "source-", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.NotEmpty(backup.Operation["error"]!["hint"]!.GetValue<string>());
    }

    private void ExchangeAll(CancellationToken stop)
    {
        var random = new Random(3);
        for (var i = 0; !stop.IsCancellationRequested || i % 2 != 0; i++)
        {
            _ = renameat2(CurrentFolder, $"{Mine}/other.db", CurrentFolder, $"{Mine}/link", Exchange);
            _ = renameat2(CurrentFolder, Mine, CurrentFolder, $"{_place.Source}/link", Exchange);
            Thread.SpinWait(random.Next(random.Next(4) == 0 ? 200_000 : 500));
        }
    }

    private void Make(string name, string value) =>
        _place.Sql(
            name,
            "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, pad BLOB); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 "
                + $"FROM n WHERE i<200) INSERT INTO t SELECT i, '{value}', zeroblob(500) FROM n"
        );

    private async Task<List<string>> NamesAsync() =>
        [
            .. (await _server.ListAsync("databases"))
                .Where(d => d["state"]!.GetValue<string>() != "Dropped")
                .Select(d => d["name"]!.GetValue<string>())
                .Order(StringComparer.Ordinal),
        ];

    // Backs up all, and returns the results; the backup of the other database must succeed.
    private async Task<Dictionary<string, (string State, JsonNode Operation)>> BackUpAllAsync(string type, bool isQuiet = true)
    {
        var process = _server.Id;
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
        var files = Directory
            .EnumerateFiles(Mine)
            .Count(f => new FileInfo(f) is { LinkTarget: null, Length: > 0 } && f.EndsWith(".db", StringComparison.Ordinal));
        if (isQuiet)
        {
            await _server.UntilAsync(async () => (await NamesAsync()).Count > files, "the databases are not found");
        }
        var asked = await _server.SendAsync(HttpMethod.Post, "server-wide-backups/all/backup", new JsonObject { ["kind"] = "Full" });
        var memory = 0L;
        await _server
            .UntilAsync(
                async () =>
                {
                    foreach (var reader in ReaderChildren.Of(process))
                    {
                        memory = Math.Max(memory, ReaderChildren.PeakResidentBytes(reader));
                    }
                    return (await _server.ListAsync("operations?state=Queued&limit=1")).Count
                            + (await _server.ListAsync("operations?state=Running&limit=1")).Count
                        == 0;
                },
                "backups do not end"
            )
            .WaitAsync(Patience, Token);
        Assert.Equal(process, _server.Id);
        Assert.True(
            memory < MostMemory && _server.PeakResidentBytes < MostMemory,
            $"{memory >> 20} MiB of a reader, {_server.PeakResidentBytes >> 20} MiB of the server"
        );
        var ids = asked!["operationIds"]!.AsArray().Select(i => i!.GetValue<string>()).ToList();
        var ended = new Dictionary<string, (string, JsonNode)>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            var operation = await _server.GetAsync($"operations/{id}");
            var name = operation["database"]!.ToString();
            ended[name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]] = (operation["state"]!.GetValue<string>(), operation);
        }

        Assert.True(ended["theirs/app.db"].Item1 == "Completed", ended["theirs/app.db"].Item2.ToJsonString());
        return ended;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
