using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Faults;

/// <summary>A flush fails after the archive was renamed: after a power failure, the archive may or may not exist.</summary>
[Trait("Category", "Slow")]
public sealed class FlushTests : IDisposable
{
    private readonly Workspace _place = new();
    private FaultShim? _shim;
    private ServerProcess? _server;

    private FaultShim Shim => _shim!;

    private ServerProcess Server => _server!;

    private string Nas => $"{_place.Destination}/nas";

    public void Dispose()
    {
        _server?.Dispose();
        _shim?.Dispose();
        _place.Dispose();
    }

    [Fact]
    public async Task An_archive_whose_flush_failed_is_flushed_before_the_next_backup_reports_no_change()
    {
        _shim = await FaultShim.CreateAsync(_place.Root, Nas);
        _place.Make("a.db", rows: 20);
        Directory.CreateDirectory(_place.Destination);
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination) { Before = Shim.Export };
        await Server.StartAsync();
        await Server.SendAsync(HttpMethod.Put, "destinations/nas", new JsonObject { ["kind"] = "local", ["path"] = Nas });
        await Server.SendAsync(
            HttpMethod.Put,
            "server-wide-backups/all",
            new JsonObject
            {
                ["type"] = "Snapshot",
                ["fullBackup"] = "0 0 29 2 *",
                ["incrementalBackup"] = "0 0 29 2 *",
                ["timeZone"] = "UTC",
                ["destinations"] = new JsonArray("nas"),
            }
        );
        await BackUpAsync("Full");

        // An unchanged database flushes nothing; otherwise the folder with the names is flushed last.
        Shim.Clear();
        Assert.True(IsUnchanged(await BackUpAsync("Incremental")));
        Assert.Equal(0, Shim.Count(FaultCalls.Sync));
        _place.Sql("a.db", "CREATE TABLE one(x); INSERT INTO one VALUES(1)");
        await BackUpAsync("Incremental");
        var flushes = Shim.Count(FaultCalls.Sync);
        Assert.True(flushes >= 3, $"{flushes} flushes");

        _place.Sql("a.db", "INSERT INTO one VALUES(2)");
        Shim.Set(FaultCalls.Sync, FaultAction.Fail, first: flushes, times: 1);
        var failed = await BackUpAsync("Incremental", "Failed");
        Assert.Equal("destination-failed", failed["error"]!["code"]!.GetValue<string>());
        Shim.Clear();
        Assert.True(IsUnchanged(await BackUpAsync("Incremental")));
        Assert.True(Shim.Count(FaultCalls.Sync) > 0, "it was taken for done, and never flushed");

        // A later process does not know about the failure, and flushes anyway.
        _place.Sql("a.db", "INSERT INTO one VALUES(3)");
        Shim.Set(FaultCalls.Sync, FaultAction.Fail, first: flushes, times: 1);
        await BackUpAsync("Incremental", "Failed");
        await Server.KillAsync();
        Shim.Clear();
        await Server.StartAsync();
        Assert.True(IsUnchanged(await BackUpAsync("Incremental")));
        Assert.True(Shim.Count(FaultCalls.Sync) > 0, "the next process took it for done, and never flushed it");
        await _place.HoldfastAsync(0, "verify", Nas);
    }

    private static bool IsUnchanged(JsonNode operation) => operation["result"]!["unchanged"]?.GetValue<bool>() == true;

    private async Task<JsonNode> BackUpAsync(string kind, string state = "Completed")
    {
        var id = Uri.EscapeDataString("local/a.db");
        var task = (await Server.ListAsync($"databases/{id}/tasks"))[0]["id"]!.GetValue<string>();
        var begun = await Server.SendAsync(HttpMethod.Post, $"databases/{id}/tasks/{task}/backup", new JsonObject { ["kind"] = kind });
        var ended = await Server.EndedAsync(begun!["operationId"]!.GetValue<string>());
        Assert.True(ended["state"]!.GetValue<string>() == state, ended.ToJsonString());
        return ended;
    }
}
