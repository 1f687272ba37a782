using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Loading;

public sealed class PartitionTests(Cluster cluster) : ServerTest(cluster)
{
    private const string ByEnum = """
        CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
        CREATE TABLE "p T"(m mood, i int) PARTITION BY HASH (m);
        CREATE TABLE p0 PARTITION OF "p T" FOR VALUES WITH (MODULUS 3, REMAINDER 0);
        CREATE TABLE p1 PARTITION OF "p T" FOR VALUES WITH (MODULUS 3, REMAINDER 1);
        CREATE TABLE p2 PARTITION OF "p T" FOR VALUES WITH (MODULUS 3, REMAINDER 2) PARTITION BY LIST (i);
        CREATE TABLE "p2 Rest" PARTITION OF p2 DEFAULT;
        INSERT INTO "p T" SELECT (enum_range(NULL::mood))[1 + g % 8], g FROM generate_series(1, 1000) g;
        """;

    [Fact]
    public async Task Rows_routed_to_other_partitions_of_their_table_are_accepted()
    {
        await Cluster.CreateAsync("moods");
        await Cluster.RunAsync("moods", ByEnum, Cluster.User);
        var (items, fingerprint) = await BackUpAsync("moods");
        await RestoreAsync(Cluster.Source(), "copy", items, fingerprint);
        // The OIDs of enum values, which are hashed, come from a counter: they differ in the copy.
        Assert.NotEqual(await Contents.SumsAsync(Cluster, "moods"), await Contents.SumsAsync(Cluster, "copy"));
        const string Sum = "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY i)) FROM \"p T\" t";
        Assert.Equal(await Cluster.QueryAsync("moods", Sum), await Cluster.QueryAsync("copy", Sum));
    }

    [Fact]
    public async Task Rows_missing_from_all_partitions_are_reported_with_the_table()
    {
        await Cluster.CreateAsync("moods");
        await Cluster.RunAsync("moods", ByEnum, Cluster.User);
        var (items, _) = await BackUpAsync("moods");
        var dump = new DumpScanner();
        dump.Scan(items["database.dump"]);
        Assert.All(dump.Header.Entries.Where(e => e.Kind == TocEntry.TableData), e => Assert.False(e.IsLoadedDirectly));
        await Cluster.RunAsync("moods", "DELETE FROM \"p T\" WHERE i = 7");
        await using var connection = await Cluster.OpenAsync("moods");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            ContentCheck.RunAsync(connection, dump, new HashSet<int>(), new Dictionary<int, string>(), Token)
        );
        Assert.Contains("'public.p T' has 999 rows; the dump has 1000", failure.Message, StringComparison.Ordinal);
    }
}
