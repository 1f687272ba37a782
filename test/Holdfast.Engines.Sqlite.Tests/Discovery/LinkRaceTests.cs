using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Discovery;

/// <summary>
/// A tenant constantly replaces its own folder or file by a link to another tenant's: nothing of the other tenant is
/// ever read under its name.
/// </summary>
public sealed partial class LinkRaceTests : IDisposable
{
    private const int Rounds = 300;
    private const int CurrentFolder = -100;
    private const uint Exchange = 2;
    private const string Secret = "a secret of the other tenant";
    private readonly TestFolder _folder = new();

    public LinkRaceTests()
    {
        Make("mine/app.db", "mine", "DELETE");
        Make("theirs/app.db", Secret, "DELETE");
        Make("theirs/only.db", Secret, "DELETE");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(BackupType.Snapshot, false)]
    [InlineData(BackupType.Backup, false)]
    [InlineData(BackupType.Backup, true)]
    public async Task A_folder_that_is_temporarily_a_link_reveals_nothing_of_its_target(BackupType type, bool withoutCopies)
    {
        Directory.CreateSymbolicLink(_folder["link"], "theirs");
        await NeverTheirsAsync("mine", "link", type, withoutCopies);
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async Task A_file_that_is_temporarily_a_link_reveals_nothing_of_its_target(BackupType type)
    {
        File.CreateSymbolicLink(_folder["mine/link"], "../theirs/app.db");
        await NeverTheirsAsync("mine/app.db", "mine/link", type);
    }

    [Theory]
    [InlineData("-wal", BackupType.Snapshot)]
    [InlineData("-wal", BackupType.Backup)]
    [InlineData("-journal", BackupType.Snapshot)]
    public async Task A_log_or_journal_that_is_temporarily_a_link_reveals_nothing_of_its_target(string ending, BackupType type)
    {
        // The other tenant's database equals this one byte for byte, except for the contents of the log or journal.
        File.Copy(_folder["mine/app.db"], _folder["theirs/app.db"], overwrite: true);
        var mode = ending == "-wal" ? "WAL" : "PERSIST";
        using var theirs = SqliteConnection.Open(_folder["theirs/app.db"], SqliteConstants.OpenReadWrite);
        theirs.Execute(
            $"PRAGMA journal_mode={mode}; PRAGMA cache_size=1; PRAGMA cache_spill=1; UPDATE t SET v = '{Secret}'; BEGIN "
                + "IMMEDIATE; UPDATE t SET v = 'again' || v"
        );
        using (var mine = SqliteConnection.Open(_folder["mine/app.db"], SqliteConstants.OpenReadWrite))
        {
            mine.Execute($"PRAGMA journal_mode={mode}");
        }
        File.Copy(_folder["theirs/app.db" + ending], _folder["theirs/kept"]);
        File.CreateSymbolicLink(_folder["mine/link"], "../theirs/kept");
        await File.WriteAllBytesAsync(_folder["mine/app.db" + ending], [], TestContext.Current.CancellationToken);
        await NeverTheirsAsync("mine/app.db" + ending, "mine/link", type);
    }

    [Fact]
    public async Task Discovery_does_not_follow_a_folder_that_has_become_a_link()
    {
        Directory.CreateSymbolicLink(_folder["link"], "theirs");
        await WhileExchangedAsync("mine", "link", async () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                Assert.DoesNotContain(await _folder.Discover(), d => d.Name is "mine/only.db" or "link/only.db");
            }
        });
    }

    [Fact]
    public async Task A_pipe_in_place_of_a_file_does_not_block()
    {
        foreach (var (name, ending) in ((string, string)[])[("main.db", ""), ("log.db", "-wal")])
        {
            Make($"mine/{name}", "mine", "WAL");
            using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", _folder[$"mine/pipe{ending}"]))
            {
                await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
            }
            await File.AppendAllTextAsync(_folder[$"mine/{name}{ending}"], "", TestContext.Current.CancellationToken);
            await NeverTheirsAsync($"mine/{name}{ending}", $"mine/pipe{ending}", BackupType.Snapshot, database: $"mine/{name}")
                .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        }
    }

    // Without room for a copy, SQLite itself opens the database: /proc has no room.
    private async Task NeverTheirsAsync(
        string name,
        string link,
        BackupType type,
        bool withoutCopies = false,
        string database = "mine/app.db"
    )
    {
        var config = withoutCopies ? _folder.Config() with { SpoolFolder = "/proc" } : _folder.Config();
        var tuning = new SqliteTuning { BusyTimeout = TimeSpan.FromMilliseconds(50), MaxDumpInMemory = withoutCopies ? 0 : 256 << 10 };
        var made = 0;
        var random = new Random(1);
        for (var i = 0; i < Rounds || made == 0; i++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            // The link is created at some time after the backup has begun, between any two of its steps. At the end
            // each name leads to its original target.
            var after = TimeSpan.FromMicroseconds(Math.Pow(2, 3 + (random.NextDouble() * 10)));
            using var begins = new Barrier(2);
            var exchanging = Task.Factory.StartNew(
                () => ExchangeAfter(after, begins, name, link),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );
            begins.SignalAndWait();
            try
            {
                await using var view = await _folder.Open(database, type: type, config: config, tuning: tuning);
                var path = await _folder.WriteImage(view);
                made++;
                Assert.True(
                    (await File.ReadAllBytesAsync(path)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0,
                    $"round {i} gave what is not theirs"
                );
                File.Delete(path);
            }
            catch (HoldfastException)
            {
                // It was a link just then, and is reported as such.
            }
            finally
            {
                await exchanging;
                ExchangeNames(name, link);
            }
        }

        Assert.True(
            (await File.ReadAllBytesAsync(_folder[database])).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0,
            "it was given what is not theirs"
        );
    }

    // At the end each name leads to its original target.
    private async Task WhileExchangedAsync(string one, string other, Func<Task> work)
    {
        using var stop = new CancellationTokenSource();
        var exchanging = Task.Factory.StartNew(
            () =>
            {
                var random = new Random(1);
                for (var i = 0; !stop.IsCancellationRequested || i % 2 != 0; i++)
                {
                    ExchangeNames(one, other);
                    // sometimes long enough for a whole backup, sometimes between any two of its steps
                    Thread.SpinWait(random.Next(random.Next(4) == 0 ? 50_000 : 500));
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        try
        {
            await work();
        }
        finally
        {
            await stop.CancelAsync();
            await exchanging;
        }
    }

    private void ExchangeAfter(TimeSpan time, Barrier begins, string one, string other)
    {
        begins.SignalAndWait();
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < time)
        {
            Thread.SpinWait(10);
        }
        ExchangeNames(one, other);
    }

    private void ExchangeNames(string one, string other)
    {
        if (renameat2(CurrentFolder, _folder[one], CurrentFolder, _folder[other], Exchange) != 0)
        {
            throw new IOException($"{Marshal.GetLastPInvokeError()}");
        }
    }

    private void Make(string name, string value, string mode) =>
        _folder.Make(
            name,
            $"PRAGMA journal_mode={mode}",
            schema: "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, pad BLOB); WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 "
                + $"FROM s WHERE i<200) INSERT INTO t SELECT i, '{value}', zeroblob(500) FROM s"
        );

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
