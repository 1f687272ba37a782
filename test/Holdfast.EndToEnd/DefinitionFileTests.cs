using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary>Verbs that read a definition from a file send it unchanged, and print answers unchanged.</summary>
public sealed class DefinitionFileTests
{
    [Fact]
    public async Task The_server_reports_all_errors_of_a_definition_each_with_its_hint()
    {
        await using var served = await Served.StartAsync();
        var definition = new JsonObject
        {
            ["type"] = "Snapshot",
            ["fullBackup"] = "99 2 * * 0",
            ["timeZone"] = "Moon/Sea",
            ["destinations"] = new JsonArray("nope"),
        };
        var file = await served.FileAsync("bad.json", definition);
        string[][] verbs =
        [
            ["server-wide", "put", "bad", "-f", file],
            ["server-wide", "preview", "bad", "-f", file],
            ["task", "put", "demo/a.db", "-f", file],
        ];
        foreach (var verb in verbs)
        {
            AssertErrors(await served.RunAsync(2, verb), "fullBackup", "timeZone", "destinations");
        }

        // The server also reports bodies that it cannot read.
        definition["type"] = "Snapsht";
        definition["bogus"] = 1;
        file = await served.FileAsync("bad.json", definition);
        foreach (var verb in verbs)
        {
            Assert.Contains("'type' has the wrong type", (await served.RunAsync(2, verb)).Error, StringComparison.Ordinal);
        }
        var unknown = await served.FileAsync("destination.json", new JsonObject { ["kind"] = "local", ["bucket"] = "b" });
        AssertErrors(await served.RunAsync(2, "destination", "put", "bad", "-f", unknown), "path", "bucket");

        static void AssertErrors(Ended ended, params string[] fields) =>
            Assert.All(fields, f => Assert.Contains($"{f}: ", ended.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Members_that_only_a_newer_server_knows_are_sent_and_printed()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        await using var newer = new NewerServer(served);
        var definition = Served.Template(new() { ["mode"] = "None", [NewerServer.Member] = "inner" });
        definition[NewerServer.Member] = new JsonArray(1, 2);
        var file = await served.FileAsync("newer.json", definition);

        var saved = await RunAsync("server-wide", "put", "weekly", "-f", file);
        AssertKept(saved, saved["definition"], saved["definition"]!["encryption"], saved["counts"], saved["preview"]);
        AssertSent("PUT /api/v1/server-wide-backups/weekly");
        AssertKept(await RunAsync("server-wide", "preview", "weekly", "-f", file));
        AssertSent("POST /api/v1/server-wide-backups/weekly/preview");

        definition["name"] = "Weekly too";
        file = await served.FileAsync("newer.json", definition);
        var created = await RunAsync("task", "put", "demo/a.db", "-f", file);
        AssertKept(created, created["task"], created["task"]!["definition"]);
        AssertSent("POST /api/v1/databases/demo%2Fa.db/tasks");
        await RunAsync("task", "put", "demo/a.db", "-f", file);
        AssertSent($"PUT /api/v1/databases/demo%2Fa.db/tasks/{created["task"]!["id"]}");

        // Without a file, the stored definition is sent.
        await RunAsync("server-wide", "preview", "weekly");
        Assert.NotNull(newer.Bodies["POST /api/v1/server-wide-backups/weekly/preview"][NewerServer.Member]);

        string[][] verbs =
        [
            ["server-wide", "list"],
            ["server-wide", "show", "weekly"],
            ["task", "list", "demo/a.db"],
            ["databases"],
            ["source", "list"],
            ["destination", "list"],
            ["destination", "put", "nas", "--path", $"{served.Place.Destination}/nas"],
            ["token", "create", "program", "--role", "Viewer"],
            ["token", "list"],
            ["audit"],
            ["backup", "demo/a.db", "--to", "nas"],
            ["operation", "list"],
            ["points", "demo/a.db"],
        ];
        foreach (var verb in verbs)
        {
            var document = await RunAsync(verb);
            AssertKept([.. document["items"] is JsonArray items ? items : [document]]);
        }

        async Task<JsonNode> RunAsync(params string[] arguments) =>
            (
                await served.Place.HoldfastAsync(
                    0,
                    [.. arguments, "--server", newer.Address, "--token-file", served.TokenFile, "--output", "json"]
                )
            ).Json;

        void AssertSent(string request) =>
            Assert.True(JsonNode.DeepEquals(definition, newer.Bodies[request]), newer.Bodies[request].ToJsonString());
    }

    [Fact]
    public async Task Apply_sends_members_to_a_newer_server_and_finds_them_unchanged()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        await using var newer = new NewerServer(served);
        var template = Served.Template();
        template[NewerServer.Member] = new JsonObject { ["is"] = "kept" };
        var setup = new JsonObject
        {
            ["serverWideBackups"] = new JsonObject { ["nightly"] = template, ["weekly"] = template.DeepClone() },
        };
        Assert.Equal(["unchanged", "created"], await ApplyAsync());
        Assert.NotNull(newer.Bodies["PUT /api/v1/server-wide-backups/weekly"][NewerServer.Member]);
        template[NewerServer.Member] = "other";
        Assert.Equal(["changed", "unchanged"], await ApplyAsync());

        // The same file with a server of this version changes nothing.
        var refused = await served.RunAsync(2, "apply", "-f", await served.FileAsync("setup.json", setup));
        Assert.Contains("serverWideBackups.nightly.newer, serverWideBackups.weekly.newer", refused.Error, StringComparison.Ordinal);

        async Task<string[]> ApplyAsync() =>
            [
                .. (
                    await served.Place.HoldfastAsync(
                        0,
                        "apply",
                        "-f",
                        await served.FileAsync("setup.json", setup),
                        "--server",
                        newer.Address,
                        "--token-file",
                        served.TokenFile,
                        "--output",
                        "json"
                    )
                ).Json["items"]!
                    .AsArray()
                    .Select(i => (string)i!["result"]!),
            ];
    }

    private static void AssertKept(params JsonNode?[] objects)
    {
        Assert.NotEmpty(objects);
        Assert.All(objects, o => Assert.Equal("kept", (string?)o?[NewerServer.Member]?["is"]));
    }
}
