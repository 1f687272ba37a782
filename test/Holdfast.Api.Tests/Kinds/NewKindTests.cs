using System.Net;
using Holdfast.Testing.Faults;

namespace Holdfast.Api.Tests.Kinds;

/// <summary>A new kind of engine or destination needs its factory and a line that registers it; the product does not change.</summary>
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

    [Fact]
    public async Task A_new_kind_of_engine_is_described_defined_tested_discovered_backed_up_and_restored()
    {
        await using var server = await ApiServer.StartAsync();
        var kinds = (await server.GetAsync("kinds")).Json();
        var kind = Assert.Single(kinds["engines"]!.AsArray(), e => (string)e!["kind"]! == "memory")!;
        Assert.Equal(("Memory", true), ((string)kind["label"]!, (bool)kind["features"]!["canSnapshot"]!));
        Assert.Equal(["url", "pages"], kind["form"]!["fields"]!.AsArray().Select(f => (string)f!["name"]!));
        Assert.Single(kinds["destinations"]!.AsArray(), d => (string)d!["label"]! == "Bucket");

        (
            await server.PutAsync(
                "sources/fake",
                new
                {
                    engine = "memory",
                    url = "disk://",
                    pages = 10,
                    colour = "red",
                }
            )
        ).HasErrors("colour", "pages", "url");
        object definition = new
        {
            engine = "memory",
            url = "memory://",
            pages = 3,
        };
        Assert.Equal(1, (int)(await server.PostAsync("sources/test", definition)).Json()["databases"]!);
        var source = (await server.PutAsync("sources/fake", definition)).Json(HttpStatusCode.Created);
        Assert.Equal(("memory", 3), ((string)source["engine"]!, (int)source["definition"]!["pages"]!));
        Assert.Equal(1, (int)(await server.PostAsync("sources/fake/discover")).Json()["databases"]!);

        var backup = await server.PostAsync(
            $"databases/{Uri.EscapeDataString("fake/first")}/backup",
            new { type = "Snapshot", destinations = new[] { "nas" } }
        );
        ApiServer.Completed(await server.EndedAsync(backup));
        await server.RestoredAsync(new { from = "fake/first", target = "fake/again" });
        Assert.Equal(3 * MemorySource.Page, server.Memory.Databases["again"].Length);
        Assert.Equal(server.Memory.Databases["first"], server.Memory.Databases["again"]);
    }
}
