using System.Text;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Connections;

public sealed class SecretTests(Cluster cluster) : ServerTest(cluster)
{
    [Fact]
    public async Task The_password_never_appears_in_the_arguments_or_environment_of_a_program()
    {
        await Cluster.CreateAsync("db");
        await Cluster.RunAsync(
            "db",
            "CREATE TABLE big(id int, t text); INSERT INTO big SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 20000) g",
            Cluster.User
        );
        // A slow index build keeps pg_restore running while its arguments are inspected.
        await Cluster.RunAsync(
            "db",
            "CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(1); RETURN i; "
                + "END $$; CREATE TABLE one(i int); INSERT INTO one VALUES (1); CREATE INDEX ON one (slow(i))",
            Cluster.User
        );
        var (items, fingerprint) = await BackUpAsync("db");
        var seen = new List<string>();
        await using var source = Attach(Cluster.Source());
        await using (var view = await source.OpenViewAsync((await DiscoverAsync(source)).Single(), new(BackupType.Backup, null), Token))
        {
            await view.WriteAsync(new HookedSink(() => DiscoverAsync(seen, "pg_dump")), Token);
        }

        var restore = RestoreAsync(Cluster.Source(), "copy", items, fingerprint);
        while (!restore.IsCompleted)
        {
            await DiscoverAsync(seen, "pg_restore");
        }
        await restore;
        Assert.Equal(["pg_dump", "pg_restore"], seen);
        Assert.DoesNotContain(Cluster.Password, Encoding.UTF8.GetString(items["database.json"]), StringComparison.Ordinal);
    }

    private static async Task DiscoverAsync(List<string> seen, string program)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)))
        {
            try
            {
                var arguments = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path.Combine(process, "cmdline"), Token));
                if (!seen.Contains(program) && arguments.Split('\0')[0].EndsWith("/" + program, StringComparison.Ordinal))
                {
                    seen.Add(program);
                }
                Assert.DoesNotContain(Cluster.Password, arguments, StringComparison.Ordinal);
                Assert.DoesNotContain(
                    Cluster.Password,
                    Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path.Combine(process, "environ"), Token)),
                    StringComparison.Ordinal
                );
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // it has exited, or belongs to another user
            }
        }
    }
}
