using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Loading;

/// <summary>A server whose databases are on a small file system.</summary>
public sealed class FullDiskTests(Cluster cluster) : ServerTest(cluster)
{
    [Fact]
    public async Task A_full_disk_of_the_server_is_reported_and_nothing_is_left_behind()
    {
        await Cluster.CreateAsync("big");
        await Cluster.RunAsync(
            "big",
            "CREATE TABLE big(id int PRIMARY KEY, t text); INSERT INTO big SELECT g, repeat(md5(g::text), 20) FROM "
                + "generate_series(1, 60000) g",
            Cluster.User
        );
        var (items, fingerprint) = await BackUpAsync("big");
        await using var other = new Cluster();
        await other.InitializeAsync();
        await other.Server.KillAsync();
        var data = Path.Combine(other.Folder, "data");
        // Room for the initial databases, an empty one, and a third of the rows.
        var mounted = await ShellAsync(
            $"mv '{data}/base' '{data}/base.full' && mkdir '{data}/base' && mount -t tmpfs -o size=48m tmpfs '{data}/base' && "
                + $"cp -a '{data}/base.full/.' '{data}/base' && chown postgres '{data}/base' && chmod 700 '{data}/base'"
        );
        Assert.SkipUnless(mounted, "a small file system cannot be mounted here");
        try
        {
            await other.StartAgainAsync();
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(other.Source(), "copy", items, fingerprint));
            Assert.Equal(ErrorCatalog.DestinationFull, failure.Error);
            Assert.Contains("No space left on device", failure.Message, StringComparison.Ordinal);
            Assert.Equal("Free some space on the server.", failure.Hint);
            Assert.Empty(
                await other.QueryAsync("postgres", @"SELECT datname FROM pg_database WHERE datname LIKE '\_holdfast%' OR datname = 'copy'")
            );
            await AssertNothingLeftAsync();

            Assert.True(await ShellAsync($"mount -o remount,size=400m '{data}/base'"));
            await RestoreAsync(other.Source(), "copy", items, fingerprint);
            Assert.Equal(["60000"], await other.QueryAsync("copy", "SELECT count(*) FROM big"));
        }
        finally
        {
            await other.Server.KillAsync();
            await ShellAsync($"umount '{data}/base'");
        }
    }

    private static async Task<bool> ShellAsync(string command)
    {
        using var shell = System.Diagnostics.Process.Start("sh", ["-c", command]);
        await shell.WaitForExitAsync(Token);
        return shell.ExitCode == 0;
    }
}
