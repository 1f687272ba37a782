using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Restore;

/// <summary>Owner and mode of a restored file.</summary>
public sealed class RestoredFileTests : IDisposable
{
    private static readonly string Me = Environment.UserName;
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_view_reports_owner_and_mode_of_its_file()
    {
        File.SetUnixFileMode(_folder.Make("app.db"), (UnixFileMode)Convert.ToInt32("0664", 8));
        await using var view = await _folder.Open("app.db");
        Assert.Equal(("0664", Me), (view.File!.Mode, view.File.User));
    }

    [Fact]
    public void On_a_file_system_without_hard_links_a_restore_does_not_overwrite_either()
    {
        var (made, taken, free) = (_folder.Make("made.db"), _folder.Make("taken.db"), _folder["free.db"]);
        var before = File.ReadAllBytes(taken);
        Assert.False(Posix.TryRenameReserved(made, taken));
        Assert.Equal(before, File.ReadAllBytes(taken));
        Assert.True(Posix.TryRenameReserved(made, free));
        Assert.False(File.Exists(made));
        File.Delete(taken);
        Assert.Throws<FileNotFoundException>(() => Posix.TryRenameReserved(made, taken));
        Assert.False(File.Exists(taken)); // the name is free again
    }

    [Theory]
    [InlineData("0640", "0640", 0)]
    [InlineData("0400", "0400", 0)]
    [InlineData("0644", "0640", 1)]
    [InlineData("0777", "0660", 1)]
    [InlineData("6755", "0640", 1)]
    [InlineData("1666", "0660", 1)]
    [InlineData("777777", "0660", 1)]
    public async Task Of_a_hostile_mode_only_read_and_write_permissions_of_owner_and_group_are_restored(
        string asked,
        string made,
        int warnings
    )
    {
        var (file, reported) = await RestoreAsync(new(asked, "nobody", "nogroup"), new() { RestoreMode = true });
        Assert.Equal((made, Me), (file.Mode, file.User));
        Assert.Equal(warnings, reported.Count);
    }

    [Fact]
    public async Task Owner_and_mode_are_restored_only_on_request()
    {
        var (file, reported) = await RestoreAsync(new("0664", "nobody", "nogroup"), new());
        Assert.Equal(("0600", Me), (file.Mode, file.User));
        Assert.Empty(reported);
    }

    [Fact]
    public async Task An_unknown_user_and_group_are_reported_and_the_group_gets_no_permissions()
    {
        var (file, reported) = await RestoreAsync(
            new("0660", "no-such-user", "no-such-group"),
            new() { RestoreMode = true, RestoreOwner = true }
        );
        Assert.Equal(("0600", Me), (file.Mode, file.User));
        Assert.Contains(reported, t => t.Contains("original file's owner 'no-such-user' does not exist", StringComparison.Ordinal));
        Assert.Contains(reported, t => t.Contains("original file's group 'no-such-group' does not exist", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_file_gets_its_owner_and_group_or_a_warning_with_the_reason()
    {
        var (file, reported) = await RestoreAsync(new("0660", "65533", "65532"), new() { RestoreMode = true, RestoreOwner = true });
        if (Environment.IsPrivilegedProcess)
        {
            Assert.Equal((new FilePermissions("0660", "65533", "65532"), 0), (file, reported.Count));
        }
        else
        {
            Assert.Equal(("0600", Me, 3), (file.Mode, file.User, reported.Count));
        }
    }

    [Fact]
    public async Task Without_permissions_in_the_archive_the_file_stays_private()
    {
        var (file, reported) = await RestoreAsync(null, new() { RestoreMode = true, RestoreOwner = true });
        Assert.Equal("0600", file.Mode);
        Assert.Single(reported);
    }

    [Fact]
    public async Task A_file_that_replaces_the_restored_one_is_rejected()
    {
        var secret = Path.Combine(_folder.Spool, "secret");
        File.WriteAllText(secret, "s");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead);
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        var request = new RestoreRequest("app.db", BackupType.Snapshot, null, new Dictionary<string, string>(), 0)
        {
            OriginalPermissions = new("0660", Me, Me),
            FileOptions = new() { RestoreMode = true },
        };
        await using var target = await source.BeginRestoreAsync(request, default);
        await target.LoadAsync(new ImageItems(Database()), default);
        var made = Directory.GetFiles(Directory.GetDirectories(_folder.Root).Single()).Single();
        File.Delete(made);
        File.CreateSymbolicLink(made, secret);
        Assert.Equal(
            ErrorCatalog.DestinationFailed,
            (await Assert.ThrowsAsync<HoldfastException>(() => target.CommitAsync(default))).Error
        );
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(secret));
    }

    private async Task<(FilePermissions File, IReadOnlyList<string> Told)> RestoreAsync(
        FilePermissions? original,
        FileRestoreOptions restore
    )
    {
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        var request = new RestoreRequest("app.db", BackupType.Snapshot, null, new Dictionary<string, string>(), 0)
        {
            OriginalPermissions = original,
            FileOptions = restore,
        };
        await using var target = await source.BeginRestoreAsync(request, default);
        await target.LoadAsync(new ImageItems(Database()), default);
        await target.CommitAsync(default);
        Assert.Equal(target.File!.Mode, $"0{Convert.ToString((int)File.GetUnixFileMode(_folder["app.db"]), 8).PadLeft(3, '0')}");
        return (target.File, target.Warnings);
    }

    private static byte[] Database()
    {
        using var other = new TestFolder();
        return File.ReadAllBytes(other.Make("x"));
    }

    private sealed class ImageItems(byte[] image) : IItemSource
    {
        public IReadOnlyList<ItemInfo> Items => [new("database.sqlite", ItemKind.Image, image.Length, 4096)];

        public Task CopyStreamAsync(
            string name,
            Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();

        public Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken)
        {
            target.SetLength(image.Length);
            target.Write(0, image);
            return Task.CompletedTask;
        }
    }
}
