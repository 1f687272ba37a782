using System.Net;
using Holdfast.Api.Access;

namespace Holdfast.Server.Tests;

public sealed class DestinationTests
{
    [Fact]
    public async Task The_result_of_the_last_test_of_a_destination_is_kept_until_its_definition_changes()
    {
        await using var node = await NodeServer.StartAsync(databases: ["a.db"]);
        using var client = node.Server.Admin();
        using var viewer = await node.Server.WithRoleAsync(Role.Viewer);
        await node.CoverAsync(client);
        Assert.Equal("1", (string)(await TestServer.JsonAsync(viewer.GetAsync("/api/v1/cluster")))["nodes"]![0]!["tasks"]!.ToString());
        Assert.Null((await TestServer.JsonAsync(viewer.GetAsync("/api/v1/destinations/nas/test")))["at"]);
        Assert.True((long)(await TestServer.JsonAsync(client.PostAsync("/api/v1/destinations/nas/test", null)))["freeBytes"]! > 0);
        var good = await TestServer.JsonAsync(viewer.GetAsync("/api/v1/destinations/nas/test"));
        Assert.True(good["at"] is not null && good["problem"] is null, good.ToJsonString());

        // A file has the name of the folder.
        Directory.Delete($"{node.Backups}/nas", recursive: true);
        await File.WriteAllTextAsync($"{node.Backups}/nas", "");
        Assert.False((await client.PostAsync("/api/v1/destinations/nas/test", null)).IsSuccessStatusCode);
        Assert.NotNull((await TestServer.JsonAsync(viewer.GetAsync("/api/v1/destinations/nas/test")))["problem"]!["message"]);

        var changed = await client.PutAsync(
            "/api/v1/destinations/nas",
            System.Net.Http.Json.JsonContent.Create(new { kind = "local", path = $"{node.Backups}/other" })
        );
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Null((await TestServer.JsonAsync(viewer.GetAsync("/api/v1/destinations/nas/test")))["at"]);
        Assert.Equal(HttpStatusCode.NotFound, (await viewer.GetAsync("/api/v1/destinations/tape/test")).StatusCode);
    }
}
