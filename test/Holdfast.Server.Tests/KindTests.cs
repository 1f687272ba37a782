using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Holdfast.Api.Access;

namespace Holdfast.Server.Tests;

/// <summary>The kinds of engines and destinations, as clients see them.</summary>
public sealed class KindTests
{
    [Fact]
    public async Task Every_registered_kind_is_listed_with_its_label_features_and_form()
    {
        await using var server = await TestServer.StartAsync();
        using var viewer = await server.WithRoleAsync(Role.Viewer);
        var kinds = await TestServer.JsonAsync(viewer.GetAsync("/api/v1/kinds"));
        var (engines, destinations) = (kinds["engines"]!.AsArray(), kinds["destinations"]!.AsArray());
        Assert.Equal(TestEngines.All.Select(e => e.Kind), engines.Select(e => (string)e!["kind"]!));
        Assert.All(engines.Concat(destinations), k => Assert.NotEmpty((string)k!["label"]!));
        Assert.All(engines, e => Assert.True(e!["form"] is not null || e["configuration"]?["example"] is not null));

        var postgreSql = Assert.Single(engines, e => (string)e!["label"]! == "PostgreSQL")!;
        Assert.Equal((false, false), ((bool)postgreSql["features"]!["canSnapshot"]!, (bool)postgreSql["features"]!["hasFiles"]!));
        var fields = postgreSql["form"]!["fields"]!.AsArray();
        Assert.Equal(("url", "Hosts"), ((string)fields[0]!["name"]!, (string)fields[0]!["urlPart"]!["type"]!));
        Assert.Equal("Secret", (string)Assert.Single(fields, f => (string)f!["name"]! == "password")!["type"]!);

        var folder = Assert.Single(destinations)!;
        Assert.Equal("path", (string)Assert.Single(folder["form"]!["fields"]!.AsArray())!["name"]!);
        Assert.Contains("localRoots", (string)folder["configuration"]!["example"]!, StringComparison.Ordinal); // none is allowed here

        using var nobody = server.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/api/v1/kinds")).StatusCode);
    }

    // The API has no other place for the secrets of a source: what else a form asked for would be stored in clear.
    [Fact]
    public void Forms_of_sources_have_no_secrets_but_the_two_passwords() =>
        Assert.All(TestEngines.All.SelectMany(e => e.Description.Form?.Fields ?? []), f =>
            Assert.True(f.Type != Core.Kinds.FormFieldType.Secret || f.Name is "password" or "restore.password", f.Name)
        );

    [Theory]
    [InlineData("sources/main", "engine", "postgresql")]
    [InlineData("sources/test", "engine", "postgresql")]
    [InlineData("destinations/nas", "kind", "local")]
    public async Task An_unknown_kind_is_reported_at_its_field_with_the_kinds_that_there_are(string path, string field, string known)
    {
        await using var server = await TestServer.StartAsync();
        using var admin = server.Admin();
        var definition = new JsonObject { [field] = "tape", ["url"] = "tape://1" };
        using var answer = path.EndsWith("/test", StringComparison.Ordinal)
            ? await admin.PostAsJsonAsync($"/api/v1/{path}", definition, TestContext.Current.CancellationToken)
            : await admin.PutAsJsonAsync($"/api/v1/{path}", definition, TestContext.Current.CancellationToken);
        var error = Assert.Single((await TestServer.JsonAsync(answer, HttpStatusCode.BadRequest))["errors"]!.AsArray())!;
        Assert.Equal(field, (string)error["field"]!);
        Assert.Contains("'tape'", (string)error["message"]!, StringComparison.Ordinal);
        Assert.Contains(known, (string)error["hint"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "engine": "sqlite", "url": "/srv" }""", new[] { "engine" })]
    [InlineData("""{ "engine": "postgresql", "url": "postgresql://db", "colour": "red" }""", new[] { "colour" })]
    [InlineData("""{ "engine": "postgresql", "url": "mysql://db", "colour": "red" }""", new[] { "url", "colour" })]
    public async Task An_engine_reports_all_members_that_it_refuses(string definition, string[] fields)
    {
        await using var server = await TestServer.StartAsync();
        using var admin = server.Admin();
        using var answer = await admin.PutAsJsonAsync(
            "/api/v1/sources/main",
            JsonNode.Parse(definition),
            TestContext.Current.CancellationToken
        );
        var errors = (await TestServer.JsonAsync(answer, HttpStatusCode.BadRequest))["errors"]!.AsArray();
        Assert.Equal(fields, errors.Select(e => (string)e!["field"]!));
    }
}
