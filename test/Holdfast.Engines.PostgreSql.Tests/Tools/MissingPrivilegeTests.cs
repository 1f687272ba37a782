using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Tests.Tools;

/// <summary>
/// Without a privilege of the recommended role, a backup is either still complete, or it fails and names the missing
/// privilege. It never omits anything silently.
/// </summary>
public sealed class MissingPrivilegeTests(Cluster cluster) : ServerTest(cluster)
{
    private const string Keeper = "keeper",
        Database = "everything",
        Roles = "\"a reader\", \"an owner\"";

    private const int Shared = 15; // the version of the shared server

    public static TheoryData<int> Majors { get; } = Soak.IsOn ? [Shared, 14] : [Shared];

    [Theory]
    [InlineData("permission denied for large object 4711", 17, """GRANT SELECT ON LARGE OBJECT 4711 TO "o""dd"; """)]
    [InlineData("permission denied for large object 4711", 18, """GRANT pg_read_all_data TO "o""dd";""")]
    [InlineData("permission denied for table t", 14, """GRANT pg_read_all_data TO "o""dd";""")]
    [InlineData("affected by row-level security policy for table \"t\"", 14, """ALTER ROLE "o""dd" BYPASSRLS;""")]
    public void A_missing_privilege_is_named_as_the_server_version_requires(string said, int major, string hint) =>
        Assert.StartsWith(
            hint.TrimEnd(),
            MissingPrivilege.GetHint($"pg_dump: error: ERROR:  {said}", "o\"dd", major),
            StringComparison.Ordinal
        );

    [Fact]
    public void Other_failures_suggest_no_grant() =>
        Assert.Null(MissingPrivilege.GetHint("pg_dump: error: connection to server was lost", "u", 15));

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Each_privilege_in_the_script_is_either_unnecessary_or_named_when_it_is_missing(int major)
    {
        await using var other = major == Shared ? null : await OtherServers.StartAsync(major);
        var server = other ?? Cluster;
        await RoleScript.RunAsync(server, Keeper, Token);
        var rights = RoleScript.Rights(Keeper, Database);
        Assert.Contains(rights, r => r.Give == $"ALTER ROLE {Keeper} BYPASSRLS"); // parsed as intended
        await MakeAsync(server, major);
        try
        {
            await server.RunAsync("postgres", $"REVOKE CONNECT ON DATABASE {Database} FROM PUBLIC");
            foreach (var right in rights)
            {
                await server.RunAsync("postgres", right.Give);
            }
            await TryEachAsync(server, rights, right => right.Give);
        }
        finally
        {
            if (other is null)
            {
                await CleanAsync(server);
            }
        }
    }

    [Fact]
    public async Task Each_grant_on_a_single_object_is_either_unnecessary_or_named_when_it_is_missing()
    {
        await using var server = await OtherServers.StartAsync(13);
        var password = Cluster.Password.Replace("'", "''", StringComparison.Ordinal);
        await server.RunAsync("postgres", $"CREATE ROLE {Keeper} LOGIN BYPASSRLS PASSWORD '{password}'");
        await MakeAsync(server, 13);
        var grants = await server.QueryAsync(
            Database,
            """
            SELECT 'USAGE ON SCHEMA ' || oid::regnamespace, 'n' FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
            UNION ALL SELECT 'SELECT ON ' || CASE WHEN relkind = 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || oid::regclass, relkind
            FROM pg_class
            WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
            UNION ALL SELECT 'SELECT ON LARGE OBJECT ' || oid, 'l' FROM pg_largeobject_metadata
            """
        );
        var rights = grants.Select(g => (Right: RightTo(g[..^2]), Kind: g[^1])).ToList();
        foreach (var (right, _) in rights)
        {
            await server.RunAsync(Database, right.Give);
        }
        var tried = Soak.IsOn ? rights : rights.DistinctBy(r => r.Kind);
        await TryEachAsync(server, [.. tried.Select(r => r.Right)], right => right.Give.Split(' ')[3] switch
            {
                "SCHEMA" => $"GRANT USAGE ON SCHEMA name TO {Keeper}",
                "TABLE" => $"GRANT SELECT ON ALL TABLES IN SCHEMA name TO {Keeper}",
                "SEQUENCE" => $"GRANT SELECT ON ALL SEQUENCES IN SCHEMA name TO {Keeper}",
                _ => right.Give,
            });
    }

    // The error contains the SQL that grants it.
    private static async Task TryEachAsync(Cluster server, IReadOnlyList<RoleScript.Right> rights, Func<RoleScript.Right, string> named)
    {
        var config = server.Source() with { User = Keeper, Restore = new() };
        var whole = await BackUpAllAsync(config);
        await AssertEqualsAsync(server, whole);
        List<RoleScript.Right> needless = [];
        foreach (var right in rights)
        {
            await server.RunAsync(Database, right.Take);
            try
            {
                Assert.Equal(whole.Fingerprint, (await BackUpAllAsync(config)).Fingerprint);
                needless.Add(right);
            }
            catch (HoldfastException e)
            {
                var hint = e.Hint?.Replace("\"", "", StringComparison.Ordinal) ?? "";
                Assert.True(hint.Contains(named(right), StringComparison.Ordinal), $"{right.Take}: {e.Message} Hint: {e.Hint}");
            }

            await server.RunAsync(Database, right.Give);
        }

        Assert.InRange(needless.Count, 1, rights.Count - 4);
        foreach (var right in needless)
        {
            await server.RunAsync(Database, right.Take);
        }
        await AssertEqualsAsync(server, await BackUpAllAsync(config));
    }

    // Restored, and compared with what a superuser sees of the original.
    private static async Task AssertEqualsAsync(Cluster server, Backup backup)
    {
        await RestoreAsync(server.Source(Cluster.Superuser), "copy", backup.Items, backup.Fingerprint);
        Assert.Equal(WithoutOptions(await SchemaAsync(Database)), WithoutOptions(await SchemaAsync("copy")));
        Assert.Equal(await Contents.SumsAsync(server, Database), await Contents.SumsAsync(server, "copy"));
        await server.RunAsync("postgres", "DROP DATABASE copy");

        Task<string> SchemaAsync(string name) => Contents.SchemaAsync(server, name, "--no-subscriptions");

        static string WithoutOptions(string schema) =>
            schema
                .Replace(" OPTIONS (\n    password 'TopSecret',\n    \"user\" 'u'\n)", "", StringComparison.Ordinal)
                .Replace(" OPTIONS (\n    \"user\" 'all'\n)", "", StringComparison.Ordinal);
    }

    // Only what a superuser alone can read is missing, and it is reported.
    private static async Task<Backup> BackUpAllAsync(PostgreSqlSourceConfig config)
    {
        await using var source = Attach(config);
        var found = (await DiscoverAsync(source)).Single(d => d.Name == Database);
        await using var view = await source.OpenViewAsync(found, new(BackupType.Backup, null), Token);
        var items = new MemoryItems();
        var fingerprint = await view.WriteAsync(items, Token);
        Assert.Equal(2, view.Warnings.Count);
        Assert.StartsWith("1 subscription is missing", view.Warnings[0], StringComparison.Ordinal);
        Assert.StartsWith("2 user mappings are in this backup without options", view.Warnings[1], StringComparison.Ordinal);
        return new(items, fingerprint);
    }

    private static RoleScript.Right RightTo(string what) => new($"GRANT {what} TO {Keeper}", $"REVOKE {what} FROM {Keeper}");

    private static async Task MakeAsync(Cluster server, int major)
    {
        await server.RunAsync("postgres", "CREATE ROLE \"a reader\"; CREATE ROLE \"an owner\"");
        await server.CreateAsync(Database);
        await server.RunAsync(Database, await Sample.ReadAsync("everything.sql", major, Token), Cluster.User);
        await server.RunAsync(Database, await Sample.ReadAsync("superuser.sql", major, Token));
        await server.RunAsync(Database, await Sample.ReadAsync("guarded.sql", major, Token));
    }

    private static async Task CleanAsync(Cluster server)
    {
        await server.RunAsync(Database, "DROP SUBSCRIPTION IF EXISTS incoming");
        await server.ClearAsync();
        await server.RunAsync("postgres", $"DROP ROLE {Roles}, {Keeper}, {Keeper}_restore, {Keeper}_restore_owner");
    }

    private sealed record Backup(MemoryItems Items, IReadOnlyDictionary<string, string> Fingerprint);
}
