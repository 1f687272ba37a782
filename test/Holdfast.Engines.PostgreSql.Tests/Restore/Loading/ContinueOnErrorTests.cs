using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Loading;

/// <summary>With continue-on-error, an object that cannot be created is skipped, but never a row.</summary>
public sealed class ContinueOnErrorTests(Cluster cluster) : ServerTest(cluster)
{
    // Created with a search_path that contains it; pg_restore uses an empty one.
    private const string Odd = """
        CREATE TABLE helper(i int); INSERT INTO helper VALUES (1);
        CREATE FUNCTION plus(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN i + (SELECT helper.i FROM helper); END $$;
        CREATE TABLE t(i int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 1000);
        CREATE INDEX odd ON t (plus(i)); CREATE INDEX even ON t (i);
        CREATE MATERIALIZED VIEW m AS SELECT plus(i) FROM t;
        CREATE VIEW v AS SELECT i FROM t;
        """;

    private const string Foreign = """
        CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;
        CREATE USER MAPPING FOR postgres SERVER s OPTIONS (user 'a', password 'TopSecret');
        """;

    public override async ValueTask InitializeAsync()
    {
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync("shop", Odd, Cluster.User);
    }

    [Fact]
    public async Task Without_continue_on_error_a_restore_fails_and_the_hint_names_the_option()
    {
        var (items, fingerprint) = await BackUpAsync("shop");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Cluster.Source(), "copy", items, fingerprint));
        Assert.Equal(ErrorCatalog.NotAllowed, failure.Error);
        Assert.Contains("--continue-on-error", failure.Hint, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Objects_that_cannot_be_created_are_listed_with_their_sql_and_everything_else_is_restored(int jobs)
    {
        await Cluster.RunAsync(
            "shop",
            $"{Foreign} CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER e "
                + "ON ddl_command_end EXECUTE FUNCTION told(); CREATE PUBLICATION p FOR ALL TABLES"
        );
        var (items, fingerprint) = await BackUpAsync("shop", Cluster.Source(Cluster.Superuser));
        var config = Cluster.Source() with { Restore = new() { Jobs = jobs } };
        var (warnings, leftOut) = await ContinueAsync(config, "copy", items, fingerprint);
        foreach (
            var statement in (string[])
                [
                    "CREATE INDEX odd ON public.t",
                    "REFRESH MATERIALIZED VIEW public.m",
                    "CREATE EVENT TRIGGER e",
                    "CREATE PUBLICATION p",
                    "CREATE EXTENSION",
                ]
        )
        {
            Assert.Contains(warnings, w =>
                w.StartsWith("Left out: ERROR: ", StringComparison.Ordinal) && w.Contains($"Its SQL: {statement}", StringComparison.Ordinal)
            );
        }
        Assert.Equal(warnings.Where(w => w.StartsWith("Left out: ", StringComparison.Ordinal)), leftOut);
        Assert.DoesNotContain(warnings, w => w.Contains("TopSecret", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("password '***'", StringComparison.Ordinal));
        Assert.Equal(["1000|1"], await Cluster.QueryAsync("copy", "SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM helper)"));
        Assert.Equal(
            ["even", "t_pkey"],
            await Cluster.QueryAsync("copy", "SELECT indexname FROM pg_indexes WHERE tablename = 't' ORDER BY 1")
        );
        Assert.Equal(["1000"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM v"));
    }

    [Fact]
    public async Task A_table_that_cannot_be_created_still_fails_the_restore()
    {
        await Cluster.RunAsync("shop", "CREATE EXTENSION seg; CREATE TABLE segments(s seg); INSERT INTO segments VALUES ('1 .. 2')");
        var (items, fingerprint) = await BackUpAsync("shop", Cluster.Source(Cluster.Superuser));
        var hidden = new HookedItems(items)
        {
            Dump = bytes => Replace(bytes, "CREATE EXTENSION IF NOT EXISTS seg ", "CREATE EXTENSION IF NOT EXISTS sog "),
        };
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => ContinueAsync(Cluster.Source(), "copy", hidden, fingerprint));
        Assert.Contains("Its SQL: CREATE EXTENSION IF NOT EXISTS sog", failure.Message, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Errors_of_a_pg_restore_newer_than_the_server_are_not_counted()
    {
        await using var older = await OtherServers.StartAsync(14);
        await older.CreateAsync("shop");
        await older.RunAsync("shop", Odd, Cluster.User);
        var (items, fingerprint) = await BackUpAsync("shop", older.Source());
        var (warnings, _) = await ContinueAsync(older.Source(), "copy", items, fingerprint);
        Assert.Equal(2, warnings.Count(w => w.StartsWith("Left out: ", StringComparison.Ordinal)));
    }

    private static byte[] Replace(byte[] bytes, string before, string after)
    {
        var at = bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(before));
        System.Text.Encoding.ASCII.GetBytes(after).CopyTo(bytes, at);
        return bytes;
    }

    private static async Task<(IReadOnlyList<string> Warnings, IReadOnlyList<string> LeftOut)> ContinueAsync(
        PostgreSqlSourceConfig config,
        string name,
        Holdfast.Archive.Items.IItemSource items,
        IReadOnlyDictionary<string, string> fingerprint
    )
    {
        await using var source = Attach(config);
        await using var target = await source.BeginRestoreAsync(
            new(name, BackupType.Backup, null, fingerprint, 1) { ContinueOnError = true },
            Token
        );
        await target.LoadAsync(items, Token);
        await target.CommitAsync(Token);
        return (target.Warnings, target.OmittedObjects);
    }
}
