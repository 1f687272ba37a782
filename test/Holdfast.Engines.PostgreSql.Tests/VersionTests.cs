using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Restore.Targets;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests;

/// <summary>
/// Real servers of the other supported versions. Debian's <c>pg_dump</c> dumps the older ones; databases are restored
/// to the newer ones.
/// </summary>
public sealed class VersionTests(Cluster cluster) : ServerTest(cluster)
{
    private const string Setup = """CREATE ROLE "a reader"; CREATE ROLE "an owner" """;

    [Theory]
    [InlineData(13)]
    [InlineData(14)]
    public async Task A_backup_of_an_older_server_is_restored_to_it_and_to_a_newer_one(int major)
    {
        await using var older = await OtherServers.StartAsync(major);
        await MakeAsync(older, major);
        var source = older.Source(Cluster.Superuser);
        await using (var attached = Attach(source))
        {
            Assert.StartsWith($"{major}.", (await attached.DescribeAsync(Token)).Version, StringComparison.Ordinal);
        }
        var (items, fingerprint) = await BackUpAsync("everything", source);
        Assert.Empty(await RestoreAsync(source, "copy", items, fingerprint));
        Assert.Equal(await Contents.SchemaAsync(older, "everything"), await Contents.SchemaAsync(older, "copy"));
        var sums = await Contents.SumsAsync(older, "everything");
        Assert.Equal(sums, await Contents.SumsAsync(older, "copy"));

        await Cluster.RunAsync("postgres", Setup);
        try
        {
            await RestoreAsync(Cluster.Source(), "upgraded", items, fingerprint);
            Assert.Equal(sums, await Contents.SumsAsync(Cluster, "upgraded"));
        }
        finally
        {
            await Cluster.ClearAsync();
            await Cluster.RunAsync("postgres", "DROP ROLE \"a reader\", \"an owner\"");
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task A_backup_is_restored_to_a_newer_server_whose_own_backup_names_the_required_tool(int major)
    {
        await MakeAsync(Cluster, 15);
        MemoryItems items;
        IReadOnlyDictionary<string, string> fingerprint;
        IReadOnlyList<string> sums;
        try
        {
            (items, fingerprint) = await BackUpAsync("everything", Cluster.Source(Cluster.Superuser));
            sums = await Contents.SumsAsync(Cluster, "everything");
        }
        finally
        {
            await Cluster.ClearAsync();
            await Cluster.RunAsync("postgres", "DROP ROLE \"a reader\", \"an owner\"");
        }

        await using var newer = await OtherServers.StartAsync(major);
        await newer.RunAsync("postgres", Setup);
        await RestoreAsync(newer.Source(), "everything", items, fingerprint);
        Assert.Equal(sums, await Contents.SumsAsync(newer, "everything"));
        await using var attached = Attach(newer.Source());
        Assert.Equal("everything", Assert.Single(await DiscoverAsync(attached)).Name);
        var test = await attached.TestConnectionAsync(Token);
        Assert.Equal(DatabaseRole.Primary, test.Info!.Role);
        var problem = Assert.Single(test.Problems);
        Assert.Equal((ErrorCatalog.SourceUnreadable, $"postgresql-client-{major}"), (problem.Error, problem.Hint!.Split(' ')[4]));
        Assert.Contains(test.Notes, n => n.Hint == $"GRANT pg_read_all_data TO \"{Cluster.User}\";");
    }

    [Theory]
    [InlineData(16, "LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' ICU_RULES '&V << w <<< W' LOCALE 'C.UTF-8'", "icu|de-DE|&V << w <<< W")]
    [InlineData(17, "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'", "builtin|C.UTF-8|")]
    [InlineData(18, "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST'", "builtin|PG_UNICODE_FAST|")]
    [InlineData(18, "LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' ICU_RULES '&V << w <<< W' LOCALE 'C.UTF-8'", "icu|de-DE|&V << w <<< W")]
    public async Task Database_properties_of_newer_servers_are_read_and_restored(int major, string how, string expected)
    {
        await using var newer = await OtherServers.StartAsync(major);
        await newer.RunAsync("postgres", $"CREATE DATABASE odd OWNER {Cluster.User} TEMPLATE template0 {how}");
        await newer.RunAsync(
            "postgres",
            $"ALTER DATABASE odd SET work_mem = '5MB'; GRANT CREATE ON DATABASE odd TO {Cluster.User}; COMMENT ON DATABASE odd IS 'odd'"
        );
        var metadata = await ReadAsync(newer, "odd");
        Assert.Equal(expected, $"{metadata.LocaleProvider}|{metadata.Locale}|{metadata.IcuRules}");
        await newer.RunAsync(
            "postgres",
            CreateDatabaseStatement.Build(
                "again",
                metadata,
                metadata.Owner,
                new Server(new("127.0.0.1", newer.Port), $"{major}.0", major, false, null)
            ),
            Cluster.User
        );
        await using (var maintenance = await newer.OpenAsync("postgres"))
        {
            await new DatabaseProperties(
                maintenance,
                "again",
                new("postgres", true, new HashSet<string>([Cluster.User]), new HashSet<string>()),
                Cluster.Restorer,
                isTrusted: true
            ).ApplyAsync(metadata, Token);
        }
        Assert.Equal(Text(metadata), Text(await ReadAsync(newer, "again") with { Name = "odd" }));

        // An older server reports that it has no such setting.
        Assert.Contains(
            metadata.LocaleProvider,
            Assert
                .Throws<HoldfastException>(() =>
                    CreateDatabaseStatement.Build("x", metadata, null, new Server(new("h", 1), "14.1", 14, false, null))
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    private static string Text(DatabaseMetadata metadata) =>
        System.Text.Json.JsonSerializer.Serialize(metadata, DatabaseMetadataJson.Default.DatabaseMetadata);

    private static async Task<DatabaseMetadata> ReadAsync(Cluster server, string database)
    {
        await using var connection = await server.OpenAsync("postgres");
        return (await DatabaseMetadataReader.ReadAsync(connection, database, Token))!.Value.Metadata;
    }

    private static async Task MakeAsync(Cluster server, int major)
    {
        await server.RunAsync("postgres", Setup);
        await server.CreateAsync("everything");
        await server.RunAsync("everything", await Sample.ReadAsync("everything.sql", major, Token), Cluster.User);
    }
}
