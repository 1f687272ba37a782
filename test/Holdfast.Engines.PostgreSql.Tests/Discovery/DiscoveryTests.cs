using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Tests.Discovery;

public sealed class DiscoveryTests(Cluster cluster) : ServerTest(cluster)
{
    public static TheoryData<string> OddNames =>
        [
            "a b",
            "a/b",
            "../up",
            "it's",
            "quo\"ted",
            @"back\slash",
            "x'; DROP DATABASE postgres; --",
            "Größe-数据库-🐘",
            "dbname=other host=nowhere",
            new string('é', 31) + "x",
            "%41$HOME`id`",
        ];

    [Theory]
    [MemberData(nameof(OddNames))]
    public async Task Database_names_are_discovered_unchanged(string name)
    {
        await Cluster.CreateAsync(name);
        await using var source = Attach(Cluster.Source());
        var found = Assert.Single(await DiscoverAsync(source));
        Assert.Equal(name, found.Name);
        Assert.Null(found.Problem);
    }

    [Fact]
    public async Task A_database_keeps_its_identity_after_a_rename_and_the_server_has_one_too()
    {
        await Cluster.CreateAsync("before");
        await using var source = Attach(Cluster.Source());
        var before = Assert.Single(await DiscoverAsync(source));
        await Cluster.RunAsync("postgres", "ALTER DATABASE before RENAME TO after");
        var after = Assert.Single(await DiscoverAsync(source));
        Assert.Equal(("after", before.Identity), (after.Name, after.Identity));
        var about = await source.DescribeAsync(Token);
        Assert.StartsWith(about.Identity + "/", after.Identity, StringComparison.Ordinal);
        Assert.Equal(DatabaseRole.Primary, about.Role);
        Assert.StartsWith("15.", about.Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Templates_closed_databases_and_those_being_restored_are_not_discovered()
    {
        foreach (var name in new[] { "template", "closed", "_holdfast_restore_x", "plain" })
        {
            await Cluster.CreateAsync(name);
        }
        await Cluster.RunAsync("postgres", "ALTER DATABASE template IS_TEMPLATE true; ALTER DATABASE closed ALLOW_CONNECTIONS false");
        await using var source = Attach(Cluster.Source());
        Assert.Equal("plain", Assert.Single(await DiscoverAsync(source)).Name);
        await Cluster.RunAsync("postgres", "ALTER DATABASE template IS_TEMPLATE false");
    }

    [Fact]
    public async Task A_closed_database_or_a_new_template_is_distinguished_from_a_dropped_one()
    {
        foreach (var name in (string[])["closed", "template", "left-out"])
        {
            await Cluster.CreateAsync(name);
        }
        await Cluster.RunAsync(
            "postgres",
            "ALTER DATABASE template IS_TEMPLATE true; ALTER DATABASE closed ALLOW_CONNECTIONS false; ALTER DATABASE "
                + "\"left-out\" ALLOW_CONNECTIONS false"
        );
        await using var source = Attach(Cluster.Source() with { Exclude = ["left-*"] });
        Assert.Empty(await DiscoverAsync(source));
        var explained = await source.ExplainAbsenceAsync(["closed", "template", "left-out", "gone"], Token);
        Assert.Equal(["closed", "template"], explained.Keys.Order(StringComparer.Ordinal));
        foreach (var problem in explained.Values)
        {
            await Cluster.RunAsync("postgres", problem.Hint!.Split(';')[0]);
        }
        Assert.Equal(["closed", "template"], (await DiscoverAsync(source)).Select(d => d.Name));
        await Cluster.RunAsync("postgres", "ALTER DATABASE \"left-out\" ALLOW_CONNECTIONS true");
    }

    [Fact]
    public async Task A_database_that_rejects_the_role_is_listed_with_the_sql_that_grants_access()
    {
        await Cluster.CreateAsync("pri\"vate", Cluster.Superuser);
        await Cluster.RunAsync("postgres", "REVOKE CONNECT ON DATABASE \"pri\"\"vate\" FROM PUBLIC");
        await using var source = Attach(Cluster.Source());
        var problem = Assert.Single(await DiscoverAsync(source)).Problem;
        Assert.Equal(ErrorCatalog.SourceUnreadable, problem?.Error);
        await Cluster.RunAsync("postgres", problem!.Hint!);
        Assert.Null(Assert.Single(await DiscoverAsync(source)).Problem);
    }

    [Fact]
    public async Task A_name_that_is_not_valid_text_is_listed_with_the_sql_that_renames_it_and_hides_no_other()
    {
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync("postgres", "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
        await RunInLatinAsync(
            "CREATE DATABASE \"caf\u00e9\" OWNER holdfast TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
        );
        await RunInLatinAsync("CREATE DATABASE \"caf\u00e8\" OWNER holdfast TEMPLATE template0");
        await using var source = Attach(Cluster.Source());
        var found = await DiscoverAsync(source);
        Assert.Equal(
            ["caf%E8~", "caf%E9~", "latin", "shop"],
            found.Select(d => d.Name.StartsWith("caf", StringComparison.Ordinal) ? d.Name[..^8] : d.Name)
        );
        Assert.All(found.Take(2), d => Assert.Equal(ErrorCatalog.SourceUnreadable, d.Problem!.Error));
        Assert.All(found.Skip(2), d => Assert.Null(d.Problem));
        Assert.Empty(await DiscoverAsync(Attach(Cluster.Source() with { Exclude = ["caf%*", "latin", "shop"] })));
        foreach (var (odd, i) in found.Take(2).Select((d, i) => (d, i)))
        {
            await Cluster.RunAsync("postgres", odd.Problem!.Hint!.Replace("new_name", $"new_{i}", StringComparison.Ordinal));
        }
        Assert.Equal(["latin", "new_0", "new_1", "shop"], (await DiscoverAsync(source)).Select(d => d.Name));
    }

    [Fact]
    public async Task A_role_whose_name_is_not_valid_text_does_not_fail_a_restore()
    {
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync("postgres", "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
        await RunInLatinAsync("CREATE ROLE \"ren\u00e9e\"");
        try
        {
            var (items, fingerprint) = await BackUpAsync("shop");
            await RestoreAsync(Cluster.Source(), "again", items, fingerprint);
        }
        finally
        {
            await RunInLatinAsync("DROP ROLE \"ren\u00e9e\"");
        }
    }

    [Fact]
    public async Task A_unix_socket_works_too()
    {
        await Cluster.CreateAsync("one");
        await using var source = Attach(Cluster.Source() with { Hosts = [new(Cluster.Folder, Cluster.Port)] });
        Assert.Equal("one", Assert.Single(await DiscoverAsync(source)).Name);
    }

    [Fact]
    public async Task A_host_that_is_down_does_not_hide_one_that_answers()
    {
        await Cluster.CreateAsync("one");
        await using var source = Attach(
            Cluster.Source() with
            {
                Hosts = [new("127.0.0.1", Postmaster.FreePort()), new("127.0.0.1", Cluster.Port)],
            }
        );
        Assert.Single(await DiscoverAsync(source));
    }

    // Sent with the bytes of the catalog, one byte per character.
    private async Task RunInLatinAsync(string sql)
    {
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Cluster.Port,
            Username = Cluster.Superuser,
            Password = Cluster.Password,
            Database = "latin",
            Pooling = false,
            ClientEncoding = "LATIN1",
            Encoding = "iso-8859-1",
        };
        await using var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    [Fact]
    public async Task A_wrong_or_missing_password_is_reported_and_never_shown()
    {
        await Refused(Cluster.Source() with { Password = _ => new("wrong-secret") }, "refused the password of 'holdfast'");
        await Refused(Cluster.Source() with { Password = null }, "has none");
        await Refused(Cluster.Source() with { Password = null, PasswordFile = "/nowhere/password" }, "/nowhere/password");
        await Refused(Cluster.Source() with { User = "nobody-there" }, "nobody-there");
    }

    [Fact]
    public async Task Password_and_pass_files_are_read()
    {
        var path = Path.Combine(Path.GetTempPath(), "holdfast-test-" + Guid.NewGuid().ToString("n"));
        try
        {
            await File.WriteAllTextAsync(path, Cluster.Password + "\nsecond line", Token);
            await using (var source = Attach(Cluster.Source() with { Password = null, PasswordFile = path }))
            {
                await DiscoverAsync(source);
            }
            await using (var source = Attach(Cluster.Source() with { Password = null, PassFile = Cluster.PassFile }))
            {
                await DiscoverAsync(source);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task Refused(PostgreSqlSourceConfig config, string said)
    {
        await using var source = Attach(config);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => DiscoverAsync(source));
        Assert.Equal(ErrorCatalog.SourceUnreadable, failure.Error);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Hint);
        Assert.DoesNotContain("wrong-secret", failure.ToString(), StringComparison.Ordinal);
    }
}
