using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>What is told of databases and retention while a source or a destination is away.</summary>
public sealed class AwayTests
{
    [Fact]
    public async Task A_destination_that_cannot_be_looked_at_is_no_chain_that_retention_would_delete()
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

        async Task<JsonNode> PreviewAsync() => (await server.PostAsync("server-wide-backups/nightly/preview", (JsonObject)template.DeepClone())).Json();
    }
}
