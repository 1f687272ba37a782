using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Tests.Tools;

public sealed class ToolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(13, "15.14")] // the next newer one if the server's own is not installed
    [InlineData(15, "15.14")] // the newest of a major version
    [InlineData(16, "17.6")]
    public async Task The_servers_major_version_or_the_next_newer_one_is_selected(int server, string taken)
    {
        foreach (var version in new[] { "12.9", "15.3", "15.14", "18.0", "17.6" })
        {
            Make(version, $"pg_dump (PostgreSQL) {version} (Debian {version}-1)");
        }
        Assert.Equal(taken, (await Finder().FindAsync(Tool.Dump, server, Token)).Version.ToString());
    }

    [Fact]
    public async Task If_all_programs_are_too_old_the_package_is_named()
    {
        Make("15", "pg_dump (PostgreSQL) 15.14");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Finder().FindAsync(Tool.Dump, 17, Token));
        Assert.Contains("15.14", failure.Message, StringComparison.Ordinal);
        Assert.Contains("postgresql-client-17", failure.Hint, StringComparison.Ordinal);
        failure = await Assert.ThrowsAsync<HoldfastException>(() => Finder().FindAsync(Tool.Restore, 17, Token));
        Assert.Contains("not installed on this machine", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_such_a_program_is_skipped()
    {
        Make("a", "something else");
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "b")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, Tool.Dump), "no program", Token);
        Make("c", "pg_dump (PostgreSQL) 19beta1");
        Assert.Equal(new ToolVersion(19, 0), (await Finder().FindAsync(Tool.Dump, 13, Token)).Version);
    }

    [Theory]
    [InlineData("17.5", true)]
    [InlineData("17.6", false)]
    [InlineData("13.21", true)]
    [InlineData("18.0", false)]
    public void A_version_with_known_vulnerabilities_gives_a_warning(string version, bool warned)
    {
        var tool = new Tool(Tool.Dump, "/x", ToolVersion.Parse($"pg_dump (PostgreSQL) {version}")!.Value);
        Assert.Equal(warned, tool.VulnerabilityWarning?.Contains("CVE-2025-8714", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("C", true)]
    [InlineData("C.UTF-8", true)]
    [InlineData("POSIX", true)]
    [InlineData("en_GB.UTF-8", true)]
    [InlineData("", true)]
    [InlineData("de_DE.UTF-8", false)]
    [InlineData("cs_CZ", false)]
    public void Another_message_language_is_recognised(string language, bool isEnglish) =>
        Assert.Equal(isEnglish, Server.IsEnglish(language));

    [Fact]
    public void A_private_folder_is_readable_only_by_its_owner_and_removed_with_it()
    {
        using (var folder = PrivateFolder.Create(_folder))
        {
            var file = folder.WriteFile("pass", "secret");
            Assert.Equal("secret", File.ReadAllText(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(folder.FolderPath)
            );
            PrivateFolder.RemoveLeftovers(_folder);
            Assert.True(File.Exists(file)); // its owner is running
            Directory.CreateDirectory(Path.Combine(_folder, "holdfast-postgresql-dead"));
            File.WriteAllText(Path.Combine(_folder, "holdfast-postgresql-dead", "lock"), "");
            PrivateFolder.RemoveLeftovers(_folder);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_private_folder_is_not_removed_by_another_process_while_it_is_created()
    {
        using var end = new CancellationTokenSource();
        var cleaner = Task.Run(
            () =>
            {
                while (!end.IsCancellationRequested)
                {
                    PrivateFolder.RemoveLeftovers(_folder);
                }
            },
            TestContext.Current.CancellationToken
        );
        try
        {
            for (var i = 0; i < 1_000; i++)
            {
                using var folder = PrivateFolder.Create(_folder);
                Assert.True(File.Exists(folder.WriteFile("pass", "secret")), $"round {i}: the file is gone");
            }
        }
        finally
        {
            await end.CancelAsync();
            await cleaner;
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task The_lock_file_of_a_private_folder_is_removed_last()
    {
        const int Files = 20;
        var order = new List<string>();
        var all = new TaskCompletionSource();
        var folder = PrivateFolder.Create(_folder);
        for (var i = 0; i < Files; i++)
        {
            folder.WriteFile($"pass{i}", "secret");
        }
        using var watcher = new FileSystemWatcher(folder.FolderPath);
        watcher.Deleted += (_, e) =>
        {
            order.Add(e.Name!);
            if (order.Count == Files + 1)
            {
                all.SetResult();
            }
        };
        watcher.EnableRaisingEvents = true;
        folder.Dispose();
        await all.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("lock", order[^1]);
    }

    [Fact]
    public void A_private_folder_that_cannot_be_removed_releases_its_lock()
    {
        var folder = PrivateFolder.Create(_folder);
        var moved = Path.Combine(_folder, "moved");
        Directory.Move(folder.FolderPath, moved);
        Assert.Throws<DirectoryNotFoundException>(folder.Dispose);
        using var held = OwnerLock.TryAcquire(Path.Combine(moved, "lock"));
        Assert.NotNull(held);
    }

    private ToolFinder Finder() => new([.. Directory.GetDirectories(_folder)], [], []);

    private void Make(string folder, string says)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, Tool.Dump);
        File.WriteAllText(path, $"#!/bin/sh\necho '{says}'\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
