using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Tests.Metadata;

/// <summary>Objects that a backup or a restore has to omit are reported.</summary>
public sealed class OmissionTests(Cluster cluster) : ServerTest(cluster)
{
    [Fact]
    public async Task Invisible_subscriptions_and_user_mapping_options_are_counted()
    {
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync(
            "shop",
            $"""
            CREATE TABLE t(i int);
            CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;
            CREATE USER MAPPING FOR {Cluster.Superuser} SERVER s OPTIONS (user 'a', password 'TopSecret');
            CREATE USER MAPPING FOR {Cluster.User} SERVER s;
            GRANT USAGE ON FOREIGN SERVER s TO {Cluster.User}; GRANT SELECT ON t TO {Cluster.User};
            """
        );
        await Cluster.RunAsync(
            "shop",
            "CREATE SUBSCRIPTION s1 CONNECTION 'host=/nowhere dbname=x' PUBLICATION p WITH (connect = false, slot_name = "
                + "NONE, enabled = false)"
        );
        try
        {
            Assert.Equal(
                [
                    "1 subscription is missing from this backup: pg_dump can read them only as a superuser.",
                    "1 user mapping is in this backup without options (user and password at the foreign server): only a "
                        + "superuser, or the mapped user with USAGE on the foreign server, can see them.",
                ],
                await WarningsAsync(Cluster.Source())
            );
            Assert.Empty(await WarningsAsync(Cluster.Source(Cluster.Superuser)));
        }
        finally
        {
            await Cluster.RunAsync("shop", "DROP SUBSCRIPTION s1");
        }
    }

    [Theory]
    [InlineData(13)]
    [InlineData(14)]
    public async Task Grants_on_the_schema_public_of_older_servers_are_restored_or_reported_with_their_sql(int major)
    {
        await using var older = await OtherServers.StartAsync(major);
        await older.RunAsync("postgres", "CREATE ROLE app");
        await older.CreateAsync("hard");
        await older.RunAsync(
            "hard",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE, CREATE ON SCHEMA public TO app; COMMENT ON SCHEMA "
                + $"public IS 'ours'; CREATE TABLE t(i int); GRANT SELECT ON t TO {Cluster.User}"
        );
        var (items, fingerprint) = await BackUpAsync("hard", older.Source(Cluster.Superuser));

        Assert.Empty(await RestoreAsync(older.Source(Cluster.Superuser), "by_superuser", items, fingerprint));
        Assert.Equal(await GrantsAsync("hard"), await GrantsAsync("by_superuser"));

        var warning = Assert.Single(await RestoreAsync(older.Source(), "by_role", items, fingerprint));
        Assert.NotEqual(await GrantsAsync("hard"), await GrantsAsync("by_role"));
        await older.RunAsync("by_role", warning.Split("in the new database: ")[1]);
        Assert.Equal(await GrantsAsync("hard"), await GrantsAsync("by_role"));

        async Task<IReadOnlyList<string>> GrantsAsync(string database) =>
            await older.QueryAsync(
                database,
                "SELECT a.grantee, a.privilege_type, obj_description(n.oid) FROM pg_namespace n, aclexplode(nspacl) a WHERE "
                    + "nspname = 'public' ORDER BY 1, 2"
            );
    }

    [Fact]
    public void Only_warnings_of_the_programs_are_reported_with_their_details()
    {
        const string Said = """
            pg_dump: last built-in OID is 16383
            pg_dump: warning: there are circular foreign-key constraints on this table:
            pg_dump: detail: nodes
            pg_dump: hint: You might not be able to restore the dump.
            pg_restore: WARNING:  no privileges were granted for "t"
            ERROR: ld.so: object 'libstdbuf.so' cannot be preloaded
            """;
        Assert.Equal(
            [
                "pg_dump: warning: there are circular foreign-key constraints on this table: pg_dump: detail: nodes pg_dump: "
                    + "hint: You might not be able to restore the dump.",
                "pg_restore: WARNING:  no privileges were granted for \"t\"",
            ],
            ToolWarningParser.Parse(Said.ReplaceLineEndings("\n"))
        );
    }

    [Theory]
    [InlineData("pg_restore: WARNUNG:  keine Privilegien wurden für »t« gewährt\nTIP:  Hinsehen\npg_restore: creating")]
    [InlineData("pg_restore: ATTENTION:  aucun droit\nASTUCE :  voir")]
    [InlineData("pg_restore: ПРЕДУПРЕЖДЕНИЕ:  права не назначены\nПОДСКАЗКА:  смотрите")]
    [InlineData("pg_restore: 警告:  権限なし\nヒント:  見る")]
    public void Warnings_of_a_server_in_another_language_are_reported_too(string said) =>
        Assert.Equal([string.Join(' ', said.Split('\n').Take(2))], ToolWarningParser.Parse(said));

    [Theory]
    [InlineData(
        "CREATE USER MAPPING FOR app SERVER s OPTIONS ( password 'it''s hunter2', \"user\" 'a' );",
        "CREATE USER MAPPING FOR app SERVER s OPTIONS ( password '***', \"user\" 'a' );"
    )]
    [InlineData("OPTIONS (\"api_key\" 'hunter2')", "OPTIONS (\"api_key\" '***')")]
    [InlineData(
        "CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2 user=u' PUBLICATION p",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h password=*** user=u' PUBLICATION p"
    )]
    [InlineData("CONNECTION 'host=h password=''hunter2 x'' user=u'", "CONNECTION 'host=h password=*** user=u'")]
    [InlineData("CONNECTION 'postgresql://u:hunter2@h/db'", "CONNECTION 'postgresql://u:***@h/db'")]
    [InlineData("ALTER ROLE x PASSWORD 'SCRAM-SHA-256$hunter2'", "ALTER ROLE x PASSWORD '***'")]
    [InlineData("SET app.jwt_secret TO 'hunter2", "SET app.jwt_secret TO '***'")]
    [InlineData("column \"password\" of relation \"t\" has values", "column \"password\" of relation \"t\" has values")]
    public void Secrets_in_statements_are_masked(string said, string masked) => Assert.Equal(masked, SecretMasker.Mask(said));

    private static async Task<IReadOnlyList<string>> WarningsAsync(PostgreSqlSourceConfig config)
    {
        await using var source = Attach(config);
        await using var view = await source.OpenViewAsync(
            (await DiscoverAsync(source)).Single(d => d.Name == "shop"),
            new(BackupType.Backup, null),
            Token
        );
        Assert.Empty(view.Warnings);
        await view.WriteAsync(new MemoryItems(), Token);
        return view.Warnings;
    }
}
