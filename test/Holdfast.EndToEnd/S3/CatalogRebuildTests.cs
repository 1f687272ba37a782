using System.Text.Json.Nodes;
using Holdfast.Testing.S3;

namespace Holdfast.EndToEnd.S3;

/// <summary>A server whose data folder was lost gets its catalog back from a destination, and restores every database.</summary>
public sealed class CatalogRebuildTests
{
    [Fact]
    public async Task A_new_server_knows_the_archives_of_a_bucket_and_restores_them()
    {
        await using var store = await S3Stub.StartAsync();
        string before;
        await using (var lost = await Served.StartAsync())
        {
            await DefineAsync(lost, store);
            before = await BackUpTwiceAsync(lost);
        }
        await using var served = await Served.StartAsync(p => p.Make("c.db"));
        await DefineAsync(served, store);
        await RebuildAndRestoreAsync(served, before);
    }

    [Fact]
    public async Task A_new_server_knows_the_archives_of_a_folder_and_restores_them()
    {
        var copy = Directory.CreateTempSubdirectory("holdfast-e2e-").FullName;
        try
        {
            string before;
            await using (var lost = await Served.StartAsync())
            {
                await lost.RunAsync(0, "destination", "put", "offsite", "--path", $"{lost.Place.Destination}/nas");
                before = await BackUpTwiceAsync(lost);
                await Child.RunAsync("cp", ["-r", $"{lost.Place.Destination}/nas", $"{copy}/nas"]);
            }
            await using var served = await Served.StartAsync(p => p.Make("c.db"));
            await Child.RunAsync("cp", ["-r", $"{copy}/nas", $"{served.Place.Destination}/nas"]);
            await served.RunAsync(0, "destination", "put", "offsite", "--path", $"{served.Place.Destination}/nas");
            await RebuildAndRestoreAsync(served, before);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static async Task<string> BackUpTwiceAsync(Served served)
    {
        await served.RunAsync(0, "apply", "-f", await served.FileAsync("tasks.json", Task()));
        await served.RunAsync(0, "backup", "--template", "nightly");
        served.Place.Sql("a.db", "INSERT INTO t SELECT 100000 + id, randomblob(100), '' FROM t");
        await served.RunAsync(0, "backup", "--template", "nightly", "--kind", "incremental");
        return served.Place.SourceContents("a.db");
    }

    private static async Task RebuildAndRestoreAsync(Served served, string before)
    {
        var operation = (await served.JsonAsync(0, "catalog", "rebuild", "offsite"))["items"]!.AsArray().Single()!;
        Assert.Equal(("RebuildCatalog", "offsite"), ((string)operation["kind"]!, (string)operation["destination"]!));
        var found = operation["result"]!["catalog"]!;
        Assert.Equal((2, 3, 3, 0), ((int)found["databases"]!, (int)found["archives"]!, (int)found["identified"]!, (int)found["problems"]!));
        var listed = await served.RunAsync(0, "operation", "list");
        Assert.Contains("offsite", listed.Output, StringComparison.Ordinal);
        Assert.Contains("rebuild", listed.Output, StringComparison.Ordinal);
        var again = await served.RunAsync(0, "catalog", "rebuild", "offsite");
        Assert.Contains("3 archives of 2 databases", again.Output, StringComparison.Ordinal);
        await served.RunAsync(0, "verify", "demo/a.db");
        foreach (var name in (string[])["a.db", "b.db"])
        {
            await served.RunAsync(0, "restore", $"demo/{name}", "--to", $"demo/{name}");
        }
        Assert.Equal(before, served.Place.SourceContents("a.db"));
    }

    private static async Task DefineAsync(Served served, S3Stub store)
    {
        var definition = new JsonObject
        {
            ["kind"] = "s3",
            ["bucket"] = S3Stub.DefaultBucket,
            ["prefix"] = "production",
            ["endpoint"] = store.Endpoint,
            ["accessKey"] = S3Stub.Credentials.AccessKey,
            ["secretKey"] = S3Stub.Credentials.SecretKey,
        };
        await served.RunAsync(0, "destination", "put", "offsite", "-f", await served.FileAsync("offsite.json", definition));
    }

    private static JsonObject Task() =>
        new()
        {
            ["serverWideBackups"] = new JsonObject
            {
                ["nightly"] = new JsonObject
                {
                    ["type"] = "Snapshot",
                    ["fullBackup"] = "0 2 * * 0",
                    ["incrementalBackup"] = "0 2 * * *",
                    ["destinations"] = new JsonArray("offsite"),
                },
            },
        };
}
