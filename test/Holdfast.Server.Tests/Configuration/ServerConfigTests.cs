using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql;
using Holdfast.Engines.Sqlite;
using Holdfast.Server.Configuration;

namespace Holdfast.Server.Tests.Configuration;

public sealed class ServerConfigTests : IDisposable
{
    private readonly ConfigFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void Without_a_file_the_defaults_apply()
    {
        var config = ServerConfigLoader.Load(null, "/var/lib/holdfast", new Dictionary<string, string>(), TestEngines.All);
        Assert.Equal(("A", "http://127.0.0.1:8420"), (config.Node, config.Listen));
        Assert.Equal(
            (30, 30, 30, 30),
            (config.Limits.DiscoverySeconds, config.Limits.GraceSeconds, config.Limits.MaxChainAgeDays, config.Limits.GracePeriodMinutes)
        );
        Assert.Empty(config.Sources);
    }

    [Fact]
    public void A_complete_file_is_read_with_comments_and_trailing_commas()
    {
        var config = _file.Load(
            """
            {
              "$schema": "holdfast.schema.json", // for editors
              "node": "BC",
              "listen": "http://localhost:9000",
              "localRoots": ["/backup", "nas"],
              "sources": [
                {
                  "name": "demo", "engine": "sqlite", "path": "srv", "include": ["*.db"], "exclude": ["tmp*"],
                  "encrypted": ["*.enc.db"], "role": "replica", "spoolFolder": "/spool", "maxWriterWaitSeconds": 2.5,
                },
              ],
              "limits": { "largeDatabaseConcurrency": 3, "graceSeconds": 0 },
              "spool": { "folder": "spool", "maxBytes": 1073741824 },
              "webhook": { "url": "https://hooks.example/x" },
              "commands": { "vault": ["/usr/bin/vault", "read", "-field=key"] },
              "databaseKeys": { "demo/hr/*": "vault" },
            }
            """
        );
        var source = Assert.IsType<SqliteSourceConfig>(Assert.Single(config.Sources).Config);
        Assert.Equal(
            ("demo", Path.Combine(_file.Folder, "srv"), DatabaseRole.Replica, "/spool", TimeSpan.FromSeconds(2.5)),
            (source.Name, source.Path, source.Role, source.SpoolFolder, source.MaxWriterWait)
        );
        Assert.Equal(["*.db", "tmp*"], source.Include.Concat(source.Exclude));
        Assert.Equal(["*.enc.db"], source.Encrypted);
        Assert.Equal(["/backup", Path.Combine(_file.Folder, "nas")], config.LocalRoots);
        Assert.Equal((3, 0, 30), (config.Limits.LargeDatabaseConcurrency, config.Limits.GraceSeconds, config.Limits.DiscoverySeconds));
        Assert.Equal((Path.Combine(_file.Folder, "spool"), 1L << 30), (config.Spool.Folder, config.Spool.MaxBytes));
        Assert.Equal("https://hooks.example/x", config.Webhook!.Url);
        Assert.Equal(["/usr/bin/vault", "read", "-field=key"], config.Commands["vault"]);
        Assert.Equal("vault", config.DatabaseKeys["demo/hr/*"]);
    }

    [Fact]
    public void All_errors_are_reported_at_once_each_with_its_key()
    {
        var errors = _file.LoadErrors(
            """
            {
              "node": "toolong", "listen": "http://0.0.0.0:8420", "lisden": "x", "localRoots": [""],
              "sources": [
                { "name": "a", "engine": "sqlite", "path": "/srv/a" }, { "name": "A", "engine": "sqlite", "path": 7, "pathh": "/x" },
                { "engine": "oracle" }, { "name": "b", "engine": "sqlite", "role": "boss" }, 5
              ],
              "limits": { "largeDatabaseConcurrency": 0, "smallDatabaseConcurrency": "many", "discoverySeconds": 1.5 },
              "webhook": { "url": "http://169.254.169.254/latest" }, "heartbeat": {}, "tls": { "key": "nowhere.pem" },
              "commands": { "x": [] }, "databaseKeys": { "demo": "x", "demo/a": "y" }, "node": "B"
            }
            """
        );
        Assert.Equal(
            [
                "commands.x",
                "databaseKeys.demo",
                "databaseKeys.demo/a",
                "heartbeat.url",
                "limits.discoverySeconds",
                "limits.largeDatabaseConcurrency",
                "limits.smallDatabaseConcurrency",
                "lisden",
                "listen",
                "localRoots[0]",
                "node",
                "node",
                "sources[1].name",
                "sources[1].path",
                "sources[1].pathh",
                "sources[2].engine",
                "sources[2].name",
                "sources[3].path",
                "sources[3].role",
                "sources[4]",
                "sources[4].engine",
                "sources[4].name",
                "tls.certificate",
                "tls.key",
                "webhook.url",
            ],
            errors.Select(f => f.Split(':')[0]).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void The_environment_overrides_the_file()
    {
        var config = _file.Load(
            """{ "node": "A", "limits": { "largeDatabaseConcurrency": 1 } }""",
            ("HOLDFAST_NODE", "Z"),
            ("HOLDFAST_LISTEN", "http://[::1]:8421"),
            ("HOLDFAST_LOCAL_ROOTS", "/a:/b"),
            ("HOLDFAST_LIMITS__LARGE_DATABASE_CONCURRENCY", "5"),
            ("HOLDFAST_LIMITS__SMALL_DATABASE_CONCURRENCY", "6"),
            ("HOLDFAST_HEARTBEAT__URL", "https://beat.example/1"),
            ("HOLDFAST_SOAK", "1")
        );
        Assert.Equal(
            ("Z", "http://[::1]:8421", 5, 6),
            (config.Node, config.Listen, config.Limits.LargeDatabaseConcurrency, config.Limits.SmallDatabaseConcurrency)
        );
        Assert.Equal(["/a", "/b"], config.LocalRoots);
        Assert.Equal("https://beat.example/1", config.Heartbeat!.Url);
    }

    [Fact]
    public void A_wrong_or_mistyped_variable_is_reported_by_its_name() =>
        Assert.Equal(
            ["HOLDFAST_LIMITS__RESTORES", "HOLDFAST_LIMITS__RESTOREZ"],
            _file.LoadErrors("{}", ("HOLDFAST_LIMITS__RESTORES", "NaN"), ("HOLDFAST_LIMITS__RESTOREZ", "1")).Select(f => f.Split(':')[0])
        );

    [Fact]
    public void Old_names_of_limits_are_read_with_a_warning()
    {
        var config = _file.Load("""{ "limits": { "slots": 3 } }""", ("HOLDFAST_LIMITS__SMALL_LANE", "7"));
        Assert.Equal((3, 7), (config.Limits.LargeDatabaseConcurrency, config.Limits.SmallDatabaseConcurrency));
        Assert.Equal(
            [
                "limits.slots is deprecated: it is called limits.largeDatabaseConcurrency now.",
                "HOLDFAST_LIMITS__SMALL_LANE is deprecated: it is called limits.smallDatabaseConcurrency now.",
            ],
            config.Warnings
        );
        Assert.Empty(_file.Load("""{ "limits": { "largeDatabaseConcurrency": 3 } }""").Warnings);
    }

    [Fact]
    public void A_limit_given_under_both_names_is_an_error_of_the_old_name()
    {
        Assert.StartsWith(
            "limits.slots:",
            Assert.Single(_file.LoadErrors("""{ "limits": { "slots": 3, "largeDatabaseConcurrency": 3 } }""")),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "HOLDFAST_LIMITS__SMALL_LANE:",
            Assert.Single(_file.LoadErrors("""{ "limits": { "smallDatabaseConcurrency": 3 } }""", ("HOLDFAST_LIMITS__SMALL_LANE", "7"))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_old_name_of_powerful_roles_is_read_with_a_warning()
    {
        var config = _file.Load(
            """{ "sources": [{ "name": "pg", "engine": "postgresql", "url": "postgresql://u@h", "restore": { "allowSuperuser": """
                + """true } }] }"""
        );
        Assert.True(Assert.IsType<PostgreSqlSourceConfig>(Assert.Single(config.Sources).Config).Restore.AllowPrivilegedRole);
        Assert.StartsWith("sources[0].restore.allowSuperuser ", Assert.Single(config.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_of_a_database_server_are_reported_with_their_keys() =>
        Assert.Equal(
            ["sources[0].lockWaitSeconds", "sources[0].restore.missingRoles", "sources[0].restore.passwordFile", "sources[0].url"],
            _file
                .LoadErrors(
                    """{ "sources": [{ "name": "pg", "engine": "postgresql", "url": "postgresql://u@h/db", "lockWaitSeconds": """
                        + """0, "restore": { "missingRoles": "x", "passwordFile": "y" } }] }"""
                )
                .Select(f => f.Split(':')[0])
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void The_data_folder_cannot_be_inside_a_source_not_even_through_a_link()
    {
        Directory.CreateDirectory(Path.Combine(_file.Folder, "data"));
        var link = Path.Combine(Directory.CreateTempSubdirectory("holdfast-link-").FullName, "link");
        Directory.CreateSymbolicLink(link, _file.Folder);
        Assert.StartsWith(
            "sources[0].path: the server's data folder",
            Assert.Single(_file.LoadErrors($$"""{ "sources": [{ "name": "x", "engine": "sqlite", "path": "." }] }""")),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "sources[0].path: the server's data folder",
            Assert.Single(_file.LoadErrors($$"""{ "sources": [{ "name": "x", "engine": "sqlite", "path": "{{link}}" }] }""")),
            StringComparison.Ordinal
        );
        Directory.Delete(Path.GetDirectoryName(link)!, recursive: true);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8420")]
    [InlineData("https://127.0.0.1:8420")]
    [InlineData("http://[::]:8420")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("127.0.0.1:8420")]
    [InlineData("http://host.example:8420")]
    [InlineData("http://127.0.0.1:8420/path")]
    [InlineData("http://user@127.0.0.1:8420")]
    public void An_address_that_is_invalid_or_not_loopback_is_rejected_without_tls(string listen) =>
        Assert.StartsWith("listen:", Assert.Single(_file.LoadErrors($$"""{ "listen": "{{listen}}" }""")), StringComparison.Ordinal);

    [Fact]
    public void With_tls_any_https_address_is_valid()
    {
        foreach (var name in new[] { "c.pem", "k.pem" })
        {
            File.WriteAllText(Path.Combine(_file.Folder, name), "");
        }
        const string tls = """ "tls": { "certificate": "c.pem", "key": "k.pem" } """;
        Assert.Equal("https://0.0.0.0:443", _file.Load($$"""{ "listen": "https://0.0.0.0:443", {{tls}} }""").Listen);
        Assert.StartsWith(
            "listen:",
            Assert.Single(_file.LoadErrors($$"""{ "listen": "http://0.0.0.0:80", {{tls}} }""")),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ \"webhook\": hunter2 }")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    public void An_invalid_configuration_is_rejected_without_repeating_it(string text)
    {
        var failure = Assert.Throws<HoldfastException>(() => _file.Load(text));
        Assert.Equal(ErrorCatalog.Usage, failure.Error);
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_reported() =>
        Assert.Equal(
            ErrorCatalog.NotFound,
            Assert
                .Throws<HoldfastException>(() =>
                    ServerConfigLoader.Load(
                        Path.Combine(_file.Folder, "nowhere.json"),
                        "/data",
                        new Dictionary<string, string>(),
                        TestEngines.All
                    )
                )
                .Error
        );
}
