using System.Diagnostics;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Image;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Image;

[Trait("Category", "Slow")]
public sealed class ImageTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(32768)]
    [InlineData(65536)]
    public async Task An_image_equals_a_copy_by_sqlite3_with_any_page_size(int pageSize)
    {
        foreach (var mode in (string[])["delete", "wal"])
        {
            var path = _folder.Make(mode, $"PRAGMA page_size={pageSize}; PRAGMA journal_mode={mode}; PRAGMA wal_autocheckpoint=0");
            using var open = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite); // keeps the log from being deleted
            open.Execute(
                "PRAGMA wal_autocheckpoint=0; UPDATE account SET balance=balance+1 WHERE id%7=0; UPDATE account SET "
                    + "balance=balance-1 WHERE id%7=0; INSERT INTO log(text) VALUES('in the log')"
            );
            var image = await _folder.Image(mode);
            using (var backup = Process.Start("sqlite3", [path, $".backup {_folder.Spool}/{mode}.bak"]))
            {
                backup.WaitForExit();
            }
            Assert.Equal((TestFolder.Total, 1), TestFolder.Check(image));
            var expected = File.ReadAllBytes($"{_folder.Spool}/{mode}.bak");
            var actual = File.ReadAllBytes(image);
            Assert.Equal(expected.Length, actual.Length);
            // .backup increments the counter in the header
            Assert.True(expected.AsSpan(100).SequenceEqual(actual.AsSpan(100)), "pages differ");
        }
    }

    [Fact]
    public async Task A_log_left_by_a_crashed_writer_is_part_of_the_image_and_is_not_removed()
    {
        var path = _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        using (
            var other = OtherProcess.Start(
                "hold",
                path,
                null,
                "PRAGMA wal_autocheckpoint=0",
                "INSERT INTO log(text) VALUES('committed')",
                "BEGIN",
                "INSERT INTO log(text) VALUES('not committed')"
            )
        )
        {
            other.Kill();
        }
        var log = File.ReadAllBytes(path + "-wal");
        Assert.NotEmpty(log);
        var main = File.ReadAllBytes(path);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal((TestFolder.Total, 1), TestFolder.Check(await _folder.Image("app.db")));
        }
        Assert.Equal(main, File.ReadAllBytes(path));
        Assert.Equal(log, File.ReadAllBytes(path + "-wal"));
    }

    [Fact]
    public async Task A_log_left_by_a_crash_is_read_without_the_key_up_to_its_last_commit()
    {
        var path = _folder.Make("app.enc", "PRAGMA journal_mode=WAL", TestFolder.Key);
        using (
            var other = OtherProcess.Start(
                "hold",
                path,
                TestFolder.KeyHex,
                "PRAGMA wal_autocheckpoint=0",
                "INSERT INTO log(text) VALUES('committed')",
                "PRAGMA cache_size=5",
                "BEGIN",
                "UPDATE account SET balance=0"
            )
        )
        {
            other.Kill();
        }
        // uncommitted frames were spilled after the commit
        Assert.Equal((TestFolder.Total, 1), TestFolder.Check(await _folder.Image("app.enc"), TestFolder.Key));
        var log = File.ReadAllBytes(path + "-wal");
        Assert.True(log.Length > 100_000);
        log[50_000] ^= 1; // recovery stops there; the previous commit counts
        File.WriteAllBytes(path + "-wal", log);
        Assert.Equal((TestFolder.Total, 1), TestFolder.Check(await _folder.Image("app.enc"), TestFolder.Key));
    }

    [Theory]
    [InlineData("wal", false)]
    [InlineData("wal", true)]
    [InlineData("delete", false)]
    [InlineData("delete", true)]
    public async Task A_view_leaves_no_new_file_behind(string mode, bool encrypted)
    {
        var name = encrypted ? "app.enc" : "app.db";
        _folder.Make(name, $"PRAGMA journal_mode={mode}", encrypted ? TestFolder.Key : null);
        if (encrypted)
        {
            Assert.Equal((TestFolder.Total, 0), TestFolder.Check(await _folder.Image(name), TestFolder.Key));
        }
        Assert.Equal(
            (TestFolder.Total, 0),
            TestFolder.Check(await _folder.Image(name, encrypted ? TestFolder.Key : null), encrypted ? TestFolder.Key : null)
        );
        Assert.Equal([_folder[name]], Directory.GetFileSystemEntries(_folder.Root));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_folder.Spool), f =>
            f.Contains("holdfast-spool-", StringComparison.Ordinal) && Path.GetDirectoryName(f) != _folder.Spool
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_image_of_an_encrypted_database_is_ciphertext(bool withKey)
    {
        foreach (var mode in (string[])["delete", "wal"])
        {
            var path = _folder.Make(
                $"{mode}.enc",
                $"PRAGMA journal_mode={mode}",
                TestFolder.Key,
                "CREATE TABLE t(a); INSERT INTO t VALUES(replace(hex(zeroblob(2000)), '00', 'plain words'))"
            );
            using var open = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, TestFolder.Key);
            open.Execute("INSERT INTO t VALUES('plain words')");
            await using var view = await _folder.Open($"{mode}.enc", withKey ? TestFolder.Key : null);
            Assert.True(view.IsEncrypted);
            var image = await _folder.WriteImage(view);
            Assert.True(
                File.ReadAllBytes(image).AsSpan().IndexOf("plain words"u8) < 0 && !File.ReadAllBytes(image).AsSpan().StartsWith("SQLite"u8)
            );
            using var copy = SqliteConnection.Open(image, SqliteConstants.OpenReadWrite, TestFolder.Key);
            Assert.Equal(2, copy.QueryInt64("SELECT count(*) FROM t"));
        }
    }

    [Fact]
    public async Task A_passphrase_opens_the_database_and_a_wrong_key_is_reported()
    {
        _folder.Make("app.enc", key: DatabaseKey.FromPassphrase("correct horse"));
        Assert.Equal(
            TestFolder.Total,
            TestFolder
                .Check(
                    await _folder.Image("app.enc", DatabaseKey.FromPassphrase("correct horse")),
                    DatabaseKey.FromPassphrase("correct horse")
                )
                .Sum
        );
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => _folder.Open("app.enc", TestFolder.Key));
        Assert.Equal(ErrorCatalog.KeyWrong, failure.Error);
    }

    [Fact]
    public async Task A_hot_journal_is_rolled_back_with_the_key_and_rejected_without_it()
    {
        foreach (var (name, key) in ((string, string?)[])[("app.enc", TestFolder.KeyHex), ("app.db", null)])
        {
            var path = _folder.Make(name, key: key is null ? null : TestFolder.Key);
            using (var other = OtherProcess.Start("hold", path, key, "PRAGMA cache_size=5", "BEGIN", "UPDATE account SET balance=0"))
            {
                other.Kill();
            }
            Assert.True(new FileInfo(path + "-journal").Length > 512);
        }

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => _folder.Open("app.enc"));
        Assert.Contains("hot", failure.Message);
        Assert.Equal((TestFolder.Total, 0), TestFolder.Check(await _folder.Image("app.enc", TestFolder.Key), TestFolder.Key));
        Assert.Equal((TestFolder.Total, 0), TestFolder.Check(await _folder.Image("app.enc"), TestFolder.Key)); // no longer hot
        Assert.Equal((TestFolder.Total, 0), TestFolder.Check(await _folder.Image("app.db")));
    }

    [Theory]
    [InlineData("app.db", false)]
    [InlineData("app.enc", true)]
    [InlineData("app.enc", false)]
    public async Task A_database_that_stays_locked_is_reported_as_locked(string name, bool withKey)
    {
        var encrypted = name == "app.enc";
        var path = _folder.Make(name, key: encrypted ? TestFolder.Key : null);
        using var other = OtherProcess.Start("hold", path, encrypted ? TestFolder.KeyHex : null, "BEGIN EXCLUSIVE");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _folder.Open(name, withKey ? TestFolder.Key : null, tuning: new() { BusyTimeout = TimeSpan.FromMilliseconds(300) })
        );
        Assert.Equal(ErrorCatalog.SourceLocked, failure.Error);
    }

    [Fact]
    public async Task A_journal_of_a_running_writer_is_not_hot()
    {
        var path = _folder.Make("app.enc", key: TestFolder.Key);
        using var other = OtherProcess.Start("hold", path, TestFolder.KeyHex, "BEGIN IMMEDIATE", "UPDATE account SET balance=0 WHERE id=1");
        Assert.True(File.Exists(path + "-journal"));
        Assert.Equal((TestFolder.Total, 0), TestFolder.Check(await _folder.Image("app.enc"), TestFolder.Key));
    }

    [Fact]
    public async Task A_database_opened_by_its_application_during_a_keyless_view_works_and_the_view_detects_the_change()
    {
        var path = _folder.Make("app.enc", "PRAGMA journal_mode=WAL", TestFolder.Key);
        await using var view = await _folder.Open("app.enc", tuning: new() { MaxColdCopy = 0 });
        using (var app = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, TestFolder.Key))
        {
            app.Execute("INSERT INTO log(text) VALUES('x'); PRAGMA wal_checkpoint");
        }
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => _folder.WriteImage(view));
        Assert.Equal(ErrorCatalog.SourceConflict, failure.Error);
        Assert.Equal((TestFolder.Total, 1), TestFolder.Check(await _folder.Image("app.enc"), TestFolder.Key));
    }

    [Fact]
    public async Task A_damaged_schema_does_not_prevent_an_image()
    {
        using (var connection = SqliteConnection.Open(_folder.Make("app.db"), SqliteConstants.OpenReadWrite))
        {
            connection.Execute("PRAGMA writable_schema=1; UPDATE sqlite_schema SET sql='CREATE TABEL' WHERE name='log'");
        }
        await using var view = await _folder.Open("app.db");
        await _folder.WriteImage(view);
    }

    [Fact]
    public void Of_several_frames_of_a_page_the_newest_in_the_snapshot_is_used()
    {
        var path = _folder["x.db"];
        var bytes = new byte[32 + (3 * (24 + 512))];
        for (var i = 0; i < 3; i++)
        {
            bytes[32 + (i * 536) + 3] = (byte)(i == 1 ? 9 : 2); // page numbers 2, 9, 2; salts 0
            bytes.AsSpan(32 + (i * 536) + 24, 512).Fill((byte)(i + 1));
        }

        File.WriteAllBytes(path, [1]);
        File.WriteAllBytes(path + "-wal", bytes);
        using var file = _folder.Find("x.db");
        using var pages = new WalPages(file, [(2UL << 32) | 1, (9UL << 32) | 2, (2UL << 32) | 3], new WalHeader(512, 3, 3, 0, 0, true));
        Assert.Equal(1, pages.Count); // page 9 is beyond the end
        var image = new byte[512 * 3];
        pages.Overlay(0, image);
        Assert.Equal([0, 3, 0], [image[0], image[512], image[1024]]);
    }
}
