using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>What the API shows about databases and retention while a source or destination is unreachable.</summary>
public sealed class AwayTests
{
    [Fact]
    public async Task An_unreachable_destination_adds_no_chain_to_the_preview_of_retention()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        var template = ApiServer.Template(more: ("retention", new JsonObject { ["minimumAgeDays"] = 1 }));
        await server.PutTemplateAsync("nightly", template);
        await server.BackedUpAsync("a.db");
        Assert.Empty((await PreviewAsync())["retentionCannotSee"]!.AsArray());
        Directory.Move(server.Nas, $"{server.Nas}.away");
        var preview = await PreviewAsync();
        Assert.Empty(preview["retentionWouldDelete"]!.AsArray());
        var unseen = Assert.Single(preview["retentionCannotSee"]!.AsArray())!;
        Assert.Equal(("nas", 2), ((string)unseen["destination"]!, (int)unseen["databases"]!));
        Assert.Contains(server.Nas, (string?)unseen["error"]!["message"], StringComparison.Ordinal);

        async Task<JsonNode> PreviewAsync() =>
            (await server.PostAsync("server-wide-backups/nightly/preview", (JsonObject)template.DeepClone())).Json();
    }

    [Fact]
    public async Task A_protected_database_of_an_unreachable_source_says_since_when_and_why()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        await server.BackedUpAsync("a.db");
        Assert.Null((await DatabaseAsync())["sourceOutage"]);
        Directory.Move(server.Source, $"{server.Source}.away");
        await server.DiscoverAsync();
        var since = server.Time.GetUtcNow();
        var database = await DatabaseAsync();
        Assert.Equal("Covered", (string?)database["state"]);
        Assert.Equal(since, (DateTimeOffset?)database["sourceOutage"]!["since"]);
        Assert.Contains(server.Source, (string?)database["sourceOutage"]!["problem"]!["message"], StringComparison.Ordinal);
        Directory.Move($"{server.Source}.away", server.Source);
        await server.DiscoverAsync();
        Assert.Null((await DatabaseAsync())["sourceOutage"]);

        async Task<JsonNode> DatabaseAsync() => (await server.GetAsync(ApiServer.Database("a.db"))).Json();
    }
}
