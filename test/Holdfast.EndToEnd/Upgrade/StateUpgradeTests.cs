using System.Text.Json.Nodes;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.EndToEnd.Upgrade;

/// <summary>
/// Opens small states of earlier versions (States/make.py), which have databases that were dropped, renamed, missing and unreadable, with
/// today's code.
/// </summary>
[Trait("Category", "Slow")]
public sealed class StateUpgradeTests : IDisposable
{
    private static readonly string[] Compared = ["engine", "sizeBytes", "encryption", "firstSeen", "dropped", "renamedTo"];

    private readonly Workspace _place = new();
    private ServerProcess? _server;

    public static TheoryData<string> Versions =>
        [.. Directory.GetFiles(Folder, "*.tar.gz").Select(f => Path.GetFileName(f)[..^7]).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(RepositoryRoot.Folder, "test", "Holdfast.EndToEnd", "Upgrade", "States");

    private string Root => $"{_place.Root}/state";

    public void Dispose()
    {
        _server?.Dispose();
        _place.Dispose();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task An_earlier_state_keeps_every_database_also_when_the_tag_of_the_node_changes(string version)
    {
        await Child.ShellAsync($"tar -xpzf '{Folder}/{version}.tar.gz' -C '{_place.Root}' --no-same-owner");
        var expected = Items(JsonNode.Parse(await File.ReadAllTextAsync($"{Root}/answers/databases.json"))!);
        await AssertKeptAsync(expected, "A");
        await AssertKeptAsync(expected, "A"); // the second start finds nothing to migrate
        await AssertKeptAsync(expected, "B");
    }

    private async Task AssertKeptAsync(IReadOnlyDictionary<string, JsonNode> expected, string node)
    {
        var run = Directory.CreateTempSubdirectory("holdfast-e2e-state-").FullName;
        _server = new(run, $"{Root}/node", $"{Root}/local", $"{Root}/backups", configure: c => c["node"] = node)
        {
            Before = $"cd '{Root}'", // the destination is relative to the working folder
        };
        await _server.StartAsync();
        await _server.UntilAsync(
            async () => (await _server.ListAsync("sources")).TrueForAll(s => s["lastDiscovery"] is not null),
            "the source is not discovered"
        );
        var found = Items(await _server.GetAsync("databases?limit=1000"));
        Assert.Equal(expected.Keys.Order(), found.Keys.Order());
        foreach (var (id, before) in expected)
        {
            foreach (var name in Compared)
            {
                Assert.True(
                    JsonNode.DeepEquals(before[name], found[id][name]),
                    $"{id}: {name} was {before[name]?.ToJsonString()}, and is {found[id][name]?.ToJsonString()}"
                );
            }
            Assert.Equal((string?)before["problem"]?["code"], (string?)found[id]["problem"]?["code"]);
            if ((string?)before["state"] is "Missing" or "Dropped" or "Unreadable")
            {
                Assert.Equal((string?)before["state"], (string?)found[id]["state"]);
            }
        }
        Assert.Equal(await AlertKeysAsync(), ["unconfigured:away", "unreadable:local/broken.db"]);

        Assert.Equal(0, await _server.StopAsync());
        _server.Dispose();
        _server = null;
        Directory.Delete(run, recursive: true);
        Assert.Equal(expected.Keys.Select(id => $"node-databases/{node}/{id}").Order(StringComparer.Ordinal), Keys("node-databases/"));
        Assert.Equal(expected.Keys.Select(id => $"databases/{id}").Order(StringComparer.Ordinal), Keys("databases/"));
        Assert.Equal([$"node-sources/{node}/away", $"node-sources/{node}/local"], Keys("node-sources/"));
    }

    private static Dictionary<string, JsonNode> Items(JsonNode page) =>
        page["items"]!.AsArray().ToDictionary(i => (string)i!["id"]!, i => i!, StringComparer.Ordinal);

    // Those of sources and databases, but for databases without a task.
    private async Task<List<string>> AlertKeysAsync() =>
        [
            .. (await _server!.ListAsync("alerts"))
                .Where(a =>
                    ((string)a["kind"]!).StartsWith("Source", StringComparison.Ordinal) || (string?)a["kind"] is "DatabaseUnreadable"
                )
                .Select(a => (string)a["key"]!)
                .Order(StringComparer.Ordinal),
        ];

    private List<string> Keys(string prefix)
    {
        using var connection = SqliteConnection.Open($"{Root}/node/state.db", SqliteConstants.OpenReadWrite, null);
        using var rows = connection.Prepare("SELECT CAST(key AS TEXT) FROM entries ORDER BY key");
        var all = new List<string>();
        while (rows.Step())
        {
            all.Add(rows.GetText(0)!);
        }
        return [.. all.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))];
    }
}
