using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Holdfast.Archive;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Restore;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Tests.Restore;

/// <summary>
/// A tenant replaces its own folder by a link to another tenant's while something is restored into it: nothing is
/// created or changed at the link's target.
/// </summary>
public sealed partial class RestoreRaceTests : IDisposable
{
    private const int CurrentFolder = -100;
    private const uint Exchange = 2;
    private const string Script =
        "PRAGMA foreign_keys=OFF;\nPRAGMA encoding='UTF-8';\nPRAGMA page_size=4096;\nBEGIN;\n"
        + "CREATE TABLE t(a);\nINSERT INTO \"t\"(rowid,\"a\") VALUES\n(1,1);\nCOMMIT;\nPRAGMA journal_mode=wal;\n";

    private readonly TestFolder _folder = new();
    private readonly byte[] _image;

    public RestoreRaceTests()
    {
        _folder.Make("mine/app.db");
        _image = File.ReadAllBytes(_folder.Make("theirs/app.db"));
        Directory.CreateSymbolicLink(_folder["link"], "theirs");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(BackupType.Snapshot, Moment.BeforeLoad)]
    [InlineData(BackupType.Snapshot, Moment.InLoad)]
    [InlineData(BackupType.Snapshot, Moment.BeforeCommit)]
    [InlineData(BackupType.Backup, Moment.BeforeLoad)]
    [InlineData(BackupType.Backup, Moment.InLoad)]
    [InlineData(BackupType.Backup, Moment.BeforeCommit)]
    public async Task A_restore_writes_nothing_through_a_folder_that_becomes_a_link_and_reports_it(BackupType type, Moment moment)
    {
        var before = Theirs();
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(type, moment, () => ExchangeNames("mine", "link")));
        ExchangeNames("mine", "link");
        Assert.Equal((ErrorCatalog.DestinationFailed, before), (failure.Error, Theirs()));
        Assert.Equal([_folder["mine/app.db"]], Directory.GetFileSystemEntries(_folder["mine"]));
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async Task A_restore_writes_nothing_through_a_folder_that_becomes_a_link_at_any_time(BackupType type)
    {
        var (before, random) = (Theirs(), new Random(1));
        for (var i = 0; i < 100; i++)
        {
            // At some time between any two steps of a restore.
            var after = TimeSpan.FromMicroseconds(Math.Pow(2, 3 + (random.NextDouble() * 9)));
            using var begins = new Barrier(2);
            var exchanging = Task.Factory.StartNew(
                () => ExchangeAfter(after, begins),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );
            begins.SignalAndWait();
            try
            {
                await RestoreAsync(type, Moment.BeforeLoad, () => { }, $"new-{i}.db");
            }
            catch (HoldfastException)
            {
                // It was a link just then, and is reported as such.
            }
            finally
            {
                await exchanging;
                ExchangeNames("mine", "link");
            }
        }

        Assert.Equal(before, Theirs());
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async Task A_restore_writes_nothing_through_a_link_in_place_of_its_work_folder(BackupType type)
    {
        var before = Theirs();
        await RestoreAsync(type, Moment.InLoad, () =>
        {
            var work = Directory.GetDirectories(_folder["mine"]).Single();
            Directory.Move(work, _folder["mine/moved"]);
            Directory.CreateSymbolicLink(work, "../theirs");
        });
        Assert.Equal(before, Theirs());
        Assert.True(new FileInfo(_folder["mine/new.db"]) is { Length: > 4096, LinkTarget: null });
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async Task Other_users_cannot_put_a_journal_or_log_beside_the_file_being_restored(BackupType type)
    {
        (string Ending, int Mode)[] seen = [];
        await RestoreAsync(type, Moment.InLoad, () =>
        {
            var entries = Directory.GetFileSystemEntries(_folder["mine"], "_holdfast_*").Order(StringComparer.Ordinal);
            seen = [.. entries.Select(path => (Path.GetExtension(path), FileStatus.Get(path)!.Value.Mode))];
        });
        Assert.Equal([("", Convert.ToInt32("40700", 8)), (".lock", Convert.ToInt32("100600", 8))], seen);
    }

    [Fact]
    public async Task A_restore_is_not_disturbed_by_concurrent_cleanups()
    {
        using var end = new CancellationTokenSource();
        var name = ""; // the cleaner gets the path: listing the folder takes too long to hit the moment
        var cleaner = Task.Run(
            () =>
            {
                while (!end.IsCancellationRequested)
                {
                    var path = _folder[$"mine/{Volatile.Read(ref name)}"];
                    if (Path.Exists(path + OrphanedFiles.LockEnding))
                    {
                        OrphanedFiles.Remove([path, path + OrphanedFiles.LockEnding], SideFiles.RestorePrefix);
                    }
                }
            },
            TestContext.Current.CancellationToken
        );
        try
        {
            using var parent = ConfinedFileAccess.OpenRoot(_folder["mine"]);
            for (var i = 0; i < 2_000; i++)
            {
                Volatile.Write(ref name, $"{SideFiles.RestorePrefix}{i:x32}");
                using var work = WorkFolder.Create(parent, name, "mine");
                File.WriteAllText(work.File.Path, "x");
                Assert.True(File.Exists(work.File.Path), $"round {i}: the file is gone");
            }
        }
        finally
        {
            await end.CancelAsync();
            await cleaner;
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder["mine"], "_holdfast_*"));
    }

    [Fact]
    public async Task A_new_lock_file_with_the_same_name_is_not_removed()
    {
        using var end = new CancellationTokenSource();
        var path = _folder[$"mine/{SideFiles.RestorePrefix}{1:x32}{OrphanedFiles.LockEnding}"];
        var cleaner = Task.Run(
            () =>
            {
                while (!end.IsCancellationRequested)
                {
                    OrphanedFiles.Remove([path], SideFiles.RestorePrefix);
                }
            },
            TestContext.Current.CancellationToken
        );
        try
        {
            for (var i = 0; i < 5_000; i++)
            {
                using var made = OwnerLock.AcquireNew(path);
                for (var look = 0; look < 10; look++)
                {
                    Assert.True(File.Exists(path), $"round {i}: the lock is gone");
                }
                File.Delete(path);
            }
        }
        finally
        {
            await end.CancelAsync();
            await cleaner;
        }
    }

    [Fact]
    public void A_folder_that_replaces_the_work_folder_is_rejected()
    {
        using var parent = ConfinedFileAccess.OpenRoot(_folder["mine"]);
        MakeOpen();
        File.CreateSymbolicLink(_folder["mine/open/open-journal"], "../../theirs/app.db");
        Refuses("open");
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }
        Directory.CreateDirectory(_folder["mine/other"], (UnixFileMode)Convert.ToInt32("700", 8));
        using (var other = ConfinedFileAccess.OpenFolder(parent, "other"))
        {
            Assert.Equal(0, Posix.ChangeOwner(other, 65533, null));
        }
        Refuses("other");

        void Refuses(string name)
        {
            var failure = Assert.Throws<HoldfastException>(() => WorkFolder.Create(parent, name, "mine"));
            Assert.Equal(ErrorCatalog.DestinationFailed, failure.Error);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_work_folder_on_a_file_system_without_modes_is_accepted(bool isRefused)
    {
        MakeOpen();
        using var parent = ConfinedFileAccess.OpenRoot(_folder["mine"]);
        using var folder = ConfinedFileAccess.OpenFolder(parent, "open");
        var user = FileStatus.Get(folder).User;
        Assert.True(WorkFolder.IsOwnFolder(folder, user, Close));
        Assert.False(WorkFolder.IsOwnFolder(folder, user + 1, Close));

        void Close(SafeFileHandle handle)
        {
            if (isRefused)
            {
                throw new UnauthorizedAccessException(); // vfat; with its option quiet, and on CIFS, nothing happens
            }
        }
    }

    [Fact]
    public void An_empty_work_folder_that_others_could_enter_is_closed_and_used()
    {
        MakeOpen();
        using var parent = ConfinedFileAccess.OpenRoot(_folder["mine"]);
        using var work = WorkFolder.Create(parent, "open", "mine");
        Assert.Equal(Convert.ToInt32("40700", 8), FileStatus.Get(_folder["mine/open"])!.Value.Mode);
    }

    [Fact]
    public async Task A_lock_file_that_is_a_link_is_neither_opened_nor_locked()
    {
        var name = $"_holdfast_restore_{new string('1', 32)}";
        File.WriteAllText(_folder[$"mine/{name}"], "left");
        File.CreateSymbolicLink(_folder[$"mine/{name}.lock"], "../theirs/app.db");
        await RestoreAsync(BackupType.Snapshot, Moment.BeforeLoad, () => { });
        Assert.True(File.Exists(_folder[$"mine/{name}"]), "a lock was opened that is a link");
    }

    [Fact]
    public async Task The_work_folder_of_a_killed_restore_is_removed_and_foreign_files_are_kept()
    {
        var (one, two) = ($"mine/_holdfast_restore_{new string('1', 32)}", $"mine/_holdfast_restore_{new string('2', 32)}");
        foreach (var (folder, file) in ((string, string)[])[(one, Path.GetFileName(one)), (two, "keep.db")])
        {
            Directory.CreateDirectory(_folder[folder]);
            File.WriteAllBytes(_folder[$"{folder}/{file}"], _image);
            File.WriteAllText(_folder[folder + ".lock"], "");
        }

        Assert.Equal(["mine/app.db", "theirs/app.db"], (await _folder.Discover()).Select(d => d.Name));
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        await source.RemoveLeftoversAsync(default);
        Assert.False(Path.Exists(_folder[one]) || Path.Exists(_folder[one + ".lock"]));
        Assert.True(Path.Exists(_folder[$"{two}/keep.db"]));
    }

    private void MakeOpen()
    {
        Directory.CreateDirectory(_folder["mine/open"]);
        File.SetUnixFileMode(_folder["mine/open"], (UnixFileMode)Convert.ToInt32("770", 8));
    }

    private async Task RestoreAsync(BackupType type, Moment moment, Action act, string name = "new.db")
    {
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        var request = new RestoreRequest($"mine/{name}", type, null, new Dictionary<string, string>(), 0)
        {
            OriginalPermissions = new("0660", "65533", "65532"),
            FileOptions = new() { RestoreMode = true, RestoreOwner = true },
        };
        await using var target = await source.BeginRestoreAsync(request, default);
        if (moment == Moment.BeforeLoad)
        {
            act();
        }
        await target.LoadAsync(new Items(type, _image, moment == Moment.InLoad ? act : () => { }), default);
        if (moment == Moment.BeforeCommit)
        {
            act();
        }
        await target.CommitAsync(default);
    }

    // Everything that would change if something was created, written, given away or deleted there.
    private string Theirs()
    {
        var all = Directory.GetFileSystemEntries(_folder["theirs"]).Append(_folder["theirs"]).Order(StringComparer.Ordinal);
        return string.Join('\n', all.Select(path => $"{path} {FileStatus.Get(path)}"));
    }

    private void ExchangeAfter(TimeSpan time, Barrier begins)
    {
        begins.SignalAndWait();
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < time)
        {
            Thread.SpinWait(10);
        }
        ExchangeNames("mine", "link");
    }

    private void ExchangeNames(string one, string other)
    {
        if (renameat2(CurrentFolder, _folder[one], CurrentFolder, _folder[other], Exchange) == 0)
        {
            return;
        }
        throw new IOException($"{Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);

    /// <summary>When the tenant acts.</summary>
    public enum Moment
    {
        BeforeLoad,
        InLoad,
        BeforeCommit,
    }

    private sealed class Items(BackupType type, byte[] image, Action act) : IItemSource
    {
        IReadOnlyList<ItemInfo> IItemSource.Items =>
            type == BackupType.Snapshot
                ? [new("database.sqlite", ItemKind.Image, image.Length, 4096)]
                : [new("dump.sql", ItemKind.Stream, Script.Length, 0)];

        public async Task CopyStreamAsync(
            string name,
            Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
            CancellationToken cancellationToken
        )
        {
            act();
            await output(Encoding.UTF8.GetBytes(Script), cancellationToken);
        }

        public Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken)
        {
            act();
            target.SetLength(image.Length);
            target.Write(0, image);
            return Task.CompletedTask;
        }
    }
}
