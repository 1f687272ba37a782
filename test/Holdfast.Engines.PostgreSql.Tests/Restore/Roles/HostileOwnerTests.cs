using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Roles;

/// <summary>The owner of a database gains nothing from its backup and restore.</summary>
public sealed class HostileOwnerTests(Cluster cluster) : ServerTest(cluster)
{
    private const string SetConfig = "SELECT pg_catalog.set_config('search_path'";

    // A query that uses the database's search_path, or an unqualified operator, runs evil.f().
    private const string Trap = """
        CREATE EXTENSION hstore;
        SET SESSION AUTHORIZATION mallory;
        CREATE SCHEMA evil; GRANT ALL ON SCHEMA evil TO PUBLIC;
        CREATE TABLE evil.seen(who text); GRANT ALL ON evil.seen TO PUBLIC;
        CREATE FUNCTION evil.f() RETURNS name LANGUAGE plpgsql AS $$ BEGIN INSERT INTO evil.seen VALUES (current_user); RETURN 'x'; END $$;
        CREATE VIEW evil.pg_extension AS SELECT evil.f() extname, '1'::text extversion;
        CREATE VIEW evil.pg_class AS SELECT 1 relpages, evil.f() relname, 'i'::"char" relkind, 'u'::"char" relpersistence;
        CREATE VIEW evil.pg_namespace AS SELECT evil.f() nspname;
        CREATE VIEW evil.pg_largeobject_metadata AS SELECT evil.f() oid;
        GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC;
        CREATE FUNCTION evil.pg_database_size(name) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.f(); RETURN 1; END $$;
        CREATE FUNCTION public.cat(name, name) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.f(); RETURN 'x'; END $$;
        CREATE OPERATOR public.|| (LEFTARG = name, RIGHTARG = name, FUNCTION = public.cat);
        CREATE FUNCTION public.cat(bigint, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.f(); RETURN 'x'; END $$;
        CREATE OPERATOR public.|| (LEFTARG = bigint, RIGHTARG = text, FUNCTION = public.cat);
        CREATE FUNCTION public.same("char", "char") RETURNS bool LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.f(); RETURN true; END $$;
        CREATE OPERATOR public.= (LEFTARG = "char", RIGHTARG = "char", FUNCTION = public.same);
        CREATE TABLE public.t(id serial PRIMARY KEY); INSERT INTO public.t DEFAULT VALUES;
        ALTER DATABASE shop SET search_path = evil, public, pg_catalog;
        """;

    private readonly int _logged = cluster.Server.Log.Lines.Count;

    public override async ValueTask InitializeAsync()
    {
        await Cluster.RunAsync("postgres", "CREATE ROLE mallory LOGIN");
        await Cluster.CreateAsync("shop", "mallory");
        await Cluster.RunAsync("shop", Trap);
        await Cluster.RunAsync(
            "postgres",
            $"GRANT pg_read_all_data TO {Cluster.User}; ALTER ROLE {Cluster.User} SET log_statement = 'all'; ALTER ROLE "
                + $"{Cluster.Superuser} SET log_statement = 'all'"
        );
    }

    public override async ValueTask DisposeAsync()
    {
        await Cluster.RunAsync(
            "postgres",
            $"ALTER ROLE {Cluster.User} RESET ALL; ALTER ROLE {Cluster.Superuser} RESET ALL; REVOKE pg_read_all_data FROM {Cluster.User}"
        );
        await base.DisposeAsync();
        await Cluster.RunAsync("postgres", "DROP ROLE mallory");
    }

    [Theory]
    [InlineData(Cluster.User)]
    [InlineData(Cluster.Superuser)]
    public async Task No_code_of_the_database_runs_during_its_backup(string user)
    {
        await BackUpHostileAsync(Cluster.Source(user));
        Assert.Empty(await Cluster.QueryAsync("shop", "SELECT * FROM evil.seen", options: "-c search_path=pg_catalog"));
        await AssertSafeFromTheFirstStatementAsync("shop");
    }

    [Fact]
    public async Task No_code_of_the_database_runs_when_its_restore_counts_rows_and_queries_catalogs()
    {
        var (items, fingerprint) = await BackUpHostileAsync(Cluster.Source(Cluster.Superuser));
        await RestoreAsync(Cluster.Source(Cluster.Superuser), "copy", items, fingerprint);
        Assert.Empty(await Cluster.QueryAsync("copy", "SELECT * FROM evil.seen", options: "-c search_path=pg_catalog"));
        await AssertSafeFromTheFirstStatementAsync("_holdfast_restore_");
    }

    [Fact]
    public async Task A_pooler_that_rejects_startup_options_gets_them_as_the_first_statement()
    {
        await using var pooler = new Pooler(Cluster.Port);
        var (items, fingerprint) = await BackUpHostileAsync(
            Cluster.Source() with
            {
                Hosts = [new("127.0.0.1", pooler.Port)],
                Tls = PostgreSqlTls.Disable,
            }
        );
        Assert.Equal(1, pooler.Refused);
        Assert.NotEmpty(fingerprint);
        Assert.NotEmpty(items["database.dump"]);
        Assert.Empty(await Cluster.QueryAsync("shop", "SELECT * FROM evil.seen", options: "-c search_path=pg_catalog"));
        await AssertSafeFromTheFirstStatementAsync("shop");
    }

    [Fact]
    public async Task Settings_of_the_restore_role_do_not_change_values()
    {
        await Cluster.CreateAsync("values");
        await Cluster.RunAsync(
            "values",
            "CREATE TABLE a(x text[], i interval); INSERT INTO a VALUES (ARRAY['a', NULL, 'b'], '-1 year 2 days')"
        );
        var (items, fingerprint) = await BackUpAsync("values", Cluster.Source(Cluster.Superuser));
        await Cluster.RunAsync(
            "postgres",
            $"ALTER ROLE {Cluster.User} SET array_nulls = off; ALTER ROLE {Cluster.User} SET intervalstyle = sql_standard; "
                + $"ALTER ROLE {Cluster.User} SET default_transaction_read_only = on"
        );
        await RestoreAsync(Cluster.Source() with { Restore = new() { AllowPrivilegedRole = true } }, "copy", items, fingerprint);
        Assert.Equal(["True|-1 years +2 days"], await Cluster.QueryAsync("copy", "SELECT x[2] IS NULL, i::text FROM a"));
    }

    private static async Task<(MemoryItems Items, IReadOnlyDictionary<string, string> Fingerprint)> BackUpHostileAsync(
        PostgreSqlSourceConfig config
    )
    {
        await using var source = Attach(config);
        // so that the database itself is queried
        var found = (await DiscoverAsync(source)).Single(d => d.Name == "shop") with { SizeBytes = 0 };
        await using var view = await source.OpenViewAsync(found, new(BackupType.Backup, null), Token);
        var items = new MemoryItems();
        return (items, await view.WriteAsync(items, Token));
    }

    // The server's log shows that every session in the database, of Holdfast and of its programs, begins with the
    // statement that pins the search path.
    private async Task AssertSafeFromTheFirstStatementAsync(string database)
    {
        var mark = Guid.NewGuid().ToString("n");
        await Cluster.QueryAsync("postgres", $"SELECT '{mark}'");
        await Cluster.Server.Log.WaitForAsync(mark, Token);
        var sessions = Cluster
            .Server.Log.Lines.Skip(_logged)
            .Select(l => l.Split('|', 4))
            .Where(l =>
                l.Length == 4
                && l[1].StartsWith(database, StringComparison.Ordinal)
                && l[2].StartsWith("holdfast", StringComparison.Ordinal)
            )
            .Where(l => l[3].StartsWith("LOG:", StringComparison.Ordinal)) // not a warning of another test's statement
            .Select(l => (Process: l[0], Text: l[3]))
            .Where(l => l.Text.Contains("SELECT", StringComparison.Ordinal) || l.Text.Contains("SET ", StringComparison.Ordinal))
            .GroupBy(l => l.Process)
            .ToList();
        Assert.NotEmpty(sessions);
        Assert.All(sessions, s => Assert.Contains(SetConfig, s.First().Text, StringComparison.Ordinal));
    }
}
