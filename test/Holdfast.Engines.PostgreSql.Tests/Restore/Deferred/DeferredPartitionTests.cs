using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Deferred;

/// <summary>Tables that are partitioned by a failing function lose no row with continue-on-error.</summary>
public sealed class DeferredPartitionTests(Cluster cluster) : DeferredTest(cluster, Functions)
{
    // It finds its table through the search_path, which is empty in a restore.
    private const string Functions = """
        CREATE TABLE lim(m int); INSERT INTO lim VALUES (900);
        CREATE FUNCTION key(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN i % 10 + 0 * (SELECT m FROM lim); END $$;
        CREATE FUNCTION fine(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN i % 10; END $$;
        CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE OPERATOR @@ (FUNCTION = key, RIGHTARG = int);
        """;

    private const string Failing = """
        CREATE TABLE other(i int PRIMARY KEY); INSERT INTO other SELECT generate_series(1, 100);
        CREATE TABLE "r T"(i int REFERENCES other, t text COLLATE "C" DEFAULT 'd' NOT NULL, id int GENERATED ALWAYS AS IDENTITY,
                           CHECK (i > 0))
            PARTITION BY RANGE (key(i), t);
        CREATE TABLE "r 1" PARTITION OF "r T" FOR VALUES FROM (0, MINVALUE) TO (3, 'x''y');
        CREATE TABLE "r 0" PARTITION OF "r T" DEFAULT; CREATE TABLE r9 PARTITION OF "r T" FOR VALUES FROM (90, 'a') TO (91, 'b');
        CREATE INDEX r_i ON "r T" (i); CREATE TRIGGER told BEFORE INSERT ON "r T" FOR EACH ROW EXECUTE FUNCTION told();
        CREATE VIEW seen AS SELECT count(*) FROM "r T"; CREATE MATERIALIZED VIEW "m V" AS SELECT * FROM seen;
        INSERT INTO "r T"(i, t) SELECT g, 'x' FROM generate_series(1, 100) g; REFRESH MATERIALIZED VIEW "m V";
        CREATE TABLE l(i int) PARTITION BY LIST (key(i)); CREATE TABLE l1 PARTITION OF l FOR VALUES IN (1, 2, NULL) PARTITION BY LIST (i);
        CREATE TABLE l1a PARTITION OF l1 FOR VALUES IN (1); CREATE TABLE l1b PARTITION OF l1 DEFAULT;
        INSERT INTO l SELECT 1 + g % 2 FROM generate_series(1, 10) g;
        CREATE TABLE u(a int, i int, PRIMARY KEY (a, i)) PARTITION BY LIST (a); CREATE TABLE u1 PARTITION OF u FOR VALUES IN (1);
        CREATE TABLE v(a int, i int) PARTITION BY LIST (a); CREATE TABLE v1 PARTITION OF v FOR VALUES IN (1) PARTITION BY RANGE ((@@ i));
        CREATE TABLE v1a PARTITION OF v1 FOR VALUES FROM (0) TO (5); CREATE TABLE v1b PARTITION OF v1 FOR VALUES FROM (5) TO (10);
        INSERT INTO u SELECT 1, g FROM generate_series(1, 20) g; INSERT INTO v SELECT * FROM u;
        CREATE TABLE h(i int) PARTITION BY HASH (key(i)); CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO h SELECT generate_series(1, 50);
        """;

    // Its function is evaluated when the table is created, which then fails.
    private const string FailingRoot = """
        CREATE FUNCTION key_of(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i % 10 + 0 * (SELECT m FROM lim)';
        CREATE TABLE s(i int) PARTITION BY LIST (i); CREATE TABLE s1 PARTITION OF s FOR VALUES IN (1, 2, 3) PARTITION BY RANGE (key_of(i));
        CREATE TABLE s1a PARTITION OF s1 FOR VALUES FROM (0) TO (3); CREATE TABLE s1b PARTITION OF s1 DEFAULT;
        CREATE TABLE s2 PARTITION OF s DEFAULT; INSERT INTO s SELECT generate_series(1, 9);
        """;

    // Since version 17, these are created with an empty search_path by any role, so they cannot be created for that
    // table at all.
    private const string OfFailingRoot = "CREATE INDEX s_i ON s (i); CREATE MATERIALIZED VIEW sm AS SELECT count(*) FROM s;";

    // A partition with an object of its table, and with one of its own that fails as well.
    private const string FailingBesides = """
        CREATE FUNCTION ok(i int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN EXISTS (SELECT FROM lim WHERE m >= i); END $$;
        CREATE TABLE g(i int, n int NOT NULL GENERATED ALWAYS AS (key(i)) STORED, CONSTRAINT small CHECK (ok(i)),
                       CONSTRAINT small_n CHECK (n IS NOT NULL AND ok(n)), CONSTRAINT there CHECK (n IS NOT NULL))
            PARTITION BY RANGE (key(i));
        CREATE TABLE g1 PARTITION OF g FOR VALUES FROM (0) TO (5); CREATE TABLE g2 PARTITION OF g FOR VALUES FROM (5) TO (10);
        INSERT INTO g SELECT generate_series(1, 40);
        """;

    // Its rows are loaded through the root, because hashes of an enum differ in a new database. The enum has so many
    // labels that both hash partitions have rows, wherever its labels hash to.
    private const string FailingRoute = """
        CREATE TYPE mood AS ENUM (
          'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
          'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z'
        );
        CREATE TABLE e(m mood, i int, n int GENERATED ALWAYS AS (fine(i)) STORED) PARTITION BY RANGE (key(i));
        CREATE TABLE e0 PARTITION OF e DEFAULT; CREATE TABLE e1 PARTITION OF e FOR VALUES FROM (0) TO (5) PARTITION BY HASH (m);
        CREATE TABLE e1a PARTITION OF e1 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE e1b PARTITION OF e1 FOR VALUES WITH (MODULUS 2, REMAINDER 1); CREATE INDEX ON e (m);
        INSERT INTO e SELECT (enum_range(NULL::mood))[1 + g % 26], g FROM generate_series(1, 100) g;
        CREATE MATERIALIZED VIEW em AS SELECT count(*) FROM e;
        """;

    // Objects that its rows meet in their table.
    private const string Hooks = """
        CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.i := NEW.i + 1000; RETURN NEW; END $$;
        CREATE TRIGGER "of Root" BEFORE INSERT ON e FOR EACH ROW EXECUTE FUNCTION change();
        CREATE TRIGGER of_default BEFORE INSERT ON e0 FOR EACH ROW EXECUTE FUNCTION change();
        ALTER TABLE e0 ENABLE ALWAYS TRIGGER of_default;
        CREATE TRIGGER off BEFORE INSERT ON e FOR EACH ROW EXECUTE FUNCTION change(); ALTER TABLE e DISABLE TRIGGER off;
        CREATE TRIGGER at_replica BEFORE INSERT ON e1 FOR EACH ROW EXECUTE FUNCTION change();
        ALTER TABLE e1 ENABLE REPLICA TRIGGER at_replica;
        CREATE RULE elsewhere AS ON INSERT TO e DO INSTEAD NOTHING; CREATE RULE elsewhere AS ON INSERT TO e0 DO INSTEAD NOTHING;
        ALTER TABLE e ENABLE ROW LEVEL SECURITY; ALTER TABLE e FORCE ROW LEVEL SECURITY; ALTER TABLE e0 FORCE ROW LEVEL SECURITY;
        """;

    private const string Triggers = """
        SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger WHERE tgrelid::regclass::text LIKE 'e%'
        UNION ALL SELECT ev_class::regclass::text, rulename, ev_enabled::text FROM pg_rewrite WHERE rulename = 'elsewhere'
        UNION ALL SELECT relname, relrowsecurity::text, relforcerowsecurity::text FROM pg_class WHERE relname LIKE 'e%' ORDER BY 1, 2
        """;

    private const string Routed = "SELECT m::text, i, n FROM e ORDER BY i";

    // Its partition needs the function, its default partition does not.
    private const string FailingBesideDefault = """
        CREATE FUNCTION part(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN RETURN CASE WHEN i % 10 < 5 THEN key(i) ELSE i % 10 END; END $$;
        CREATE TABLE k(i int) PARTITION BY RANGE (part(i)); CREATE TABLE k0 PARTITION OF k DEFAULT;
        CREATE TABLE k1 PARTITION OF k FOR VALUES FROM (0) TO (5); INSERT INTO k SELECT generate_series(1, 20);
        """;

    private const string FailingInside = """
        CREATE FUNCTION ok(i int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN EXISTS (SELECT FROM lim WHERE m >= i); END $$;
        CREATE FUNCTION at2(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN CASE i WHEN 2 THEN key(i) ELSE i END; END $$;
        CREATE TABLE b(i int, CONSTRAINT small CHECK (ok(i))) PARTITION BY RANGE (fine(i)); CREATE TABLE b0 PARTITION OF b DEFAULT;
        CREATE TABLE b1 PARTITION OF b FOR VALUES FROM (0) TO (5) PARTITION BY LIST (i); CREATE TABLE b1a PARTITION OF b1 DEFAULT;
        CREATE TABLE c(i int, n int NOT NULL GENERATED ALWAYS AS (at2(i)) STORED, CONSTRAINT there CHECK (n IS NOT NULL),
                       CONSTRAINT small CHECK (n IS NOT NULL AND ok(n))) PARTITION BY RANGE (fine(i));
        CREATE TABLE c0 PARTITION OF c DEFAULT; CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (5) PARTITION BY LIST (i);
        CREATE TABLE c1a PARTITION OF c1 DEFAULT; INSERT INTO b SELECT generate_series(1, 20); INSERT INTO c SELECT generate_series(1, 20);
        """;

    // The list still has them in the order in which each can be created.
    private const string FailingWithRoot = """
        CREATE FUNCTION ok(i int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN EXISTS (SELECT FROM lim WHERE m >= i); END $$;
        CREATE FUNCTION key_of(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i % 10 + 0 * (SELECT m FROM lim)';
        CREATE TABLE s(i int, n int GENERATED ALWAYS AS (key(i)) STORED, CONSTRAINT c CHECK (ok(i))) PARTITION BY RANGE (key_of(i));
        CREATE TABLE s1 PARTITION OF s FOR VALUES FROM (0) TO (5); CREATE TABLE s2 PARTITION OF s DEFAULT;
        INSERT INTO s SELECT generate_series(1, 20);
        """;

    private const string Working = """
        CREATE TABLE w(i int, t text NOT NULL, id int GENERATED ALWAYS AS IDENTITY, n int GENERATED ALWAYS AS (fine(i)) STORED,
                       CONSTRAINT c CHECK (fine(i) >= 0))
            PARTITION BY RANGE (fine(i));
        CREATE TABLE w0 PARTITION OF w DEFAULT; CREATE TABLE w1 PARTITION OF w FOR VALUES FROM (0) TO (5) PARTITION BY HASH (fine(i + 1));
        CREATE TABLE w1a PARTITION OF w1 FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE INDEX ON w (t);
        CREATE TABLE w1b PARTITION OF w1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO w(i, t) SELECT g, 'x' FROM generate_series(1, 200) g;
        CREATE MATERIALIZED VIEW wm AS SELECT count(*) FROM w;
        CREATE TYPE mind AS ENUM ('a', 'b');
        CREATE TABLE x(m mind, i int) PARTITION BY RANGE (fine(i)); CREATE TABLE x0 PARTITION OF x DEFAULT PARTITION BY HASH (m);
        CREATE TABLE x0a PARTITION OF x0 FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO x VALUES ('a', 1), ('b', 2);
        CREATE TABLE y(i int, id int GENERATED ALWAYS AS IDENTITY) PARTITION BY RANGE (fine(i));
        CREATE TABLE y0 PARTITION OF y DEFAULT PARTITION BY LIST (i); CREATE TABLE y00 PARTITION OF y0 DEFAULT PARTITION BY LIST (i);
        CREATE TABLE y000 PARTITION OF y00 DEFAULT; INSERT INTO y(i) VALUES (1), (2);
        """;

    private const string Counts = """
        SELECT (SELECT count(*) FROM "r T"), (SELECT count(*) FROM "r 1") + (SELECT count(*) FROM "r 0"), (SELECT count(*) FROM l1a)
        """;

    private const string Partitions = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '\"r T\"'::regclass";

    private const string Columns = """
        SELECT attrelid::regclass::text, attname, attnotnull, attgenerated, attidentity, attislocal, attinhcount,
            pg_get_expr(relpartbound, c.oid)
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE attnum > 0 AND relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1, 2
        """;

    private const string Constraints = """
        SELECT conrelid::regclass::text, conname, convalidated, conislocal, coninhcount, connoinherit, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Detached_partitions_keep_all_rows_and_the_listed_sql_attaches_them(bool isApart)
    {
        await MakeAsync(Failing);
        var (items, fingerprint) = await BackUpAsync("shop");
        var warnings = await RestoreAsync(isApart ? Apart() : Cluster.Source(), items, fingerprint, true);
        Assert.Contains(
            "Left out: public.\"r 1\" as a partition of public.\"r T\" (now a separate table with all its rows): "
                + "ERROR: relation \"lim\" does not exist. "
                + "Its SQL: ALTER TABLE public.\"r T\" ATTACH PARTITION public.\"r 1\" FOR VALUES FROM (0, MINVALUE) TO (3, 'x''y')",
            warnings
        );
        Assert.DoesNotContain(warnings, w => w.Contains("ALTER INDEX", StringComparison.Ordinal));
        Assert.Equal(["0|100|5"], await Cluster.QueryAsync("copy", Counts));
        Assert.Equal(["r9"], await Cluster.QueryAsync("copy", Partitions));

        await MendAsync(warnings, isApart ? Cluster.Superuser : Cluster.User);
        await AssertEqualAsync();
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_table_that_cannot_be_created_loses_no_row_of_its_partitions()
    {
        await MakeAsync(FailingRoot + OfFailingRoot);
        var (items, fingerprint) = await BackUpAsync("shop");
        var warnings = await RestoreAsync(Cluster.Source(), items, fingerprint, true);
        Assert.Equal(
            ["2", "1", "6"],
            await Cluster.QueryAsync("copy", "SELECT count(*) FROM s1a UNION ALL SELECT count(*) FROM s1b UNION ALL SELECT count(*) FROM s")
        );
        await MendAsync(warnings, Cluster.User);
        await AssertEqualAsync();
    }

    [Fact]
    public async Task Failing_generated_columns_and_constraints_are_repaired_before_partitions()
    {
        await MakeAsync(FailingBesides);
        var (items, fingerprint) = await BackUpAsync("shop");
        var warnings = await RestoreAsync(Cluster.Source(), items, fingerprint, true);
        Assert.Equal(["40"], await Cluster.QueryAsync("copy", "SELECT (SELECT count(*) FROM g1) + (SELECT count(*) FROM g2)"));
        await MendAsync(warnings, Cluster.User);
        const string Checks = """
            SELECT conname, conrelid::regclass::text, convalidated, conislocal, coninhcount
            FROM pg_constraint WHERE contype = 'c' AND conrelid IN ('g'::regclass, 'g1'::regclass, 'g2'::regclass) ORDER BY 1, 2
            """;
        foreach (var query in (string[])["SELECT tableoid::regclass::text, i, n FROM g ORDER BY i", Checks])
        {
            Assert.Equal(await Cluster.QueryAsync("shop", query), await Cluster.QueryAsync("copy", query));
        }
    }

    [Fact]
    public async Task Rows_loaded_through_the_root_are_kept_where_the_listed_sql_finds_them()
    {
        await MakeAsync(FailingRoute);
        var (items, fingerprint) = await BackUpAsync("shop");
        var warnings = await RestoreAsync(Cluster.Source(), items, fingerprint, true);
        Assert.Equal(4, warnings.Count(w => w.StartsWith("Left out: rows of ", StringComparison.Ordinal)));
        Assert.Equal(
            ["0|3"],
            await Cluster.QueryAsync(
                "copy",
                """
                SELECT (SELECT count(*) FROM e), count(*)
                FROM pg_class WHERE relnamespace::regnamespace::text LIKE '\_holdfast%' AND relpersistence = 'p'
                """
            )
        );

        // Executing it without a search_path loses nothing.
        await Listed.FailAsync(Cluster, warnings, Cluster.User);
        Assert.Equal(
            ["0|3"],
            await Cluster.QueryAsync(
                "copy",
                """
                SELECT (SELECT count(*) FROM e), count(*) FROM pg_class WHERE relnamespace::regnamespace::text LIKE '\_holdfast%'
                """
            )
        );

        await MendAsync(warnings, Cluster.User);
        Assert.Equal(await Contents.SchemaAsync(Cluster, "shop"), await Contents.SchemaAsync(Cluster, "copy"));
        foreach (var query in (string[])[Routed, "SELECT * FROM em"])
        {
            Assert.Equal(await Cluster.QueryAsync("shop", query), await Cluster.QueryAsync("copy", query));
        }
    }

    [Theory]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task Kept_rows_are_moved_unchanged_whatever_triggers_and_rules_do(int major)
    {
        await using var other = major == 15 ? null : await OtherServers.StartAsync(major);
        var (from, to) = (major < 15 ? other! : Cluster, other ?? Cluster);
        await from.CreateAsync("shop");
        await from.RunAsync("shop", Functions + FailingRoute + Hooks, Cluster.User);
        // a query that reads all rows of such a table
        var (items, fingerprint) = await BackUpAsync("shop", from.Source(Cluster.Superuser));
        var warnings = await RestoreAsync(to.Source(), items, fingerprint, true);
        await MendAsync(warnings, Cluster.User, to);
        foreach (var query in (string[])[Routed, Triggers])
        {
            Assert.Equal(await from.QueryAsync("shop", query), await to.QueryAsync("copy", query));
        }
    }

    [Theory]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task Partitions_with_a_working_key_are_attached_although_inherited_objects_fail(int major)
    {
        await using var other = major == 15 ? null : await OtherServers.StartAsync(major);
        var (from, to) = (major < 15 ? other! : Cluster, other ?? Cluster);
        await from.CreateAsync("shop");
        await from.RunAsync("shop", Functions + FailingInside, Cluster.User);
        var (items, fingerprint) = await BackUpAsync("shop", from.Source());
        var warnings = await RestoreAsync(to.Source(), items, fingerprint, true);
        const string Tree = "SELECT inhrelid::regclass::text FROM pg_inherits ORDER BY 1";
        Assert.Equal(["b0", "b1", "b1a", "c0", "c1", "c1a"], await to.QueryAsync("copy", Tree));
        string[] found = [.. Listed.In(warnings)];
        Assert.Equal(
            ["ALTER TABLE public.b VALIDATE CONSTRAINT small"],
            found.Where(f => f.Contains("public.b", StringComparison.Ordinal))
        );
        Assert.Single(found, f => f.Contains("DROP COLUMN", StringComparison.Ordinal));
        await MendAsync(warnings, Cluster.User, to);
        const string Rows = "SELECT tableoid::regclass::text, i, n FROM c ORDER BY i";
        const string Checks =
            "SELECT conrelid::regclass::text, conname, convalidated, coninhcount FROM pg_constraint WHERE contype = 'c' ORDER BY 1, 2";
        foreach (var query in (string[])[Rows, Checks, "SELECT tableoid::regclass::text, i FROM b ORDER BY i"])
        {
            Assert.Equal(await from.QueryAsync("shop", query), await to.QueryAsync("copy", query));
        }
    }

    [Fact]
    public async Task A_default_partition_is_attached_after_those_whose_rows_it_would_accept()
    {
        await MakeAsync(FailingBesideDefault);
        var (items, fingerprint) = await BackUpAsync("shop");
        var warnings = await RestoreAsync(Cluster.Source(), items, fingerprint, true);
        Assert.Equal(["0"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM pg_inherits"));
        Assert.Contains(warnings, w =>
            w.Contains("it would accept rows of the partitions that could not be attached", StringComparison.Ordinal)
        );
        await MendAsync(warnings, Cluster.User);
        await AssertEqualAsync();
    }

    [Fact]
    public async Task Partitions_of_a_table_that_cannot_be_created_are_repaired_before_they_are_attached()
    {
        await MakeAsync(FailingWithRoot);
        var (items, fingerprint) = await BackUpAsync("shop");
        await MendAsync(await RestoreAsync(Cluster.Source(), items, fingerprint, true), Cluster.User);
        foreach (var query in (string[])["SELECT tableoid::regclass::text, i, n FROM s ORDER BY i", Constraints])
        {
            Assert.Equal(await Cluster.QueryAsync("shop", query), await Cluster.QueryAsync("copy", query));
        }
    }

    [Fact]
    public async Task Materialized_views_are_refreshed_before_those_that_read_them()
    {
        await MakeAsync(
            """
            CREATE TABLE a(i int) PARTITION BY RANGE (key(i)); CREATE TABLE a1 PARTITION OF a DEFAULT; INSERT INTO a VALUES (1);
            CREATE TABLE z(i int) PARTITION BY RANGE (key(i)); CREATE TABLE z1 PARTITION OF z DEFAULT; INSERT INTO z VALUES (1), (2);
            CREATE MATERIALIZED VIEW v2 AS SELECT count(*) FROM z; CREATE MATERIALIZED VIEW v1 AS SELECT v2.count FROM v2, a;
            CREATE MATERIALIZED VIEW v4 AS SELECT count(*) FROM a; CREATE MATERIALIZED VIEW v3 AS SELECT v4.count FROM v4, z;
            """
        );
        var (items, fingerprint) = await BackUpAsync("shop");
        await MendAsync(await RestoreAsync(Cluster.Source(), items, fingerprint, true), Cluster.User);
        await AssertEqualAsync();
    }

    [Fact]
    public async Task Bounds_do_not_depend_on_the_roles_number_and_date_formats()
    {
        await MakeAsync(
            """
            CREATE TABLE f(f float8, d date, i int) PARTITION BY RANGE (f, d, fine(i));
            CREATE TABLE f1 PARTITION OF f FOR VALUES FROM (0.30000000000000004, '2020-02-01', 0) TO (0.7, '2020-02-02', 0);
            INSERT INTO f VALUES (0.30000000000000004, '2020-02-01', 1), (0.5, '2020-02-01', 2);
            """
        );
        var (items, fingerprint) = await BackUpAsync("shop");
        await Cluster.RunAsync(
            "postgres",
            $"ALTER ROLE {Cluster.User} SET extra_float_digits = 0; ALTER ROLE {Cluster.User} SET datestyle = 'SQL, DMY'"
        );
        try
        {
            Assert.Empty(await RestoreAsync(Cluster.Source(), items, fingerprint, true));
        }
        finally
        {
            await Cluster.RunAsync("postgres", $"ALTER ROLE {Cluster.User} RESET ALL");
        }

        await AssertEqualAsync();
    }

    [Fact]
    public async Task Those_that_succeed_are_restored_unchanged()
    {
        await MakeAsync(Working);
        var (items, fingerprint) = await BackUpAsync("shop");
        Assert.Empty(await RestoreAsync(Cluster.Source(), items, fingerprint, true));
        await AssertEqualAsync();
    }

    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task Other_server_versions_behave_the_same(int major)
    {
        await using var other = await OtherServers.StartAsync(major);
        var from = major < 15 ? other : Cluster;
        await from.CreateAsync("shop");
        string[] all = [Functions, Failing, FailingRoot, major < 17 ? OfFailingRoot : "", FailingBesides, FailingRoute, Working];
        await from.RunAsync("shop", string.Concat(all), Cluster.User);
        var (items, fingerprint) = await BackUpAsync("shop", from.Source());
        var warnings = await RestoreAsync(other.Source(), items, fingerprint, true);
        await MendAsync(warnings, Cluster.User, other);
        Assert.Equal(await SumsAsync(from, "shop"), await SumsAsync(other, "copy"));
        Assert.Equal(await from.QueryAsync("shop", Routed), await other.QueryAsync("copy", Routed));
        const string Tree = "SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits ORDER BY 1";
        Assert.Equal(await from.QueryAsync("shop", Tree), await other.QueryAsync("copy", Tree));

        // The partition of a row depends on numbers that a database assigns to the values of an enum.
        static async Task<IEnumerable<string>> SumsAsync(Cluster server, string database) =>
            (await Contents.SumsAsync(server, database)).Where(s => !s.StartsWith("e1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task Succeeding_partitions_are_equal_on_other_versions_whether_or_not_they_were_deferred(int major)
    {
        await using var other = await OtherServers.StartAsync(major);
        var from = major < 15 ? other : Cluster;
        await from.CreateAsync("shop");
        await from.RunAsync("shop", Functions + Working, Cluster.User);
        var (items, fingerprint) = await BackUpAsync("shop", from.Source());
        var found = new List<string>();
        foreach (var continues in (bool[])[false, true])
        {
            var warnings = await RestoreAsync(other.Source(), items, fingerprint, continues);
            Assert.DoesNotContain(warnings, w => w.StartsWith("Left out", StringComparison.Ordinal));
            found.Add(string.Join('\n', [.. await other.QueryAsync("copy", Columns), .. await other.QueryAsync("copy", Constraints)]));
            await other.RunAsync("postgres", "DROP DATABASE copy");
        }

        Assert.Equal(found[0], found[1]);
    }

    [Fact]
    public async Task A_row_missing_from_a_detached_partition_is_reported()
    {
        await MakeAsync(Failing);
        var (items, fingerprint) = await BackUpAsync("shop");
        await RestoreAsync(Cluster.Source(), items, fingerprint, true);
        var dump = new DumpScanner();
        dump.Scan(items["database.dump"]);
        await using var connection = await Cluster.OpenAsync("copy");
        await ContentCheck.RunAsync(connection, dump, new HashSet<int>(), new Dictionary<int, string>(), Token);
        await Cluster.RunAsync("copy", "DELETE FROM \"r 1\" WHERE i = 2");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            ContentCheck.RunAsync(connection, dump, new HashSet<int>(), new Dictionary<int, string>(), Token)
        );
        Assert.Contains("'public.r 1' has ", failure.Message, StringComparison.Ordinal);
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

    private Task MendAsync(IReadOnlyList<string> warnings, string user, Cluster? server = null) =>
        Listed.MendAsync(server ?? Cluster, warnings, user);

    private async Task AssertEqualAsync()
    {
        Assert.Equal(await Contents.SchemaAsync(Cluster, "shop", "--no-owner"), await Contents.SchemaAsync(Cluster, "copy", "--no-owner"));
        Assert.Equal(await Contents.SumsAsync(Cluster, "shop"), await Contents.SumsAsync(Cluster, "copy"));
    }
}
