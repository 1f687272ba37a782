using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Loading;

/// <summary>
/// Tables large enough to be loaded over several connections, with indexes built while other tables are loaded.
/// </summary>
public sealed class LargeTableTests(Cluster cluster) : ServerTest(cluster)
{
    private const string Large = """
        CREATE FUNCTION key_of(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT left(t, 5)';
        CREATE TABLE a_large(id int PRIMARY KEY, t text, UNIQUE (t, id));
        INSERT INTO a_large SELECT g, repeat(md5(g::text), 10) FROM generate_series(1, 120000) g;
        CREATE INDEX a_key ON a_large (public.key_of(t));
        COMMENT ON INDEX a_key IS 'told';
        COMMENT ON CONSTRAINT a_large_pkey ON a_large IS 'told too';
        ALTER TABLE a_large CLUSTER ON a_key;
        CREATE TABLE b_wide(id int PRIMARY KEY REFERENCES a_large, t text NOT NULL CHECK (t <> 'wrong'));
        INSERT INTO b_wide SELECT g, repeat(E'x\ty\n', 700000) || g FROM generate_series(1, 12) g;
        INSERT INTO b_wide VALUES (100, ''), (101, '\.'), (102, E'\\.\n\n');
        CREATE TABLE c_parts(id int PRIMARY KEY, t text) PARTITION BY RANGE (id);
        CREATE TABLE c_parts_1 PARTITION OF c_parts FOR VALUES FROM (0) TO (200000);
        INSERT INTO c_parts SELECT id, t FROM a_large;
        CREATE INDEX ON c_parts (t);
        CREATE TABLE d_small(id int PRIMARY KEY REFERENCES a_large);
        INSERT INTO d_small VALUES (1), (2);
        REVOKE ALL ON a_large FROM CURRENT_USER;
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Large_tables_are_restored_unchanged(int jobs)
    {
        var (items, fingerprint) = await LargeAsync();
        var config = Cluster.Source();
        Assert.Empty(await RestoreAsync(config with { Restore = config.Restore with { Jobs = jobs } }, "copy", items, fingerprint));
        Assert.Equal(await Contents.SchemaAsync(Cluster, "large"), await Contents.SchemaAsync(Cluster, "copy"));
        Assert.Equal(await Contents.SumsAsync(Cluster, "large"), await Contents.SumsAsync(Cluster, "copy"));
        await AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData("x\\ty\\nx", "x\ty\\nx", "extra data after last expected column")]
    [InlineData("COPY public.a_large (id, t) FROM stdin;", "COPY public.a_large (id, t) TO stdout; ", "it loads the rows of a_large with")]
    [InlineData("CREATE INDEX a_key ON public.a_large", "CREATE INDEX a_key ON public.no_larg", "does not exist")]
    public async Task Errors_in_large_tables_are_reported_and_nothing_is_left_behind(string before, string after, string said)
    {
        var (items, fingerprint) = await LargeAsync();
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(Cluster.Source(), "copy", new HookedItems(items) { Dump = bytes => Replace(bytes, before, after) }, fingerprint)
        );
        Assert.True(failure.Message.Contains(said, StringComparison.Ordinal), failure.Message);
        Assert.NotNull(failure.Hint);
        await AssertNothingLeftAsync();
    }

    // Replaces only the first occurrence, by one of the same length.
    private static byte[] Replace(byte[] bytes, string before, string after)
    {
        var with = Encoding.UTF8.GetBytes(after.PadRight(before.Length));
        var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(before));
        Assert.True(at >= 0);
        with.CopyTo(bytes, at);
        return bytes;
    }

    private async Task<(MemoryItems Items, IReadOnlyDictionary<string, string> Fingerprint)> LargeAsync()
    {
        await Cluster.CreateAsync("large");
        await Cluster.RunAsync("large", Large, Cluster.User);
        return await BackUpAsync("large", Cluster.Source(Cluster.Superuser));
    }
}
