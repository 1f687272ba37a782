using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Holdfast.Api.Access;

namespace Holdfast.Server.Tests;

/// <summary>A directory that is not mounted, was emptied, copied or replaced, as the API reports it.</summary>
public sealed class SourceTests
{
    private const string Demo = "/api/v1/sources/demo";

    [Fact]
    public async Task Databases_of_an_unmounted_directory_are_not_dropped_until_an_operator_confirms_it()
    {
        await using var server = await NodeServer.StartAsync(databases: ["a.db", "b.db"]);
        using var admin = server.Server.Admin();
        await server.CoverAsync(admin);
        var identity = (string)(await TestServer.JsonAsync(admin.GetAsync(Demo)))["identity"]!;
        Assert.Equal(
            $"{identity}\n",
            await File.ReadAllTextAsync($"{server.Source}/.holdfast-source", TestContext.Current.CancellationToken)
        );
        Directory.Move(server.Source, server.Source + ".away");
        Directory.CreateDirectory(server.Source); // the mount point without the file system
        var shrunk = await DiscoverAsync(admin);
        Assert.Equal(
            ("source-shrunk", 2, true),
            ((string)shrunk["problem"]!["code"]!, (int)shrunk["missing"]!, (bool)shrunk["needsConfirmation"]!)
        );
        var databases = await TestServer.JsonAsync(admin.GetAsync("/api/v1/databases"));
        Assert.All(databases["items"]!.AsArray(), d => Assert.Equal("Missing", (string)d!["state"]!));
        Assert.Single(
            (await TestServer.JsonAsync(admin.GetAsync($"/api/v1/databases/{Uri.EscapeDataString("demo/a.db")}/tasks")))["items"]!.AsArray()
        );
        await NodeServer.UntilAsync(async () =>
            (await TestServer.JsonAsync(admin.GetAsync("/api/v1/alerts")))["items"]!
                .AsArray()
                .Any(a => (string)a!["kind"]! == "SourceShrunk")
        );

        Directory.Delete(server.Source, recursive: true);
        Directory.Move(server.Source + ".away", server.Source);
        var back = await DiscoverAsync(admin);
        Assert.Null(back["problem"]);
        Assert.Equal((identity, 2, 0), ((string)back["identity"]!, (int)back["databases"]!, (int)back["missing"]!));

        File.Delete($"{server.Source}/a.db");
        File.Delete($"{server.Source}/b.db");
        Assert.Equal(2, (int)(await DiscoverAsync(admin))["missing"]!);
        using var viewer = await server.Server.WithRoleAsync(Role.Viewer);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync($"{Demo}/confirm", null)).StatusCode);
        var confirmed = await TestServer.JsonAsync(admin.PostAsync($"{Demo}/confirm", null));
        Assert.Equal((0, false), ((int)confirmed["missing"]!, (bool)confirmed["needsConfirmation"]!));
        Assert.Null(confirmed["problem"]);
        Assert.Equal(HttpStatusCode.Conflict, (await admin.PostAsync($"{Demo}/confirm", null)).StatusCode);
        Assert.All((await TestServer.JsonAsync(admin.GetAsync("/api/v1/databases?state=Dropped")))["items"]!.AsArray(), d =>
            Assert.Equal("Dropped", (string)d!["state"]!)
        );
    }

    [Theory]
    [InlineData("postgresql://postgres@/?host=/var/run/postgresql")]
    [InlineData("postgresql://postgres@%2Fvar%2Frun%2Fpostgresql")]
    [InlineData("postgresql://postgres@%40abstract")]
    [InlineData("postgresql://postgres@db1,%2Frun")]
    [InlineData("postgresql://postgres@db1%2C%2Frun")]
    public async Task A_socket_of_the_machine_cannot_be_defined_as_a_source_over_the_API(string url)
    {
        await using var server = await NodeServer.StartAsync(databases: ["a.db"]);
        using var admin = server.Server.Admin();
        using var answer = await admin.PutAsJsonAsync(
            "/api/v1/sources/main",
            new { engine = "postgresql", url },
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            "url",
            (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["errors"]![0]!["field"]!
        );
    }

    [Fact]
    public async Task A_database_that_was_emptied_is_unreadable_and_not_dropped()
    {
        await using var server = await NodeServer.StartAsync(databases: ["a.db", "b.db"]);
        using var admin = server.Server.Admin();
        await File.WriteAllBytesAsync($"{server.Source}/a.db", [], TestContext.Current.CancellationToken);
        await DiscoverAsync(admin);
        var database = await TestServer.JsonAsync(admin.GetAsync($"/api/v1/databases/{Uri.EscapeDataString("demo/a.db")}"));
        Assert.Equal("Unreadable", (string)database["state"]!);
        Assert.Contains("0 bytes", (string)database["problem"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_was_replaced_by_another_is_not_used_until_an_operator_confirms_it()
    {
        await using var server = await NodeServer.StartAsync(databases: ["a.db"]);
        using var admin = server.Server.Admin();
        await File.WriteAllTextAsync($"{server.Source}/.holdfast-source", "another\n", TestContext.Current.CancellationToken);
        NodeServer.Create($"{server.Source}/new.db");
        var other = await DiscoverAsync(admin);
        Assert.Equal("source-identity", (string)other["problem"]!["code"]!);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await admin.GetAsync($"/api/v1/databases/{Uri.EscapeDataString("demo/new.db")}")).StatusCode
        );
        var confirmed = await TestServer.JsonAsync(admin.PostAsync($"{Demo}/confirm", null));
        Assert.Equal(("another", 2), ((string)confirmed["identity"]!, (int)confirmed["databases"]!));
        Assert.Null(confirmed["problem"]);
    }

    [Fact]
    public async Task Databases_of_a_source_renamed_in_the_configuration_are_reported_at_once_and_can_be_removed()
    {
        await using var server = await NodeServer.StartAsync(databases: ["a.db", "b.db", "c.db"]);
        string operation;
        using (var before = server.Server.Admin())
        {
            await server.CoverAsync(before);
            await NodeServer.BackUpAsync(before, "demo/a.db");
            operation = (string)(await TestServer.JsonAsync(before.GetAsync("/api/v1/operations")))["items"]![0]!["id"]!;
        }

        await server.RestartAsync("shop");
        using var admin = server.Server.Admin();
        var old = await DatabaseAsync("demo/a.db");
        Assert.Equal("Missing", (string)old["state"]!);
        Assert.Contains("no longer configured on this node", (string)old["reason"]!, StringComparison.Ordinal);
        await NodeServer.UntilAsync(async () => (await AlertsAsync()).Contains("SourceSilent"));
        Assert.DoesNotContain("SourceShrunk", await AlertsAsync());

        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync(Path("demo/a.db"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.GetAsync(Path("demo/a.db"))).StatusCode);
        Assert.Equal("Missing", (string)(await DatabaseAsync("demo/b.db"))["state"]!);
        Assert.Equal(HttpStatusCode.Conflict, (await admin.DeleteAsync(Path("shop/a.db"))).StatusCode); // this database exists
        Assert.Equal("Completed", (string)(await TestServer.JsonAsync(admin.GetAsync($"/api/v1/operations/{operation}")))["state"]!);
        Assert.NotEmpty(Directory.GetFiles($"{server.Backups}/nas/demo", "*.tar.zst*", SearchOption.AllDirectories));

        using var viewer = await server.Server.WithRoleAsync(Role.Viewer);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync($"{Demo}/confirm", null)).StatusCode);
        Assert.Equal(("demo", "sqlite", 0), await ConfirmAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await admin.PostAsync($"{Demo}/confirm", null)).StatusCode);
        Assert.Equal("Dropped", (string)(await DatabaseAsync("demo/b.db"))["state"]!);
        await NodeServer.UntilAsync(async () => !(await AlertsAsync()).Contains("SourceSilent"));

        async Task<JsonNode> DatabaseAsync(string id) => await TestServer.JsonAsync(admin.GetAsync(Path(id)));
        async Task<List<string>> AlertsAsync() =>
            [.. (await TestServer.JsonAsync(admin.GetAsync("/api/v1/alerts")))["items"]!.AsArray().Select(a => (string)a!["kind"]!)];
        async Task<(string, string, int)> ConfirmAsync()
        {
            var confirmed = await TestServer.JsonAsync(admin.PostAsync($"{Demo}/confirm", null));
            return ((string)confirmed["name"]!, (string)confirmed["engine"]!, (int)confirmed["databases"]!);
        }
    }

    private static string Path(string id) => $"/api/v1/databases/{Uri.EscapeDataString(id)}";

    [Fact]
    public async Task A_definition_is_tested_with_or_without_a_name()
    {
        await using var server = await NodeServer.StartAsync();
        using var admin = server.Server.Admin();
        const string url = "postgresql://holdfast@127.0.0.1:1";
        foreach (var name in new[] { null, "main" })
        {
            var test = await TestServer.JsonAsync(
                admin.PostAsJsonAsync(
                    "/api/v1/sources/test",
                    new
                    {
                        name,
                        engine = "postgresql",
                        url,
                    }
                )
            );
            Assert.NotEmpty(test["problems"]!.AsArray());
        }
        foreach (
            var answer in new[]
            {
                await admin.PostAsJsonAsync(
                    "/api/v1/sources/test",
                    new
                    {
                        name = "no/name",
                        engine = "postgresql",
                        url,
                    }
                ),
                await admin.PutAsJsonAsync(
                    "/api/v1/sources/main",
                    new
                    {
                        name = "other",
                        engine = "postgresql",
                        url,
                    }
                ),
            }
        )
        {
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("\"field\":\"name\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    private static Task<JsonNode> DiscoverAsync(HttpClient client) =>
        TestServer.JsonAsync(client.PostAsJsonAsync($"{Demo}/discover", new { }));
}
