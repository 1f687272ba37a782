using System.Diagnostics;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Discovery;

/// <summary>A backup changes no files beside a database, and survives manipulated ones.</summary>
public sealed class SideFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("app.db", false, BackupType.Snapshot)]
    [InlineData("app.db", false, BackupType.Backup)]
    [InlineData("app.enc", true, BackupType.Snapshot)]
    [InlineData("app.enc", true, BackupType.Backup)]
    [InlineData("app.enc", false, BackupType.Snapshot)]
    public async Task Backing_up_an_idle_database_in_WAL_mode_creates_no_side_file(string name, bool withKey, BackupType type)
    {
        var key = name == "app.enc" ? TestFolder.Key : null;
        var path = _folder.Make(name, "PRAGMA journal_mode=WAL", key);
        await using var view = await _folder.Open(name, withKey ? key : null, type);
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
        await _folder.WriteImage(view);
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
    }

    [Theory]
    [InlineData("wal")]
    [InlineData("persist")]
    public async Task A_key_is_verified_even_if_the_schema_is_longer_than_the_copied_pages(string mode)
    {
        var tables = string.Concat(
            Enumerable.Range(0, 400).Select(i => $"CREATE TABLE table_with_a_long_name_{i}(a /* {new string('x', 400)} */);")
        );
        _folder.Make("app.enc", $"PRAGMA journal_mode={mode}", TestFolder.Key, TestFolder.Schema + tables);
        Assert.Equal(TestFolder.Total, TestFolder.Check(await _folder.Image("app.enc", TestFolder.Key), TestFolder.Key).Sum);
    }

    [Theory]
    [InlineData("-wal")]
    [InlineData("-shm")]
    [InlineData("-journal")]
    public void A_side_file_that_cannot_be_inspected_is_not_treated_as_missing(string ending)
    {
        _folder.Make("closed/app.db");
        var folder = _folder["closed"];
        using var file = _folder.Find("closed/app.db");
        File.WriteAllBytes($"{folder}/app.db{ending}", new byte[100]);
        Assert.Equal(100, file.GetSideFileStatus(ending)!.Value.Size);
        File.SetUnixFileMode(folder, UnixFileMode.None);
        var failure = Assert.Throws<HoldfastException>(() => OrdinaryUser.Run(() => file.GetSideFileStatus(ending)));
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_000_000);
        Assert.Equal(ErrorCatalog.SourceUnreadable, failure.Error);
        Assert.Contains($"closed/app.db{ending}' cannot be read", failure.Message, StringComparison.Ordinal);
        File.Delete($"{folder}/app.db{ending}");
        Assert.Null(file.GetSideFileStatus(ending));
    }

    [Fact]
    public void A_database_whose_name_is_too_long_for_a_log_has_none()
    {
        var name = new string('n', 252) + ".d";
        _folder.Make("short.db");
        File.Move(_folder["short.db"], _folder[name]);
        using var file = _folder.Find(name);
        Assert.Null(file.GetSideFileStatus("-wal"));
    }

    [Fact]
    public async Task An_idle_database_that_its_application_opens_and_changes_is_read_as_it_was()
    {
        var path = _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        await using var view = await _folder.Open("app.db");
        for (var i = 0; i < 3; i++)
        {
            // opened, written to and closed
            Assert.Equal(SqliteConstants.Ok, OtherProcess.Try(path, "UPDATE account SET balance = balance + 1 WHERE id = 1"));
        }
        using (var app = OtherProcess.Start("hold", path, null, "UPDATE account SET balance = 0 WHERE id < 3"))
        {
            Assert.Equal(TestFolder.Total, TestFolder.Check(await _folder.WriteImage(view)).Sum);
        }

        Assert.Equal(TestFolder.Total - 200, TestFolder.Check(await _folder.Image("app.db")).Sum);
    }

    [Fact]
    public async Task An_index_truncated_while_mapped_does_not_crash_the_process()
    {
        var path = _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        using var app = OtherProcess.Start("hold", path, null, "PRAGMA wal_autocheckpoint=0", "UPDATE account SET balance = balance");
        using var tenant = Process.Start(
            new ProcessStartInfo("python3", ["-c", Truncate, path + "-shm"]) { RedirectStandardInput = true }
        )!;
        var tuning = new SqliteTuning { BusyTimeout = TimeSpan.FromMilliseconds(200) };
        for (var i = 0; i < 30; i++)
        {
            try
            {
                await using var view = await _folder.Open("app.db", tuning: tuning);
                await _folder.WriteImage(view);
            }
            catch (HoldfastException)
            {
                // The owner's own doing. What matters is that this process is still running.
            }
        }

        tenant.StandardInput.Close();
        await tenant.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private const string Truncate = """
        import os, select, sys, time
        f = open(sys.argv[1], 'r+b'); good = f.read()
        while not select.select([sys.stdin], [], [], 0.0005)[0]:
            os.ftruncate(f.fileno(), 0); time.sleep(0.0005); os.pwrite(f.fileno(), good, 0); time.sleep(0.001)
        """;
}
