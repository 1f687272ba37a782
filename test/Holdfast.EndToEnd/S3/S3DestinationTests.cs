using System.Text.Json.Nodes;
using Holdfast.Testing.S3;

namespace Holdfast.EndToEnd.S3;

/// <summary>A server that backs up to a bucket: everything that works with a folder works there.</summary>
public sealed class S3DestinationTests
{
    private const string Url = "s3://backups/production";

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

        // The same at the first definition.
        await served.RunAsync(0, "destination", "delete", "offsite");
        store.Bucket().Objects.Clear();
        var file = await served.FileAsync("offsite.json", Definition(store));
        var saved = await served.RunAsync(8, "destination", "put", "offsite", "-f", file);
        Assert.Contains("is saved, but cannot be used", saved.Error, StringComparison.Ordinal);
        Assert.Contains(right, saved.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_secret_is_an_error_when_it_is_saved_and_the_right_one_makes_up_for_it()
    {
        await using var store = await S3Stub.StartAsync();
        await using var served = await Served.StartAsync();
        var wrong = Definition(store);
        wrong["secretKey"] = "another-secret-0001";
        var setup = new JsonObject { ["destinations"] = new JsonObject { ["offsite"] = wrong } };
        var applied = await served.RunAsync(8, "apply", "-f", await served.FileAsync("setup.json", setup));
        Assert.Contains(
            "failed    destination offsite: Destination 'offsite' is saved, but cannot be used",
            applied.Output,
            StringComparison.Ordinal
        );

        var file = await served.FileAsync("wrong.json", wrong);
        var failed = await served.RunAsync(8, "destination", "put", "offsite", "-f", file);
        Assert.Contains("SignatureDoesNotMatch", failed.Error, StringComparison.Ordinal);
        Assert.Contains("Check the access key and its secret", failed.Error, StringComparison.Ordinal);

        await DefineAsync(served, store);
        var tested = await served.RunAsync(0, "destination", "test", "offsite");
        Assert.Contains("Mode compatible, conditional uploads, deletion in batches.", tested.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_bucket_alone_restores_every_database_and_a_new_server_adopts_it()
    {
        await using var store = await S3Stub.StartAsync();
        var contents = new Dictionary<string, string>();
        await using (var lost = await Served.StartAsync())
        {
            await DefineAsync(lost, store);
            await lost.RunAsync(0, "apply", "-f", await lost.FileAsync("tasks.json", Task()));
            await lost.RunAsync(0, "backup", "--template", "nightly");
            foreach (var name in (string[])["a.db", "b.db"])
            {
                lost.Place.Sql(name, "INSERT INTO t SELECT 100000 + id, randomblob(100), '' FROM t");
                contents[name] = lost.Place.SourceContents(name);
            }
            await lost.RunAsync(0, "backup", "--template", "nightly", "--kind", "incremental");
        }

        // A bare machine: no server, no catalog, no key of the node.
        using var bare = new Workspace();
        UseStore(bare, store);
        var points = (await bare.JsonAsync(0, "points", Url))["items"]!.AsArray();
        Assert.Equal(4, points.Count);
        foreach (var (name, expected) in contents)
        {
            await bare.ComesBackAsync($"{Url}/demo/{name}", expected);
        }
        await bare.HoldfastAsync(0, "verify", Url);

        await using var next = await Served.StartAsync();
        await DefineAsync(next, store);
        await next.RunAsync(0, "restore", "demo/a.db", "--to", "demo/again.db");
        Assert.Equal(contents["a.db"], next.Place.SourceContents("again.db"));
    }

    [Fact]
    public async Task A_destination_is_defined_by_its_URL_with_a_secret_from_a_file_standard_input_or_the_environment()
    {
        await using var store = await S3Stub.StartAsync();
        await using var served = await Served.StartAsync();
        await Served.SecretAsync($"{served.Place.Root}/secret", Secret);
        string[] put = ["destination", "put", "offsite", "--url", Url, "--endpoint", store.Endpoint, "--path-style"];
        string[] key = ["--access-key", S3Stub.Credentials.AccessKey];
        var created = await served.RunAsync(0, [.. put, .. key, "--secret-key-file", $"{served.Place.Root}/secret"]);
        Assert.Contains($"offsite created: {Url} at {store.Endpoint}", created.Output, StringComparison.Ordinal);
        await served.RunAsync(0, "destination", "test", "offsite");
        var listed = await served.RunAsync(0, "destination", "list");
        Assert.Contains($"{Url} at {store.Endpoint}", listed.Output, StringComparison.Ordinal);

        await served.RunAsync(0, [.. put, .. key, "--region", "eu-central-1"]); // keeps the secret
        await served.RunAsync(0, "destination", "test", "offsite");
        await served.RunAsync(0, "destination", "delete", "offsite");
        UseStore(served.Place, store);
        await served.RunAsync(0, "destination", "put", "offsite", "--url", Url, "--from-environment");
        await served.RunAsync(0, "destination", "test", "offsite");
        await served.RunAsync(0, "destination", "delete", "offsite");
        await served.RunAsync(0, "destination", "put", "offsite", "-f", await served.FileAsync("d.json", Definition(store)));

        foreach (
            var (arguments, message) in new (string[], string)[]
            {
                (["--url", "ftp://x/y"], "'ftp://' is not a known kind of destination"),
                (["--url", "backups"], "is not a URL"),
                (["--path", "/x", "--url", Url], "Give exactly one of --path, --url and --file"),
                (["--path", "/x", "--region", "eu"], "--region has no meaning without --url"),
                (["--url", Url, "--access-key", "A", "--from-environment"], "--access-key has no meaning with --from-environment"),
            }
        )
        {
            var refused = await served.RunAsync(2, ["destination", "put", "offsite", .. arguments]);
            Assert.Contains(message, refused.Error, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(Secret, listed.Output + served.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_with_a_bucket_is_applied_once()
    {
        await using var store = await S3Stub.StartAsync();
        await using var served = await Served.StartAsync();
        var file = Task();
        file["destinations"] = new JsonObject { ["offsite"] = Definition(store) };
        await served.RunAsync(0, "apply", "-f", await served.FileAsync("all.json", file));
        await served.RunAsync(0, "destination", "test", "offsite");

        // The secret is stored: the file that is kept with the configuration does not need it.
        file["destinations"]!["offsite"]!.AsObject().Remove("secretKey");
        var again = await served.JsonAsync(0, "apply", "-f", await served.FileAsync("all.json", file));
        Assert.All(again["items"]!.AsArray(), i => Assert.Equal("unchanged", i!["result"]!.GetValue<string>()));
        await served.RunAsync(0, "destination", "test", "offsite");
    }

    private static void UseStore(Workspace place, S3Stub store)
    {
        place.Environment["AWS_ACCESS_KEY_ID"] = S3Stub.Credentials.AccessKey;
        place.Environment["AWS_SECRET_ACCESS_KEY"] = Secret;
        place.Environment["AWS_ENDPOINT_URL_S3"] = store.Endpoint;
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
