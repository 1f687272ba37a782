using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Deferred;

/// <summary>CHECK constraints and generated columns whose functions fail lose no row with continue-on-error.</summary>
public sealed class DeferredCheckTests(Cluster cluster) : DeferredTest(cluster, Functions)
{
    // It finds its table through the search_path, which is empty in a restore.
    private const string Functions = """
        CREATE TABLE lim(m int); INSERT INTO lim VALUES (900);
        CREATE FUNCTION ok(i int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN EXISTS (SELECT FROM lim WHERE m >= i); END $$;
        CREATE FUNCTION plus(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN i + (SELECT m FROM lim); END $$;
        CREATE FUNCTION fine(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i + 1';
        """;

    private const string Failing = """
        CREATE TABLE u(i int, CONSTRAINT small CHECK (ok(i)), CONSTRAINT positive CHECK (i > 0));
        INSERT INTO u SELECT generate_series(1, 500);
        COMMENT ON CONSTRAINT small ON u IS 'told';
        CREATE DOMAIN few AS int CONSTRAINT is_few CHECK (ok(VALUE)); CREATE TABLE d(f few); INSERT INTO d VALUES (1), (2);
        CREATE TABLE parent(i int CONSTRAINT of_parent CHECK (ok(i)));
        CREATE TABLE child(CONSTRAINT of_parent CHECK (ok(i)), CONSTRAINT of_child CHECK (ok(i + 1))) INHERITS (parent);
        INSERT INTO child VALUES (1);
        CREATE TABLE g("Id" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                       n int NOT NULL GENERATED ALWAYS AS (plus("Id")) STORED, "a (b)" text);
        INSERT INTO g("a (b)") SELECT E'x\ty' || i FROM generate_series(1, 300) i; CREATE VIEW v AS SELECT n FROM g;
        CREATE TABLE p(i int, n int GENERATED ALWAYS AS (plus(i)) STORED) PARTITION BY LIST (i);
        CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
        INSERT INTO p VALUES (1), (2), (2);
        """;

    private const string Working = """
        CREATE TABLE w("i" int PRIMARY KEY, n int GENERATED ALWAYS AS (fine("i")) STORED, CONSTRAINT c CHECK (fine("i") > 0));
        COMMENT ON CONSTRAINT c ON w IS 'told'; INSERT INTO w SELECT generate_series(1, 100);
        CREATE DOMAIN few AS int CONSTRAINT is_few CHECK (fine(VALUE) < 10); CREATE TABLE d(f few); INSERT INTO d VALUES (1);
        CREATE DOMAIN plain AS int CONSTRAINT is_plain CHECK (fine(VALUE) > 0); CREATE TABLE a(f plain[]); INSERT INTO a VALUES ('{1}');
        CREATE TABLE parent(i int CONSTRAINT of_parent CHECK (fine(i) > 0) NO INHERIT, CONSTRAINT of_all CHECK (fine(i) > 1));
        CREATE TABLE child(CONSTRAINT of_all CHECK (fine(i) > 1)) INHERITS (parent); INSERT INTO child VALUES (1);
        CREATE TABLE q(i int, n int GENERATED ALWAYS AS (fine(i)) STORED, CHECK (fine(i) > 0)) PARTITION BY LIST (i);
        CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); INSERT INTO q VALUES (1);
        """;

    private const string Rows = "SELECT \"Id\", \"a (b)\" FROM g ORDER BY ctid";

    private const string Counts = """
        SELECT (SELECT count(*) FROM u), (SELECT count(*) FROM d), (SELECT count(*) FROM child), (SELECT count(*) FROM g),
               (SELECT count(*) FROM p1), (SELECT count(*) FROM p2)
        """;

    private const string Generated = """
        SELECT attrelid::regclass::text, attname, attgenerated, attnotnull FROM pg_attribute
        WHERE attname = 'n' AND attrelid::regclass::text IN ('g', 'p', 'p1', 'p2') ORDER BY 1
        """;

    private const string Constraints = """
        SELECT conname, conrelid::regclass::text, contypid::regtype::text, pg_get_constraintdef(oid), convalidated, conislocal, coninhcount,
               obj_description(oid, 'pg_constraint')
        FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace ORDER BY 1, 2
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Failing_checks_lose_no_row_and_are_listed_with_the_sql_that_repairs_them(bool isApart)
    {
        await MakeAsync(Failing);
        var (items, fingerprint) = await BackUpAsync("shop");
        var warnings = await RestoreAsync(isApart ? Apart() : Cluster.Source(), items, fingerprint, true);
        Assert.Equal(7, warnings.Count(w => w.StartsWith("Left out: ", StringComparison.Ordinal)));
        Assert.Contains(
            "Left out: CHECK small of public.u, for existing rows (new rows are checked): ERROR: relation \"lim\" does not exist"
                + ". Its SQL: ALTER TABLE public.u VALIDATE CONSTRAINT small",
            warnings
        );
        Assert.Equal(["500|2|1|300|1|2"], await Cluster.QueryAsync("copy", Counts));
        Assert.Equal(await Cluster.QueryAsync("shop", Rows), await Cluster.QueryAsync("copy", Rows));
        await Assert.ThrowsAnyAsync<Exception>(() => Cluster.RunAsync("copy", "INSERT INTO u VALUES (1000)"));

        // With the search_path that they need, the statements succeed.
        await Cluster.RunAsync("copy", "DROP VIEW v");
        foreach (var warning in warnings.Where(w => w.Contains(" Its SQL: ALTER ", StringComparison.Ordinal)))
        {
            await Cluster.RunAsync("copy", warning[(warning.IndexOf(" Its SQL: ", StringComparison.Ordinal) + " Its SQL: ".Length)..]);
        }
        Assert.Equal(await Cluster.QueryAsync("shop", Constraints), await Cluster.QueryAsync("copy", Constraints));
        foreach (var query in (string[])["SELECT n, \"Id\" FROM g ORDER BY 1", "SELECT i, n FROM p ORDER BY 1", Generated])
        {
            Assert.Equal(await Cluster.QueryAsync("shop", query), await Cluster.QueryAsync("copy", query));
        }
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Those_that_succeed_are_restored_unchanged()
    {
        await MakeAsync(Working);
        var (items, fingerprint) = await BackUpAsync("shop");
        Assert.Empty(await RestoreAsync(Cluster.Source(), items, fingerprint, true));
        Assert.Equal(await Contents.SchemaAsync(Cluster, "shop"), await Contents.SchemaAsync(Cluster, "copy"));
        Assert.Equal(await Contents.SumsAsync(Cluster, "shop"), await Contents.SumsAsync(Cluster, "copy"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Settings_changed_by_a_function_of_one_table_do_not_affect_the_next(bool continues)
    {
        await MakeAsync(
            """
            CREATE FUNCTION lead(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
            PERFORM set_config('search_path', 'evil', false),
                set_config('default_transaction_read_only', 'on', false), set_config('statement_timeout', '600000', false);
            RETURN i; END $$;
            CREATE FUNCTION path(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
            $$ SELECT current_setting('search_path') || current_setting('statement_timeout') $$;
            CREATE TABLE a(i int, n int GENERATED ALWAYS AS (lead(i)) STORED);
            CREATE TABLE b(i int, n text GENERATED ALWAYS AS (path(i)) STORED); INSERT INTO b VALUES (1); INSERT INTO a VALUES (1);
            """
        );
        var (items, fingerprint) = await BackUpAsync("shop");
        Assert.Empty(await RestoreAsync(Cluster.Source(), items, fingerprint, continues));
        Assert.Equal(["0"], await Cluster.QueryAsync("copy", "SELECT n FROM b"));
    }

    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task Other_server_versions_behave_the_same(int major)
    {
        await using var other = await OtherServers.StartAsync(major);
        var from = major < 15 ? other : Cluster;
        await from.CreateAsync("shop");
        await from.RunAsync("shop", Functions + Failing, Cluster.User);
        var (items, fingerprint) = await BackUpAsync("shop", from.Source());
        var warnings = await RestoreAsync(other.Source(), items, fingerprint, true);
        Assert.Equal(7, warnings.Count(w => w.StartsWith("Left out: ", StringComparison.Ordinal)));
        Assert.Equal(await from.QueryAsync("shop", Rows), await other.QueryAsync("copy", Rows));
    }

    [Fact]
    public async Task Without_continue_on_error_a_restore_fails_and_the_hint_names_the_option()
    {
        await MakeAsync(Failing);
        var (items, fingerprint) = await BackUpAsync("shop");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Cluster.Source(), items, fingerprint, false));
        Assert.Contains("relation \"lim\" does not exist", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--continue-on-error", failure.Hint, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
    }
}
