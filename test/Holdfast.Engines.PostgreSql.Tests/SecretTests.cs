using System.Text;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests;

public sealed class SecretTests(Cluster cluster) : ServerTest(cluster)
{
    [Fact]
    public async Task No_program_has_the_password_in_its_arguments_or_environment()
    {
        await Cluster.CreateAsync("db");
        await Cluster.RunAsync("db", "CREATE TABLE t(id int); SELECT lo_from_bytea(0, decode(repeat('0a', 10000000), 'hex'))", Cluster.User);
        var (items, fingerprint) = await BackUpAsync("db");
        var seen = new List<string>();
        await using var source = Attach(Cluster.Source());
        await using (var view = await source.OpenViewAsync((await DiscoverAsync(source)).Single(), new(BackupType.Backup, null), Token))
        {
            await view.WriteAsync(new HookedSink(() => LookAsync(seen, "pg_dump")), Token);
        }

        await RestoreAsync(Cluster.Source(), "copy", new HookedItems(items) { Halfway = () => LookAsync(seen, "pg_restore") }, fingerprint);
        Assert.Equal(["pg_dump", "pg_restore"], seen);
        Assert.DoesNotContain(Cluster.Password, Encoding.UTF8.GetString(items["database.json"]), StringComparison.Ordinal);
    }

    private static async Task LookAsync(List<string> seen, string program)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)))
        {
            try
            {
                var arguments = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path.Combine(process, "cmdline"), Token));
                if (!seen.Contains(program) && arguments.Split('\0')[0].EndsWith("/" + program, StringComparison.Ordinal)) seen.Add(program);
                Assert.DoesNotContain(Cluster.Password, arguments, StringComparison.Ordinal);
                Assert.DoesNotContain(Cluster.Password, Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path.Combine(process, "environ"), Token)), StringComparison.Ordinal);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // it has ended, or is another's
            }
        }
    }
}
