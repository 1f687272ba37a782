using System.Text;
using Holdfast.Archive.Items;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Restore;

public sealed class RestoreTests : IDisposable
{
    private static readonly Dictionary<string, string> None = [];
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_restored_image_appears_complete_and_private_under_its_name()
    {
        _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        var fingerprint = new Dictionary<string, string>
        {
            ["page-size"] = "4096",
            ["pages"] = $"{new FileInfo(_folder["app.db"]).Length / 4096}",
            ["encrypted"] = "false",
        };
        await using var source = Source();
        await using (
            var target = await source.BeginRestoreAsync(new("new/deep/app.db", BackupType.Snapshot, null, fingerprint, 1000), default)
        )
        {
            await target.LoadAsync(new ImageItems(File.ReadAllBytes(_folder["app.db"])), default);
            Assert.False(File.Exists(_folder["new/deep/app.db"]));
            Assert.Equal(["app.db"], (await _folder.Discover()).Select(d => d.Name));
            await source.RemoveLeftoversAsync(default); // a running restore is left alone
            await target.CommitAsync(default);
        }

        Assert.Equal([_folder["new/deep/app.db"]], Directory.GetFileSystemEntries(_folder["new/deep"]));
        Assert.Equal(Convert.ToInt32("600", 8), FileStatus.Get(_folder["new/deep/app.db"])!.Value.Mode & 0xFFF);
        Assert.Equal((TestFolder.Total, 0), TestFolder.Check(_folder["new/deep/app.db"]));
    }

    [Fact]
    public async Task A_restore_that_is_not_committed_leaves_nothing_behind()
    {
        await using var source = Source();
        await using (var target = await source.BeginRestoreAsync(new("new/app.db", BackupType.Snapshot, null, None, 0), default))
        {
            await target.LoadAsync(new ImageItems(Database()), default);
        }
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public async Task Nothing_is_ever_overwritten()
    {
        _folder.Make("app.db");
        await using var source = Source();
        Assert.Equal(
            ErrorCatalog.TargetExists,
            (
                await Assert.ThrowsAsync<HoldfastException>(() =>
                    source.BeginRestoreAsync(new("app.db", BackupType.Snapshot, null, None, 0), default)
                )
            ).Error
        );
        File.WriteAllText(_folder["b.db-wal"], "x");
        Assert.Equal(
            ErrorCatalog.TargetExists,
            (
                await Assert.ThrowsAsync<HoldfastException>(() =>
                    source.BeginRestoreAsync(new("b.db", BackupType.Snapshot, null, None, 0), default)
                )
            ).Error
        );
        await using var target = await source.BeginRestoreAsync(new("c.db", BackupType.Snapshot, null, None, 0), default);
        await target.LoadAsync(new ImageItems(Database()), default);
        File.WriteAllText(_folder["c.db"], "came meanwhile");
        Assert.Equal(ErrorCatalog.TargetExists, (await Assert.ThrowsAsync<HoldfastException>(() => target.CommitAsync(default))).Error);
        Assert.Equal("came meanwhile", File.ReadAllText(_folder["c.db"]));
    }

    [Theory]
    [InlineData("../x.db")]
    [InlineData("a/../../x.db")]
    [InlineData("/tmp/x.db")]
    [InlineData("a//b")]
    [InlineData("./x.db")]
    [InlineData("x\0.db")]
    [InlineData("link/x.db")]
    [InlineData("")]
    public async Task A_name_that_leads_out_of_the_directory_is_rejected(string name)
    {
        Directory.CreateSymbolicLink(_folder["link"], _folder.Spool);
        await using var source = Source();
        Assert.Equal(
            ErrorCatalog.Usage,
            (
                await Assert.ThrowsAsync<HoldfastException>(() =>
                    source.BeginRestoreAsync(new(name, BackupType.Snapshot, null, None, 0), default)
                )
            ).Error
        );
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Spool));
    }

    [Fact]
    public async Task An_image_that_does_not_match_its_manifest_is_rejected()
    {
        await using var source = Source();
        foreach (
            var (fingerprint, error) in ((Dictionary<string, string>, Error)[])
                [(new() { ["pages"] = "1" }, ErrorCatalog.Corrupt), (new() { ["encrypted"] = "true" }, ErrorCatalog.Refused)]
        )
        {
            await using var target = await source.BeginRestoreAsync(new("app.db", BackupType.Snapshot, null, fingerprint, 0), default);
            Assert.Equal(
                error,
                (await Assert.ThrowsAsync<HoldfastException>(() => target.LoadAsync(new ImageItems(Database()), default))).Error
            );
        }

        await using var other = await source.BeginRestoreAsync(new("app.db", BackupType.Snapshot, null, None, 0), default);
        Assert.Equal(
            ErrorCatalog.Refused,
            (
                await Assert.ThrowsAsync<HoldfastException>(() => other.LoadAsync(new ImageItems(Database(), "../../etc/passwd"), default))
            ).Error
        );
    }

    [Fact]
    public async Task Insufficient_space_is_reported_before_anything_is_created()
    {
        await using var source = Source();
        Assert.Equal(
            ErrorCatalog.DestinationFull,
            (
                await Assert.ThrowsAsync<HoldfastException>(() =>
                    source.BeginRestoreAsync(new("app.db", BackupType.Snapshot, null, None, long.MaxValue), default)
                )
            ).Error
        );
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public async Task Leftovers_of_killed_restores_are_removed_in_all_folders()
    {
        Directory.CreateDirectory(_folder["a"]);
        var (one, two) = (new string('1', 32), new string('2', 32));
        string[] restores =
        [
            $"_holdfast_restore_{one}",
            $"_holdfast_restore_{one}-journal",
            $"_holdfast_restore_{one}.lock",
            $"a/_holdfast_restore_{two}",
            "a/keep",
        ];
        foreach (var name in restores)
        {
            File.WriteAllText(_folder[name], "x");
        }
        foreach (var name in (string[])[$"holdfast-spool-{one}", $"holdfast-spool-{one}.lock", "other"])
        {
            File.WriteAllText(Path.Combine(_folder.Spool, name), "x");
        }
        await using var source = Source();
        await source.RemoveLeftoversAsync(default);
        Assert.Equal([Path.Combine(_folder.Spool, "other")], Directory.GetFiles(_folder.Spool));
        Assert.Equal([_folder["a/keep"]], Directory.GetFiles(_folder.Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_script_is_loaded_at_a_temporary_path_with_the_key()
    {
        (string Path, DatabaseKey? Key, string Text) seen = default;
        var script = new ScriptFormat(
            (_, _, _) => throw new NotSupportedException(),
            async (file, key, copy, _, token) =>
            {
                var text = new StringBuilder();
                await copy(
                    (bytes, _) =>
                    {
                        text.Append(Encoding.UTF8.GetString(bytes.Span));
                        return default;
                    }
                );
                seen = (file.Path, key, text.ToString());
                await File.WriteAllTextAsync(file.Path, "made", token);
                return ["what to know"];
            }
        );
        await using var source = new SqliteEngine(TimeProvider.System, script, new()).Attach(_folder.Config());
        await using (var target = await source.BeginRestoreAsync(new("app.db", BackupType.Backup, TestFolder.Key, None, 0), default))
        {
            await target.LoadAsync(new ScriptItems("SELECT 1;"), default);
            Assert.Equal(["what to know"], target.Warnings);
            await target.CommitAsync(default);
        }

        Assert.StartsWith("_holdfast_restore_", Path.GetFileName(seen.Path));
        Assert.Equal((TestFolder.RawKey, "SELECT 1;"), (seen.Key?.Raw, seen.Text));
        Assert.Equal([_folder["app.db"]], Directory.GetFileSystemEntries(_folder.Root));
    }

    private static byte[] Database()
    {
        using var other = new TestFolder();
        return File.ReadAllBytes(other.Make("x"));
    }

    private IDatabaseSource Source() => new SqliteEngine(TimeProvider.System).Attach(_folder.Config());

    private sealed class ImageItems(byte[] image, string name = "database.sqlite") : IItemSource
    {
        public IReadOnlyList<ItemInfo> Items => [new(name, ItemKind.Image, image.Length, 4096)];

        public Task CopyStreamAsync(
            string name,
            Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();

        public Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken)
        {
            target.SetLength(image.Length);
            for (var page = (image.Length / 4096) - 1; page >= 0; page--)
            {
                target.Write(page * 4096, image.AsSpan(page * 4096, 4096));
            }
            var back = new byte[4096];
            target.Read(0, back);
            Assert.True(back.AsSpan().SequenceEqual(image.AsSpan(0, 4096)));
            return Task.CompletedTask;
        }
    }

    private sealed class ScriptItems(string text) : IItemSource
    {
        public IReadOnlyList<ItemInfo> Items => [new("dump.sql", ItemKind.Stream, text.Length, 0)];

        public async Task CopyStreamAsync(
            string name,
            Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
            CancellationToken cancellationToken
        ) => await output(Encoding.UTF8.GetBytes(text), cancellationToken);

        public Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
