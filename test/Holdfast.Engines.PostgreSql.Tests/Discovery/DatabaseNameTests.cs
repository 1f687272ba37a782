using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Discovery;

public sealed class DatabaseNameTests(Cluster cluster) : ServerTest(cluster)
{
    public static TheoryData<string> OddNames => DiscoveryTests.OddNames;

    [Theory]
    [MemberData(nameof(OddNames))]
    public async Task Any_database_name_is_backed_up_and_restored(string name)
    {
        await Cluster.CreateAsync(name);
        await Cluster.RunAsync(name, "CREATE TABLE t(x int PRIMARY KEY); INSERT INTO t VALUES (1), (2)", Cluster.User);
        var (items, fingerprint) = await BackUpAsync(name);
        await Cluster.ClearAsync();
        await RestoreAsync(Cluster.Source(), name, items, fingerprint);
        Assert.Equal(["2"], await Cluster.QueryAsync(name, "SELECT count(*) FROM t"));
        Assert.Equal([name], await Cluster.QueryAsync("postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("zero\0byte")]
    [InlineData("_holdfast_restore_mine")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task A_name_that_no_database_can_have_is_rejected(string name)
    {
        await using var source = Attach(Cluster.Source());
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            source.BeginRestoreAsync(new(name, Core.Tasks.BackupType.Backup, null, new Dictionary<string, string>(), 1), Token)
        );
        Assert.Equal(ErrorCatalog.Usage, failure.Error);
    }
}
