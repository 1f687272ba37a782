using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary><c>holdfast apply</c> configures a server as a file says, and finds it unchanged the next time.</summary>
public sealed class ApplyTests
{
    [Fact]
    public async Task A_second_apply_changes_nothing()
    {
        await using var served = await Served.StartAsync();
        var file = await served.FileAsync("setup.json", Setup(served));
        Assert.Equal(["created", "created", "created", "created"], Results(await served.JsonAsync(0, "apply", "-f", file, "--dry-run")));
        Assert.Empty((await served.JsonAsync(0, "destination", "list"))["items"]!.AsArray());

        var first = await served.JsonAsync(0, "apply", "-f", file);
        Assert.Equal(["created", "created", "created", "created"], Results(first));
        Assert.StartsWith(
            "AGE-SECRET-KEY-1",
            first["items"]![1]!["generatedKey"]!["secretKey"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        var second = await served.RunAsync(0, "apply", "-f", file);
        Assert.Contains("0 created, 0 changed, 4 unchanged, 0 failed", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("AGE-SECRET-KEY", second.Output, StringComparison.Ordinal);
        Assert.Equal(["unchanged", "unchanged", "unchanged", "unchanged"], Results(await served.JsonAsync(0, "apply", "-f", file)));
    }

    [Fact]
    public async Task Only_what_differs_is_changed_and_nothing_is_deleted()
    {
        await using var served = await Served.StartAsync();
        await served.RunAsync(0, "apply", "-f", await served.FileAsync("setup.json", Setup(served)));
        var other = Setup(served);
        other["serverWideBackups"]!["nightly"]!["retention"]!["minimumAgeDays"] = 30;
        other["serverWideBackups"]!.AsObject().Remove("sealed");
        var file = await served.FileAsync("other.json", other);
        Assert.Equal(["unchanged", "changed", "unchanged"], Results(await served.JsonAsync(0, "apply", "-f", file)));
        Assert.Equal(
            30,
            (await served.JsonAsync(0, "server-wide", "show", "nightly"))["definition"]!["retention"]!["minimumAgeDays"]!.GetValue<double>()
        );
        await served.RunAsync(0, "server-wide", "show", "sealed");
    }

    [Fact]
    public async Task A_given_key_is_compared_by_its_public_key_and_never_shown()
    {
        await using var served = await Served.StartAsync();
        var key = (await served.Place.JsonAsync(0, "keygen"))["secretKey"]!.GetValue<string>();
        var setup = Setup(served);
        setup["serverWideBackups"]!["nightly"]!["encryption"]!["key"] = key;
        var file = await served.FileAsync("setup.json", setup);
        foreach (var expected in (string[])["4 created", "4 unchanged"])
        {
            var ended = await served.RunAsync(0, "apply", "-f", file);
            Assert.Contains(expected, ended.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("AGE-SECRET-KEY", ended.Output + ended.Error, StringComparison.Ordinal);
        }

        setup["serverWideBackups"]!["nightly"]!["encryption"]!["key"] = (await served.Place.JsonAsync(0, "keygen"))[
            "secretKey"
        ]!.GetValue<string>();
        Assert.Equal(
            ["unchanged", "changed", "unchanged", "unchanged"],
            Results(await served.JsonAsync(0, "apply", "-f", await served.FileAsync("setup.json", setup)))
        );
    }

    [Fact]
    public async Task A_rename_is_recognized_as_done_the_next_time()
    {
        await using var served = await Served.StartAsync();
        await served.RunAsync(0, "apply", "-f", await served.FileAsync("setup.json", Setup(served)));
        var setup = Setup(served);
        setup["serverWideBackups"]!["nightly"]!["name"] = "every night";
        var file = await served.FileAsync("renamed.json", setup);
        Assert.Equal(["unchanged", "changed", "unchanged", "unchanged"], Results(await served.JsonAsync(0, "apply", "-f", file)));
        Assert.Equal(["unchanged", "unchanged", "unchanged", "unchanged"], Results(await served.JsonAsync(0, "apply", "-f", file)));
    }

    [Fact]
    public async Task A_failed_item_does_not_stop_the_others_and_an_invalid_file_changes_nothing()
    {
        await using var served = await Served.StartAsync();
        var setup = Setup(served);
        setup["serverWideBackups"]!["sealed"]!["fullBackup"] = "often";
        var some = await served.JsonAsync(1, "apply", "-f", await served.FileAsync("some.json", setup));
        Assert.Equal(["created", "created", "failed", "created"], Results(some));
        Assert.Equal("usage", some["items"]![2]!["error"]!["code"]!.GetValue<string>());

        setup["destinations"]!["third"] = new JsonObject { ["kind"] = "local", ["path"] = $"{served.Place.Destination}/third" };
        setup["serverWideBackups"]!["sealed"]!["fulBackup"] = "0 0 * * *";
        var mistyped = await served.RunAsync(2, "apply", "-f", await served.FileAsync("mistyped.json", setup));
        Assert.Contains("serverWideBackups.sealed", mistyped.Error, StringComparison.Ordinal);
        Assert.Single((await served.JsonAsync(0, "destination", "list"))["items"]!.AsArray());
        await File.WriteAllTextAsync($"{served.Place.Root}/no.json", "{ \"secret", TestContext.Current.CancellationToken);
        Assert.DoesNotContain(
            "secret",
            (await served.RunAsync(2, "apply", "-f", $"{served.Place.Root}/no.json")).Error,
            StringComparison.Ordinal
        );
        await served.RunAsync(3, "apply", "-f", $"{served.Place.Root}/nothing.json");
    }

    private static JsonObject Setup(Served served) =>
        new()
        {
            ["destinations"] = new JsonObject
            {
                ["nas"] = new JsonObject { ["kind"] = "local", ["path"] = $"{served.Place.Destination}/nas" },
            },
            ["serverWideBackups"] = new JsonObject
            {
                ["nightly"] = new JsonObject
                {
                    ["type"] = "Backup",
                    ["fullBackup"] = "0 2 * * 0",
                    ["incrementalBackup"] = "0 2 * * *",
                    ["timeZone"] = "UTC",
                    ["retention"] = new JsonObject { ["minimumAgeDays"] = 14, ["destinations"] = new JsonObject() },
                    ["encryption"] = new JsonObject { ["mode"] = "Key" },
                    ["destinations"] = new JsonArray("nas"),
                    ["excluded"] = new JsonArray("demo/tmp*"),
                    ["spreadMinutes"] = 10,
                },
                ["sealed"] = new JsonObject
                {
                    ["type"] = "Snapshot",
                    ["fullBackup"] = "0 4 * * 6",
                    ["destinations"] = new JsonArray("nas"),
                    ["encryption"] = new JsonObject
                    {
                        ["mode"] = "Recipients",
                        ["recipients"] = new JsonArray("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
                        ["encryptSnapshots"] = true,
                    },
                },
            },
            ["tasks"] = new JsonArray(
                new JsonObject
                {
                    ["database"] = "demo/a.db",
                    ["name"] = "Every hour",
                    ["type"] = "Snapshot",
                    ["fullBackup"] = "0 * * * *",
                    ["destinations"] = new JsonArray("nas"),
                }
            ),
        };

    private static string[] Results(JsonNode document) => [.. document["items"]!.AsArray().Select(i => i!["result"]!.GetValue<string>())];
}
