using System.Diagnostics;
using System.Globalization;
using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Tests;

namespace Holdfast.RoundTrip.Tests;

/// <summary>
/// Another process moves money at full speed while backups of all kinds run one after another and discovery polls. A
/// second database, which this process has open in a read transaction, is discovered and backed up too: its lock must
/// survive all of that.
/// </summary>
[Collection(nameof(Alone))]
public sealed class WriterTests
{
    private const string Wal = "PRAGMA journal_mode=WAL",
        WalGrows = "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0",
        Rollback = "PRAGMA journal_mode=DELETE";
    private const int BlockOfBackups = 10;
    private static readonly int Backups = Soak.IsOn ? 50 : 4;
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RollbackSlack = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestStall = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("WAL", Wal, KeyIs.None)]
    [InlineData("WAL", Wal, KeyIs.Known)]
    [InlineData("WAL", Wal, KeyIs.Unknown)]
    [InlineData("WAL never checkpointed", WalGrows, KeyIs.None)]
    [InlineData("WAL never checkpointed", WalGrows, KeyIs.Known)]
    [InlineData("WAL never checkpointed", WalGrows, KeyIs.Unknown)]
    [InlineData("rollback", Rollback, KeyIs.None)]
    [InlineData("rollback", Rollback, KeyIs.Known)]
    [InlineData("rollback", Rollback, KeyIs.Unknown)]
    public async Task Backups_are_consistent_and_hardly_block_the_writer(string mode, string pragmas, KeyIs keyIs)
    {
        Assert.SkipUnless(File.Exists(OtherProcess.Library), "SQLite3 Multiple Ciphers is not built.");
        await using var bench = new Workbench();
        var (ending, key, keyText) = keyIs == KeyIs.None ? (".db", null, null) : (".enc", TestFolder.Key, TestFolder.KeyHex);
        var (name, bystander) = ($"money{ending}", $"bystander{ending}");
        bench.Folder.Make(name, pragmas, key);
        bench.Folder.Make(bystander, pragmas, key, "CREATE TABLE t(a); INSERT INTO t VALUES(7)");
        using var held = SqliteConnection.Open(bench.Folder[bystander], SqliteConstants.OpenReadWrite, key);
        held.Execute("BEGIN");
        Assert.Equal(7, held.QueryInt64("SELECT a FROM t"));

        var archives = new List<string>();
        using var writer = OtherProcess.Start("move", bench.Folder[name], keyText, pragmas, "PRAGMA synchronous=NORMAL");
        var watch = Stopwatch.StartNew();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var polling = PollAsync(bench.Source, done.Token);
        var given = keyIs == KeyIs.Known ? key : null;
        for (var i = 0; i < Backups; i++)
        {
            var (type, kind) = Which(i, keyIs);
            await CommitAsync(bench.Folder[name], key); // a writer that stalls would leave nothing for an incremental to store
            archives.Add(await bench.BackUpWellAsync(name, type, kind, null, given));
            await bench.BackUpAsync(bystander, type, BackupKind.Full, null, given);
        }

        var elapsed = watch.Elapsed;
        var (commits, worst) = writer.Finish();
        await done.CancelAsync();
        var polls = await polling;
        Assert.Equal(
            SqliteConstants.Busy,
            OtherProcess.Try(bench.Folder[bystander], pragmas == Rollback ? "BEGIN EXCLUSIVE" : "PRAGMA journal_mode=DELETE", keyText)
        );
        held.Dispose();
        Assert.Equal(
            SqliteConstants.Ok,
            OtherProcess.Try(bench.Folder[bystander], pragmas == Rollback ? "BEGIN EXCLUSIVE" : "PRAGMA journal_mode=DELETE", keyText)
        );
        Assert.True(commits > 0 && polls > 0);

        var keys = key is null ? AgeKeys.None : AgeKeys.From(key);
        long lastLog = -1;
        foreach (var archive in archives)
        {
            var (sum, log) = TestFolder.Check(await bench.RestoreAsync(archive, keys), key);
            Assert.Equal(TestFolder.Total, sum);
            Assert.True(log >= lastLog, $"{archive} shows {log} log lines, one before it {lastLog}");
            lastLog = log;
        }

        await bench.VerifyAsync(keys);
        var (peerCommits, peer) = await BesideTheProgramAsync(pragmas, elapsed);
        Results.Write(
            "writer",
            ("mode", mode),
            ("key", keyIs.ToString()),
            ("backups", $"{Backups}"),
            ("seconds", elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)),
            ("polls", $"{polls}"),
            ("commits", $"{commits}"),
            ("longestWaitMs", $"{worst}"),
            ("commitsBesideSqlite3", $"{peerCommits}"),
            ("longestWaitBesideSqlite3Ms", $"{peer}")
        );
        if (!Soak.IsOn)
        {
            return;
        }
        var most =
            pragmas == Rollback
                ? new Engines.Sqlite.SqliteSourceConfig { Path = "/" }.MaxWriterWait + RollbackSlack
                : TimeSpan.FromMilliseconds(Math.Max(2 * peer, Noise.TotalMilliseconds));
        Assert.True(worst <= most.TotalMilliseconds, $"the writer waited for {worst} ms, and for {peer} ms beside sqlite3 .backup");
    }

    // Blocks of one type, each beginning with a full backup; without the key there are only snapshots.
    private static (BackupType Type, BackupKind Kind) Which(int i, KeyIs keyIs)
    {
        var block = Soak.IsOn ? BlockOfBackups : 2;
        return (
            keyIs == KeyIs.Unknown || i / block % 2 == 0 ? BackupType.Snapshot : BackupType.Backup,
            i % block == 0 ? BackupKind.Full : BackupKind.Incremental
        );
    }

    // Returns when the writer has committed after the call.
    private static async Task CommitAsync(string path, DatabaseKey? key)
    {
        using var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key);
        var watch = Stopwatch.StartNew();
        for (
            var before = connection.QueryInt64("SELECT max(rowid) FROM log");
            connection.QueryInt64("SELECT max(rowid) FROM log") == before;

        )
        {
            Assert.True(watch.Elapsed < LongestStall, "the writer does not commit any more");
            await Task.Delay(PollEvery, TimeProvider.System, Token);
        }
    }

    private static async Task<int> PollAsync(IDatabaseSource source, CancellationToken cancellationToken)
    {
        var polls = 0;
        using var timer = new PeriodicTimer(PollEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var found = 0;
                await foreach (var database in source.DiscoverAsync(cancellationToken))
                {
                    found += database.Problem is null ? 1 : 0;
                }
                Assert.Equal(2, found);
                polls++;
            }
        }
        catch (OperationCanceledException) { }

        return polls;
    }

    /// <summary>
    /// The same writer on the same, unencrypted, database beside <c>sqlite3 .backup</c>, one run after another for the
    /// same time.
    /// </summary>
    private static async Task<(int Commits, int Worst)> BesideTheProgramAsync(string pragmas, TimeSpan duration)
    {
        using var folder = new TestFolder();
        var path = folder.Make("money.db", pragmas);
        using var writer = OtherProcess.Start("move", path, null, pragmas, "PRAGMA synchronous=NORMAL");
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < duration)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(duration - watch.Elapsed);
            using var program = Process.Start(
                "sqlite3",
                ["-batch", "-cmd", ".timeout 20000", path, $".backup {Path.Combine(folder.Spool, "copy.db")}"]
            );
            try
            {
                await program.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                program.Kill(); // beside a writer in another process it may restart again and again
                await program.WaitForExitAsync(CancellationToken.None);
            }
        }

        return writer.Finish();
    }

    /// <summary>What the backups know of the database's key.</summary>
    public enum KeyIs
    {
        /// <summary>The database is not encrypted.</summary>
        None,

        /// <summary>The backups have the key.</summary>
        Known,

        /// <summary>The backups do not have the key.</summary>
        Unknown,
    }
}
