using System.Diagnostics;

namespace Holdfast.EndToEnd;

/// <summary>Destinations that are full, read-only or missing.</summary>
public sealed class DestinationTests : IDisposable
{
    private readonly Workspace _place = new();
    private readonly List<string> _mounts = [];

    public void Dispose()
    {
        foreach (var mount in _mounts)
        {
            using var process = Process.Start(new ProcessStartInfo("umount", ["-l", mount]) { RedirectStandardError = true });
            process!.WaitForExit();
        }

        _place.Dispose();
    }

    [Theory]
    [InlineData("full")]
    [InlineData("incremental")]
    public async Task A_full_destination_is_8_and_keeps_no_incomplete_archive(string kind)
    {
        await MountAsync(_place.Destination, "size=4m");
        _place.Make("a.db", rows: 100);
        await _place.BackupAsync(0, "snapshot", "full");
        // More than fits, but not so much that it is rejected before it begins.
        _place.Sql(
            "a.db",
            "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i+1 FROM n WHERE i<1600) INSERT INTO t SELECT i, "
                + "randomblob(10000), '' FROM n"
        );
        var report = await _place.BackupAsync(8, "snapshot", kind);
        Assert.Equal("destination-full", report["items"]![0]!["error"]!["code"]!.GetValue<string>());
        Assert.Empty(_place.Leftovers());
        Assert.Single(_place.Archives());
        await _place.HoldfastAsync(0, "verify", _place.Destination);
        // After space was freed, the next one succeeds.
        _place.Sql("a.db", "DELETE FROM t WHERE id >= 1000; VACUUM");
        await _place.BackupAsync(0, "snapshot", kind);
        await _place.ComesBackAsync(_place.Archives()[^1], _place.SourceContents("a.db"));
    }

    [Fact]
    public async Task A_destination_with_too_little_space_is_rejected_before_anything_is_written()
    {
        await MountAsync(_place.Destination, "size=256k");
        _place.Make("a.db", rows: 1000, rowBytes: 10_000);
        var report = await _place.BackupAsync(8, "snapshot", "full");
        Assert.Equal("destination-full", report["items"]![0]!["error"]!["code"]!.GetValue<string>());
        Assert.Empty(_place.Archives());
        Assert.Empty(_place.Leftovers());
    }

    [Fact]
    public async Task A_destination_without_any_space_is_8()
    {
        await MountAsync(_place.Destination, "size=4k,nr_inodes=2");
        _place.Make("a.db");
        await FailsAsync("destination-full", "backup", "--source", _place.Source, "--to", _place.Destination, "--type", "snapshot");
    }

    [Fact]
    public async Task A_read_only_destination_is_8()
    {
        await MountAsync(_place.Destination, "size=4m");
        _place.Make("a.db");
        await _place.BackupAsync(0, "snapshot", "full");
        await Child.ShellAsync($"mount -o remount,ro '{_place.Destination}'");
        var report = await _place.BackupAsync(8, "snapshot", "full");
        Assert.Equal("destination-failed", report["items"]![0]!["error"]!["code"]!.GetValue<string>());
        Assert.Contains("read-only", report["items"]![0]!["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        // Reading still works.
        await _place.HoldfastAsync(0, "verify", _place.Destination);
        await _place.ComesBackAsync(_place.Destination, _place.SourceContents("a.db"));
        var restore = await _place.JsonAsync(8, "restore", _place.Destination, "--to", $"{_place.Destination}/x.db");
        Assert.Equal("destination-failed", restore["error"]!["code"]!.GetValue<string>());
        var extract = await _place.JsonAsync(8, "extract", _place.Destination, "--to", $"{_place.Destination}/x");
        Assert.Equal("destination-failed", extract["error"]!["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_restore_to_a_full_disk_is_8_and_leaves_nothing_behind()
    {
        _place.Make("a.db", rows: 3000);
        await _place.BackupAsync(0, "snapshot", "full");
        await MountAsync(_place.Out, "size=1m");
        var restore = await _place.JsonAsync(8, "restore", _place.Destination, "--to", $"{_place.Out}/x.db");
        Assert.Equal("destination-full", restore["error"]!["code"]!.GetValue<string>());
        var extract = await _place.JsonAsync(8, "extract", _place.Destination, "--to", $"{_place.Out}/items");
        Assert.Equal("destination-full", extract["error"]!["code"]!.GetValue<string>());
        Assert.Empty(Workspace.Files(_place.Out));
    }

    [Fact]
    public async Task An_unmounted_destination_is_8_and_nothing_is_written_below_it()
    {
        _place.Make("a.db");
        await FailsAsync(
            "destination-failed",
            "backup",
            "--source",
            _place.Source,
            "--to",
            $"{_place.Root}/mnt/disk/backups",
            "--type",
            "snapshot"
        );
        Assert.False(Directory.Exists($"{_place.Root}/mnt"));
        await File.WriteAllTextAsync($"{_place.Root}/file", "", TestContext.Current.CancellationToken);
        await FailsAsync("destination-failed", "backup", "--source", _place.Source, "--to", $"{_place.Root}/file", "--type", "snapshot");
        await FailsAsync(
            "destination-failed",
            "backup",
            "--source",
            _place.Source,
            "--to",
            $"{_place.Root}/file/below",
            "--type",
            "snapshot"
        );
    }

    [Fact]
    public async Task A_destination_that_disappears_during_a_backup_is_8_and_is_not_created_again()
    {
        for (var i = 0; i < 6; i++)
        {
            _place.Make($"{i}.db", rows: 4000, rowBytes: 4000);
        }
        foreach (var how in (string[])["moved", "removed"])
        {
            using var backup = Child.Start(
                Child.Holdfast,
                ["backup", "--source", _place.Source, "--to", _place.Destination, "--type", "snapshot", "--output", "json"],
                _place.Data
            );
            var seen = false;
            while (
                !backup.HasExited
                && !(seen = Workspace.Files($"{_place.Destination}/local").Any(f => f.EndsWith(".partial", StringComparison.Ordinal)))
            )
            {
                await Task.Yield();
            }
            Assert.True(seen);
            if (how == "moved")
            {
                Directory.Move(_place.Destination, $"{_place.Root}/away");
            }
            else
            {
                await Child.ShellAsync(
                    $"for i in 1 2 3 4 5 6 7 8 9; do rm -rf '{_place.Destination}' 2>/dev/null && break; done; ! test -e "
                        + $"'{_place.Destination}'"
                );
            }
            var ended = await Child.EndAsync(backup);
            Assert.True(ended.ExitCode is 8 or 1, $"{how}: {ended}");
            Assert.All(ended.Json["items"]!.AsArray().Where(i => i!["state"]!.GetValue<string>() != "Completed"), i =>
                Assert.Equal("destination-failed", i!["error"]!["code"]!.GetValue<string>())
            );
            Assert.False(Directory.Exists(_place.Destination), how);
        }

        await _place.BackupAsync(0, "snapshot", "full");
    }

    private async Task FailsAsync(string code, params string[] arguments)
    {
        var text = await _place.HoldfastAsync(8, arguments);
        var json = await _place.JsonAsync(8, arguments);
        var error = json["error"] ?? json["items"]![0]!["error"]!;
        Assert.Equal(code, error["code"]!.GetValue<string>());
        Assert.NotNull(error["hint"]);
        Assert.DoesNotContain("   at ", text.Error, StringComparison.Ordinal);
    }

    private async Task MountAsync(string folder, string options)
    {
        Directory.CreateDirectory(folder);
        var mounted = await Child.RunAsync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
        Assert.SkipUnless(mounted.ExitCode == 0, $"a small file system cannot be mounted here: {mounted.Error.Trim()}");
        _mounts.Add(folder);
    }
}
