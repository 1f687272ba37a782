using Holdfast.Core.Errors;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.Restores;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Roles;

/// <summary>
/// Roles belong to the server, and their names are bytes: a name created in a LATIN1 database is not valid text in
/// others.
/// </summary>
public sealed class RoleNameTests(Cluster cluster) : ServerTest(cluster)
{
    private const string TableGrants =
        "SELECT encode(string_agg(a::text, ',' ORDER BY a::text)::bytea, 'escape') FROM pg_class, unnest(relacl) a WHERE relname = 't'";

    private const string DatabaseGrants =
        "SELECT encode(string_agg(a::text, ',' ORDER BY a::text)::bytea, 'escape') FROM pg_database, unnest(datacl) a WHERE "
        + "datname = current_database()";

    private const string Settings = """
        SELECT encode(r.rolname::text::bytea, 'escape'), array_to_string(s.setconfig, ',')
        FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase
        WHERE d.datname = current_database()
        """;

    public override async ValueTask InitializeAsync()
    {
        await CreateAsync("latin", "LATIN1");
        await Cluster.RunAsync("latin", "CREATE ROLE \"zo\u00eb\"; CREATE ROLE \"zo\u00ea\"");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await DropRolesAsync();
    }

    [Fact]
    public async Task Grants_and_settings_of_an_existing_role_are_restored()
    {
        var (items, fingerprint) = await BackUpAsync("LATIN1");
        Assert.Empty(await RestoreAsync(Cluster.Source(Cluster.Superuser), "copy", items, fingerprint));
        foreach (var query in (string[])[TableGrants, DatabaseGrants, Settings])
        {
            var expected = await Cluster.QueryAsync("shop", query);
            Assert.Contains(@"zo\353", Assert.Single(expected), StringComparison.Ordinal);
            Assert.Equal(expected, await Cluster.QueryAsync("copy", query));
        }
    }

    [Fact]
    public async Task Grants_that_a_utf8_dump_cannot_contain_are_reported_with_their_sql_and_the_rest_is_restored()
    {
        var (items, fingerprint) = await BackUpAsync("UTF8");
        var warning = Assert.Single(await RestoreAsync(Cluster.Source(Cluster.Superuser), "copy", items, fingerprint));
        Assert.Matches("^The grants on public: TABLE t are left out: the name of the role 'zo%EB~[0-9a-f]{8}' is not valid UTF-8", warning);
        Assert.Equal(await Cluster.QueryAsync("shop", DatabaseGrants), await Cluster.QueryAsync("copy", DatabaseGrants));
        Assert.Equal(await Cluster.QueryAsync("shop", Settings), await Cluster.QueryAsync("copy", Settings));
        await Cluster.RunAsync(
            "copy",
            warning[(warning.IndexOf("Its SQL: ", StringComparison.Ordinal) + "Its SQL: ".Length)..],
            Cluster.User
        );
        Assert.Equal(await Cluster.QueryAsync("shop", TableGrants), await Cluster.QueryAsync("copy", TableGrants));
    }

    [Theory]
    [InlineData("LATIN1")]
    [InlineData("UTF8")]
    public async Task A_missing_role_is_reported_with_the_sql_that_creates_it(string encoding)
    {
        var (items, fingerprint) = await BackUpAsync(encoding);
        await Cluster.RunAsync("postgres", "DROP DATABASE shop");
        await DropRolesAsync();
        await Cluster.RunAsync("latin", "CREATE ROLE \"zo\u00ea\""); // another one, whose name is not valid text either
        foreach (var missing in (MissingRoles[])[MissingRoles.Refuse, MissingRoles.Create])
        {
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Config(missing), "copy", items, fingerprint));
            Assert.Matches("^'shop' refers to roles that the target server does not have: 'zo%EB~[0-9a-f]{8}'", failure.Message);
            await AssertNothingLeftAsync();
            if (missing == MissingRoles.Refuse)
            {
                continue;
            }
            var sql = failure.Hint![(failure.Hint!.IndexOf("DO $$", StringComparison.Ordinal))..];
            await Cluster.RunAsync("latin", sql[..(sql.IndexOf("$$;", StringComparison.Ordinal) + 3)]);
            Assert.Contains(@"zo\353", await Cluster.QueryAsync("postgres", "SELECT encode(rolname::text::bytea, 'escape') FROM pg_roles"));
            await Cluster.RunAsync("latin", "DROP ROLE \"zo\u00eb\"");
        }

        var warnings = await RestoreAsync(Config(MissingRoles.Skip), "copy", items, fingerprint);
        Assert.Equal(3, warnings.Count);
        Assert.Matches("^The grants on public: TABLE t are left out: the .* Its SQL: GRANT SELECT ON TABLE public.t TO ", warnings[0]);
        Assert.Matches("^The setting work_mem of 'zo%EB~[0-9a-f]{8}' is left out: the role 'zo%EB~", warnings[1]);
        Assert.Matches("^The grant of CREATE to zo%EB~[0-9a-f]{8} is left out: the role 'zo%EB~", warnings[2]);
    }

    private PostgreSqlSourceConfig Config(MissingRoles missing) => Cluster.Source() with { Restore = new() { MissingRoles = missing } };

    private Task CreateAsync(string name, string encoding) =>
        Cluster.RunAsync(
            "postgres",
            $"CREATE DATABASE {name} OWNER {Cluster.User} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        );

    private async Task<(MemoryItems Items, IReadOnlyDictionary<string, string> Fingerprint)> BackUpAsync(string encoding)
    {
        await CreateAsync("shop", encoding);
        await Cluster.RunAsync("shop", "CREATE TABLE t(i int); INSERT INTO t VALUES (1)", Cluster.User);
        await Cluster.RunAsync(
            "shop",
            $"{Naming("GRANT SELECT ON t TO %I")}; {Naming("GRANT CREATE ON DATABASE shop TO %I")}",
            Cluster.User
        );
        await Cluster.RunAsync("shop", Naming("ALTER ROLE %I IN DATABASE shop SET work_mem = ''8MB''"));
        return await BackUpAsync("shop", null);
    }

    private Task DropRolesAsync() =>
        Cluster.RunAsync(
            "postgres",
            "DO $$ DECLARE r name; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'zo%' LOOP EXECUTE "
                + "format('DROP ROLE %I', r); END LOOP; END $$"
        );

    // Within the server, the encoding of the name does not matter.
    private static string Naming(string statement) =>
        $"DO $$ BEGIN EXECUTE format('{statement}', (SELECT rolname FROM pg_roles WHERE encode(rolname::text::bytea, 'hex') = "
        + "'7a6feb')); END $$";
}
