using System.Text.Json.Nodes;
using Holdfast.Testing.S3;

namespace Holdfast.EndToEnd;

/// <summary>A server that backs up to a bucket: everything that works with a folder works there.</summary>
public sealed class S3DestinationTests
{
    private static string Secret => S3Stub.Credentials.SecretKey;

    [Fact]
    public async Task Backups_in_a_bucket_are_listed_verified_restored_and_expire()
    {
        await using var store = await S3Stub.StartAsync();
        await using var served = await Served.StartAsync();
        await DefineAsync(served, store);
        await served.RunAsync(0, "destination", "test", "offsite");
        await served.RunAsync(0, "apply", "-f", await served.FileAsync("tasks.json", Task()));
        await served.RunAsync(0, "backup", "--template", "nightly");
        served.Place.Sql("a.db", "INSERT INTO t SELECT 100000 + id, randomblob(100), '' FROM t");
        await served.RunAsync(0, "backup", "--template", "nightly", "--kind", "incremental");

        var objects = store.Bucket().Objects.Keys.ToList();
        Assert.Contains("production/.holdfast-destination", objects);
        Assert.Contains("production/HOW-TO-RESTORE.txt", objects);
        Assert.Equal(3, objects.Count(o => o.EndsWith(".tar.zst", StringComparison.Ordinal))); // b.db has not changed
        await served.RunAsync(0, "verify", "demo/a.db");
        await served.RunAsync(0, "restore", "demo/a.db", "--to", "demo/a2.db");
        Assert.Equal(served.Place.SourceContents("a.db"), served.Place.SourceContents("a2.db"));
        Assert.Empty(store.Bucket().Uploads);
    }

    [Fact]
    public async Task The_secret_is_shown_nowhere_and_sent_to_no_other_address()
    {
        await using var store = await S3Stub.StartAsync();
        await using var other = await S3Stub.StartAsync();
        await using var served = await Served.StartAsync();
        await DefineAsync(served, store);
        var shown = (await served.JsonAsync(0, "destination", "list"))["items"]![0]!.DeepClone().AsObject();
        Assert.DoesNotContain(Secret, shown.ToJsonString(), StringComparison.Ordinal);
        Assert.True(shown["hasSecretKey"]!.GetValue<bool>());
        shown.Remove("name");

        // Saved again as it was shown, it keeps its secret; with another address it asks for it.
        await served.RunAsync(0, "destination", "put", "offsite", "-f", await served.FileAsync("same.json", shown));
        await served.RunAsync(0, "destination", "test", "offsite");
        var moved = shown.DeepClone().AsObject();
        moved["endpoint"] = other.Endpoint;
        var refused = await served.RunAsync(2, "destination", "put", "offsite", "-f", await served.FileAsync("moved.json", moved));
        Assert.Contains("Give the secret again", refused.Error, StringComparison.Ordinal);
        Assert.Empty(other.Requests);

        await served.RunAsync(0, "destination", "delete", "offsite");
        foreach (var text in (string[])[(await served.RunAsync(0, "audit")).Output, served.Log])
        {
            Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        }
        foreach (var file in Directory.EnumerateFiles(served.ServerData, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(
                Secret,
                await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken),
                StringComparison.Ordinal
            );
        }
    }

    [Theory]
    [InlineData(S3Operation.GetObject, "s3:GetObject")]
    [InlineData(S3Operation.ListObjects, "s3:ListBucket")]
    [InlineData(S3Operation.DeleteObject, "s3:DeleteObject")]
    public async Task The_test_names_the_right_that_is_missing(S3Operation denied, string right)
    {
        await using var store = await S3Stub.StartAsync();
        await using var served = await Served.StartAsync();
        await DefineAsync(served, store);
        store.AddCredentials(
            S3Stub.Credentials with
            {
                Allows = o => o != denied && !(denied == S3Operation.DeleteObject && o == S3Operation.DeleteObjects),
            }
        );
        var failed = await served.RunAsync(8, "destination", "test", "offsite");
        Assert.Contains(right, failed.Error, StringComparison.Ordinal);
    }

    private static async Task DefineAsync(Served served, S3Stub store) =>
        await served.RunAsync(0, "destination", "put", "offsite", "-f", await served.FileAsync("offsite.json", Definition(store)));

    private static JsonObject Definition(S3Stub store) =>
        new()
        {
            ["kind"] = "s3",
            ["bucket"] = S3Stub.DefaultBucket,
            ["prefix"] = "production",
            ["endpoint"] = store.Endpoint,
            ["accessKey"] = S3Stub.Credentials.AccessKey,
            ["secretKey"] = Secret,
        };

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
