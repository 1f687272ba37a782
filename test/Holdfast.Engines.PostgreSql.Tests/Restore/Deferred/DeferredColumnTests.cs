using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Deferred;

/// <summary>
/// Failing generated columns are converted one by one with continue-on-error, and constraints that reject rows without
/// their values are dropped.
/// </summary>
public sealed class DeferredColumnTests(Cluster cluster) : DeferredTest(cluster, Functions)
{
    // They find their table through the search_path, which is empty in a restore.
    private const string Functions = """
        CREATE TABLE lim(m int); INSERT INTO lim VALUES (900);
        CREATE FUNCTION plus(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN i + (SELECT m FROM lim); END $$;
        CREATE FUNCTION ok(i int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN EXISTS (SELECT FROM lim WHERE m >= i); END $$;
        CREATE FUNCTION fine(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i + 1';
        CREATE FUNCTION at2(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN CASE i WHEN 2 THEN plus(i) ELSE i END; END $$;
        CREATE FUNCTION other(i int, o int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN RETURN i + (SELECT m FROM lim); EXCEPTION WHEN undefined_table THEN RETURN o; END $$;
        """;

    // plus fails for each row, at2 for one; other fails for none, but computes values that are rejected.
    private const string Siblings = """
        CREATE TABLE g(i int PRIMARY KEY, a int NOT NULL GENERATED ALWAYS AS (fine(i)) STORED,
                       "b b" int GENERATED ALWAYS AS (plus(i)) STORED,
                       c text COLLATE "C" GENERATED ALWAYS AS (fine(i)::text || 'x') STORED, CONSTRAINT a_big CHECK (a > 1));
        INSERT INTO g SELECT generate_series(1, 100);
        CREATE TABLE p(i int, a int GENERATED ALWAYS AS (fine(i)) STORED, b int GENERATED ALWAYS AS (at2(i)) STORED,
                       c int GENERATED ALWAYS AS (at2(i + 1)) STORED) PARTITION BY LIST (i);
        CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
        CREATE TABLE p3 PARTITION OF p DEFAULT; INSERT INTO p VALUES (1), (2), (2), (3);
        CREATE TABLE s(i int, a int GENERATED ALWAYS AS (fine(i)) STORED, b int NOT NULL GENERATED ALWAYS AS (at2(i)) STORED)
            PARTITION BY LIST (i);
        CREATE TABLE s1 PARTITION OF s DEFAULT PARTITION BY RANGE (i); CREATE TABLE s1a PARTITION OF s1 FOR VALUES FROM (0) TO (2);
        CREATE TABLE s1b PARTITION OF s1 DEFAULT PARTITION BY HASH (i);
        CREATE TABLE s1b0 PARTITION OF s1b FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        INSERT INTO s VALUES (1), (2), (2), (3); CREATE VIEW v AS SELECT a FROM s;
        CREATE TABLE t(i int, a int GENERATED ALWAYS AS (at2(i)) STORED, b int GENERATED ALWAYS AS (plus(i)) STORED,
                       id int GENERATED ALWAYS AS IDENTITY) PARTITION BY LIST (i);
        CREATE TABLE t0 PARTITION OF t DEFAULT PARTITION BY LIST (i); CREATE TABLE t00 PARTITION OF t0 DEFAULT PARTITION BY LIST (i);
        CREATE TABLE t000 PARTITION OF t00 DEFAULT; INSERT INTO t VALUES (1), (2);
        CREATE TABLE e(i int, a int GENERATED ALWAYS AS (fine(i)) STORED, n int NOT NULL GENERATED ALWAYS AS (other(i, NULL)) STORED,
                       m int GENERATED ALWAYS AS (other(i, -1)) STORED CONSTRAINT m_big CHECK (m > 0));
        INSERT INTO e SELECT generate_series(1, 100);
        """;

    private const string Refusing = """
        CREATE TABLE g(i int, a int GENERATED ALWAYS AS (fine(i)) STORED, n int PRIMARY KEY GENERATED ALWAYS AS (plus(i)) STORED,
                       CONSTRAINT "is There" CHECK (n IS NOT NULL), CONSTRAINT big CHECK (coalesce(n, 0) > i),
                       CONSTRAINT small CHECK (n IS NOT NULL AND ok(n - 900)));
        COMMENT ON CONSTRAINT "is There" ON g IS 'it''s told'; COMMENT ON CONSTRAINT small ON g IS 'told';
        INSERT INTO g SELECT generate_series(1, 100);
        CREATE TABLE q(i int, n int GENERATED ALWAYS AS (plus(i)) STORED, CONSTRAINT of_root CHECK (n IS NOT NULL)) PARTITION BY LIST (i);
        CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); ALTER TABLE q1 ALTER n SET NOT NULL;
        CREATE TABLE q2 PARTITION OF q FOR VALUES IN (2); ALTER TABLE q2 ADD CONSTRAINT of_2 CHECK (n IS NOT NULL);
        CREATE TABLE q3 PARTITION OF q FOR VALUES IN (3); ALTER TABLE q3 ALTER n SET NOT NULL; INSERT INTO q VALUES (1), (2), (2);
        CREATE TABLE parent(i int, n int NOT NULL GENERATED ALWAYS AS (plus(i)) STORED); INSERT INTO parent VALUES (1);
        CREATE TABLE child(CONSTRAINT of_child CHECK (n IS NOT NULL)) INHERITS (parent); INSERT INTO child VALUES (1), (2);
        """;

    // Version 13 rejects all rows of such a table.
    private const string OfDomain = """
        CREATE DOMAIN must AS int NOT NULL CONSTRAINT is_there CHECK (VALUE IS NOT NULL); CREATE DOMAIN really AS must;
        CREATE TABLE d(i int, n really GENERATED ALWAYS AS (plus(i)) STORED); INSERT INTO d SELECT generate_series(1, 100);
        """;

    private const string Ordinary = """
        SELECT a.attrelid::regclass::text || ' ' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 1 AND attgenerated = '' ORDER BY 1
        """;

    private const string Generated = """
        SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attgenerated, attnotnull
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE attnum > 0 AND NOT attisdropped AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1, 2
        """;

    private const string Constraints = """
        SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid), convalidated, coninhcount,
            obj_description(oid, 'pg_constraint')
        FROM pg_constraint WHERE contype IN ('c', 'p') AND connamespace = 'public'::regnamespace ORDER BY 1, 2
        """;

    [Fact]
    public async Task Only_failing_columns_are_converted_and_the_others_keep_their_values()
    {
        await MakeAsync(Siblings);
        var (items, fingerprint) = await BackUpAsync("shop");
        var warnings = await RestoreAsync(Cluster.Source(), items, fingerprint);
        Assert.Equal(
            [
                "e m",
                "e n",
                "g b b",
                "p b",
                "p c",
                "p1 b",
                "p1 c",
                "p2 b",
                "p2 c",
                "p3 b",
                "p3 c",
                "s b",
                "s1 b",
                "s1a b",
                "s1b b",
                "s1b0 b",
                "t a",
                "t b",
                "t id",
                "t0 a",
                "t0 b",
                "t0 id",
                "t00 a",
                "t00 b",
                "t00 id",
                "t000 a",
                "t000 b",
                "t000 id",
            ],
            await Cluster.QueryAsync("copy", Ordinary)
        );
        await AssertEqualAsync(
            "SELECT i, a, c FROM g ORDER BY ctid",
            "SELECT tableoid::regclass::text, i, a FROM p ORDER BY i",
            "SELECT i, a FROM e ORDER BY ctid",
            "SELECT tableoid::regclass::text, i, a FROM s ORDER BY i"
        );
        Assert.Equal(["0"], await Cluster.QueryAsync("copy", "SELECT count(\"b b\") FROM g"));
        Assert.Equal(8, warnings.Count(w => w.StartsWith("Left out: generated column ", StringComparison.Ordinal)));
        Assert.Contains(warnings, w => w.StartsWith("Left out: generated column \"b\" of public.p, ", StringComparison.Ordinal));

        await MendAsync(warnings, Cluster);
        await AssertEqualAsync(
            Generated,
            "SELECT i, a, \"b b\", c FROM g ORDER BY 1",
            "SELECT i, a, b, c FROM p ORDER BY 1",
            "SELECT i, a, b FROM s ORDER BY 1",
            "SELECT i, a, n, m FROM e ORDER BY 1"
        );
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Constraints_that_reject_null_in_them_lose_no_row_and_are_listed_after_them()
    {
        await MakeAsync(Refusing + OfDomain);
        var (items, fingerprint) = await BackUpAsync("shop");
        var warnings = await RestoreAsync(Cluster.Source(), items, fingerprint);
        Assert.Equal(
            ["100|100|3|3"],
            await Cluster.QueryAsync(
                "copy",
                "SELECT (SELECT count(*) FROM g), (SELECT count(*) FROM d), (SELECT count(*) FROM q), (SELECT count(*) FROM parent)"
            )
        );
        Assert.Contains(
            "Left out: CHECK \"is There\" of public.g, which rejects rows without these values: ERROR: new row for relation "
                + "\"g\" violates check "
                + "constraint \"is There\". Its SQL: ALTER TABLE public.g ADD CONSTRAINT \"is There\" CHECK ((n IS NOT NULL)); "
                + "COMMENT ON CONSTRAINT \"is There\" ON public.g IS 'it''s told'",
            warnings
        );
        Assert.Contains(warnings, w =>
            w.EndsWith("Its SQL: ALTER TABLE public.q1 ALTER COLUMN \"n\" SET NOT NULL", StringComparison.Ordinal)
        );
        // Rows that the application writes meanwhile are accepted too.
        const string Write = "INSERT INTO g(i) VALUES (101); INSERT INTO q(i) VALUES (1), (2), (3); INSERT INTO child(i) VALUES (1)";
        foreach (var database in (string[])["shop", "copy"])
        {
            await Cluster.RunAsync(database, Write);
        }

        await MendAsync(warnings, Cluster);
        await AssertEqualAsync(
            Generated,
            Constraints,
            "SELECT i, a, n FROM g ORDER BY 1",
            "SELECT i, n FROM d ORDER BY 1",
            "SELECT i, n FROM q ORDER BY 1",
            "SELECT i, n FROM parent ORDER BY 1"
        );
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task The_listed_sql_is_complete_whatever_names_it_contains()
    {
        await MakeAsync(
            $"""
            CREATE TABLE g(d json, n int GENERATED ALWAYS AS (plus(length((d ->> 'token') || (d ->> 'password') || '{new string(
                'x',
                5000
            )}'))) STORED);
            INSERT INTO g VALUES ('{"{"}"token": "a", "password": "b"{"}"}');
            """
        );
        var (items, fingerprint) = await BackUpAsync("shop");
        await MendAsync(await RestoreAsync(Cluster.Source(), items, fingerprint), Cluster);
        await AssertEqualAsync(Generated, "SELECT n FROM g");
    }

    [Fact]
    public async Task A_column_of_a_not_null_domain_that_a_view_uses_fails_the_restore_with_the_reason()
    {
        await MakeAsync(OfDomain + "CREATE VIEW v AS SELECT n FROM d;");
        var (items, fingerprint) = await BackUpAsync("shop");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Cluster.Source(), items, fingerprint));
        Assert.Contains("really does not allow null values", failure.Message, StringComparison.Ordinal);
        Assert.Contains("ALTER FUNCTION", failure.Hint, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task Other_server_versions_behave_the_same(int major)
    {
        await using var other = await OtherServers.StartAsync(major);
        var from = major < 15 ? other : Cluster;
        foreach (var sql in (string[])[Siblings, major < 14 ? Refusing : Refusing + OfDomain])
        {
            await from.CreateAsync("shop");
            await from.RunAsync("shop", Functions + sql, Cluster.User);
            var (items, fingerprint) = await BackUpAsync("shop", from.Source());
            var warnings = await RestoreAsync(other.Source(), items, fingerprint);
            await MendAsync(warnings, other);
            const string Identity = "SELECT count(*) FROM pg_attribute WHERE attidentity = 'a' AND attrelid::regclass::text LIKE 't%'";
            if (sql == Siblings)
            {
                Assert.Equal([major < 17 ? "1" : "4"], await other.QueryAsync("copy", Identity));
            }
            foreach (var query in (string[])[Generated, "SELECT i, a FROM g ORDER BY 1"])
            {
                Assert.Equal(await from.QueryAsync("shop", query), await other.QueryAsync("copy", query));
            }
            await from.ClearAsync();
            await other.ClearAsync();
        }
    }

    private async Task AssertEqualAsync(params string[] queries)
    {
        foreach (var query in queries)
        {
            Assert.Equal(await Cluster.QueryAsync("shop", query), await Cluster.QueryAsync("copy", query));
        }
    }

    private static Task MendAsync(IReadOnlyList<string> warnings, Cluster server) => Listed.MendAsync(server, warnings, Cluster.User);
}
