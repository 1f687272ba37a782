using System.Text.Json.Nodes;
using Holdfast.Testing.S3;

namespace Holdfast.EndToEnd.S3;

/// <summary>The limits of a bucket, its own age, and retention that is left to it, by the command.</summary>
public sealed class S3PolicyTests
{
    [Fact]
    public async Task Limits_and_ages_are_applied_from_a_file_and_found_unchanged_the_next_time()
    {
        await using var store = await S3Stub.StartAsync();
        await using var served = await Served.StartAsync();
        var secret = Definition(store);
        await served.RunAsync(0, "destination", "put", "offsite", "-f", await served.FileAsync("offsite.json", secret));
        var setup = new JsonObject
        {
            ["serverWideBackups"] = new JsonObject
            {
                ["nightly"] = new JsonObject
                {
                    ["type"] = "Snapshot",
                    ["fullBackup"] = "0 2 * * 0",
                    ["retention"] = new JsonObject
                    {
                        ["minimumAgeDays"] = 14,
                        ["destinations"] = new JsonObject { ["offsite"] = 90 },
                    },
                    ["destinations"] = new JsonArray("offsite"),
                },
            },
        };
        var file = await served.FileAsync("setup.json", setup);
        Assert.Contains("1 created", (await served.RunAsync(0, "apply", "-f", file)).Output, StringComparison.Ordinal);
        Assert.Contains("1 unchanged", (await served.RunAsync(0, "apply", "-f", file)).Output, StringComparison.Ordinal);
        Assert.Contains(
            "14 days, 90 days at offsite",
            (await served.RunAsync(0, "server-wide", "show", "nightly")).Output,
            StringComparison.Ordinal
        );

        // The rule that the bucket needs: the age, and the week that a chain is extended, and a day more.
        var status = await served.JsonAsync(0, "destination", "show", "offsite");
        Assert.False(status["deletes"]!.GetValue<bool>());
        var rule = Assert.Single(JsonNode.Parse(status["lifecycleRule"]!.GetValue<string>())!["Rules"]!.AsArray())!;
        Assert.Equal(
            ("production/demo/", 98),
            (rule["Filter"]!["Prefix"]!.GetValue<string>(), rule["Expiration"]!["Days"]!.GetValue<int>())
        );
        var shown = (await served.RunAsync(0, "destination", "show", "offsite")).Output;
        Assert.Contains("left to the bucket", shown, StringComparison.Ordinal);
        Assert.Contains("wait until", shown, StringComparison.Ordinal);
        Assert.Contains("PUT", shown, StringComparison.Ordinal);

        setup["serverWideBackups"]!["nightly"]!["retention"]!["destinations"] = new JsonObject { ["nas"] = 0.5 };
        var wrong = await served.RunAsync(
            2,
            "server-wide",
            "put",
            "nightly",
            "-f",
            await served.FileAsync("wrong.json", setup["serverWideBackups"]!["nightly"]!)
        );
        Assert.Contains("no destination 'nas'", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retention_says_that_it_is_left_to_the_bucket()
    {
        await using var store = await S3Stub.StartAsync();
        await using var served = await Served.StartAsync();
        var definition = Definition(store);
        definition.Remove("uploadWindow");
        definition.Remove("uploadTimeZone");
        await served.RunAsync(0, "destination", "put", "offsite", "-f", await served.FileAsync("offsite.json", definition));
        await served.RunAsync(
            0,
            "task",
            "put",
            "demo/a.db",
            "-f",
            await served.FileAsync(
                "task.json",
                new JsonObject
                {
                    ["name"] = "mine",
                    ["type"] = "Snapshot",
                    ["fullBackup"] = "0 2 * * 0",
                    ["retention"] = new JsonObject { ["minimumAgeDays"] = 1 },
                    ["destinations"] = new JsonArray("offsite"),
                }
            )
        );
        foreach (
            var arguments in (string[][])
                [
                    [],
                    ["--dry-run"],
                    ["--approve"],
                ]
        )
        {
            var ended = await served.RunAsync(0, ["task", "retention", "demo/a.db", "mine", .. arguments]);
            Assert.Contains("offsite: retention is left to the bucket", ended.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_wrong_limit_is_refused_with_its_name()
    {
        await using var store = await S3Stub.StartAsync();
        await using var served = await Served.StartAsync();
        var definition = Definition(store);
        definition["bandwidth"] = "much";
        var refused = await served.RunAsync(2, "destination", "put", "offsite", "-f", await served.FileAsync("wrong.json", definition));
        Assert.Contains("'much' is not a rate", refused.Error, StringComparison.Ordinal);
    }

    // The window has just closed for the day, wherever the test runs.
    private static JsonObject Definition(S3Stub store)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new()
        {
            ["kind"] = "s3",
            ["bucket"] = S3Stub.DefaultBucket,
            ["prefix"] = "production",
            ["endpoint"] = store.Endpoint,
            ["accessKey"] = S3Stub.Credentials.AccessKey,
            ["secretKey"] = S3Stub.Credentials.SecretKey,
            ["deletes"] = false,
            ["bandwidth"] = "20 MiB/s",
            ["maxRequests"] = 8,
            ["uploadWindow"] = $"{now.AddHours(2):HH:mm}-{now.AddHours(3):HH:mm}",
            ["uploadTimeZone"] = "UTC",
        };
    }
}
