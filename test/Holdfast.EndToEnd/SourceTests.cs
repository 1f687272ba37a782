using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Npgsql;

namespace Holdfast.EndToEnd;

/// <summary>Sources of a real server that do not respond, and a database whose name is not valid text.</summary>
[Trait("Category", "Slow")]
public sealed class SourceTests(Cluster cluster) : IClassFixture<Cluster>, IAsyncLifetime
{
    public async ValueTask InitializeAsync()
    {
        await cluster.ClearAsync();
        await cluster.RunAsync("postgres", $"GRANT pg_read_all_data TO {Cluster.User}; ALTER ROLE {Cluster.User} BYPASSRLS");
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task Ten_servers_that_never_respond_and_an_invalid_spool_folder_do_not_block_the_server()
    {
        using var place = new Workspace();
        place.Make("one.db");
        Directory.CreateDirectory(place.Destination);
        using var hole = new TcpListener(IPAddress.Loopback, 0); // accepts connections, and sends nothing
        hole.Start(100);
        var port = ((IPEndPoint)hole.LocalEndpoint).Port;
        await File.WriteAllTextAsync($"{place.Root}/no-folder", "", TestContext.Current.CancellationToken);
        using var server = new ServerProcess(place.Root, $"{place.Root}/node", place.Source, place.Destination, configure: config =>
        {
            var sources = config["sources"]!.AsArray();
            sources[0]!["spoolFolder"] = $"{place.Root}/no-folder";
            for (var i = 0; i < 10; i++)
            {
                sources.Add(
                    new JsonObject
                    {
                        ["name"] = $"hole{i}",
                        ["engine"] = "postgresql",
                        ["url"] = $"postgresql://holdfast@127.0.0.1:{port}",
                    }
                );
            }
        });
        var watch = Stopwatch.StartNew();
        await server.StartAsync();
        var sources = await server.ListAsync("sources");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(14), $"{watch.Elapsed}"); // the time-out of a single one is 15 s
        Assert.Equal(11, sources.Count);
        await server.UntilAsync(async () => (await server.ListAsync("databases")).Count == 1, "the source that answers is not used");
        await server.UntilAsync(
            async () => (await server.ListAsync("sources")).Count(s => s["problem"] is not null) == 10,
            "those that do not answer are not reported"
        );
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task A_database_whose_name_is_not_valid_text_affects_neither_the_server_nor_the_command_nor_other_databases()
    {
        using var place = new Workspace();
        Directory.CreateDirectory(place.Destination);
        await cluster.CreateAsync("shop");
        await cluster.RunAsync("postgres", "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
        await RunInLatinAsync("CREATE DATABASE \"caf\u00e9\" OWNER holdfast TEMPLATE template0");
        try
        {
            var url = $"postgresql://{Cluster.User}@127.0.0.1:{cluster.Port}";
            await Served.SecretAsync($"{place.Root}/password", Cluster.Password);
            var backup = await place.JsonAsync(
                1,
                "backup",
                "--source",
                $"main={url}",
                "--to",
                place.Destination,
                "--password-file",
                $"{place.Root}/password"
            );
            Assert.Equal(
                ["Completed", "Completed", "Failed"],
                backup["items"]!.AsArray().Select(i => (string)i!["state"]!).Order(StringComparer.Ordinal)
            );

            using var server = new ServerProcess(place.Root, $"{place.Root}/node", place.Source, place.Destination, configure: config =>
                config["sources"]!
                    .AsArray()
                    .Add(
                        new JsonObject
                        {
                            ["name"] = "main",
                            ["engine"] = "postgresql",
                            ["url"] = url,
                            ["passwordFile"] = $"{place.Root}/password",
                        }
                    )
            );
            for (var start = 0; start < 2; start++)
            {
                await server.StartAsync();
                await server.UntilAsync(
                    async () => (await server.ListAsync("databases")).Count(d => (string)d["source"]! == "main") == 3,
                    "the databases are not found"
                );
                var odd = Assert.Single(await server.ListAsync("databases?state=Unreadable"));
                Assert.StartsWith("main/caf%E9~", (string)odd["id"]!, StringComparison.Ordinal);
                Assert.Equal(0, await server.StopAsync());
            }
        }
        finally
        {
            await RunInLatinAsync("DROP DATABASE \"caf\u00e9\"");
        }
    }

    private async Task RunInLatinAsync(string sql)
    {
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = cluster.Port,
            Username = Cluster.Superuser,
            Password = Cluster.Password,
            Database = "latin",
            Pooling = false,
            ClientEncoding = "LATIN1",
            Encoding = "iso-8859-1",
        };
        await using var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
