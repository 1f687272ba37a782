using System.Net;

namespace Holdfast.Api.Tests.Kinds;

/// <summary>A new kind of destination needs only its factory.</summary>
public sealed class NewKindTests
{
    [Fact]
    public async Task A_new_kind_of_destination_is_defined_checked_listed_backed_up_to_verified_and_restored_from()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var rows = server.Rows("a.db");
        await server.PutAsync(
            "destinations/cloud",
            new
            {
                kind = "bucket",
                bucket = "archive",
                parts = 5,
            }
        );
        var listed = Assert.Single(ApiServer.Items((await server.GetAsync("destinations")).Json()), d => (string)d["name"]! == "cloud");
        Assert.Equal(("bucket", "archive", 5), ((string)listed["kind"]!, (string)listed["bucket"]!, (int)listed["parts"]!));
        Assert.Null((string?)(await server.PostAsync("destinations/cloud/test")).Json()["problem"]);

        var backup = await server.PostAsync(
            $"{ApiServer.Database("a.db")}/backup",
            new { type = "Snapshot", destinations = new[] { "cloud" } }
        );
        var archive = (string)ApiServer.Completed(await server.EndedAsync(backup))["path"]!;
        foreach (var from in (string[])["demo/a.db", "destination:cloud", "destination:cloud/demo/a.db", $"destination:cloud/{archive}"])
        {
            var point = Assert.Single(ApiServer.Items((await server.GetAsync($"backups?from={Uri.EscapeDataString(from)}")).Json()));
            Assert.Equal("demo/a.db", (string)point["database"]!);
        }

        ApiServer.Completed(
            await server.EndedAsync(await server.PostAsync("backups/verify", new { from = "destination:cloud/demo/a.db" }))
        );
        await server.RestoredAsync(new { from = "demo/a.db", target = "demo/again.db" });
        await server.RestoredAsync(new { from = $"destination:cloud/{archive}", target = "demo/of-archive.db" });
        Assert.Equal((rows, rows), (server.Rows("again.db"), server.Rows("of-archive.db")));
    }

    [Fact]
    public async Task All_errors_of_a_definition_are_reported_at_once_each_with_its_key()
    {
        await using var server = await ApiServer.StartAsync();
        (
            await server.PutAsync(
                "destinations/cloud",
                new
                {
                    kind = "bucket",
                    bucket = "a/b",
                    parts = 0,
                    colour = "red",
                }
            )
        ).HasErrors("bucket", "colour", "parts");
        (await server.PutAsync("destinations/cloud", new { kind = "tape" })).HasErrors("kind");
        (await server.PutAsync("destinations/cloud", new { kind = "bucket", bucket = "archive" })).Is(HttpStatusCode.Created);
        (await server.PutAsync("destinations/other", new { kind = "bucket", bucket = "archive" })).HasErrors("bucket");
    }
}
