using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Faults;

/// <summary>A real server whose wall clock is twenty days off for a while.</summary>
[Trait("Category", "Slow")]
public sealed class ServerClockTests : IDisposable
{
    private static readonly DateTimeOffset Day = new(2026, 12, 6, 12, 0, 0, TimeSpan.Zero);

    private readonly Workspace _place = new();
    private FaultShim? _shim;
    private ServerProcess? _server;
    private string? _newest;

    private ServerProcess Server => _server!;

    private string Chains => $"{_place.Destination}/nas/local/a.db";

    public void Dispose()
    {
        _server?.Dispose();
        _shim?.Dispose();
        _place.Dispose();
    }

    [Fact]
    public async Task A_clock_that_is_twenty_days_ahead_for_one_run_deletes_nothing()
    {
        await ThreeWeeksAsync();
        _shim!.Ahead += TimeSpan.FromDays(20);
        Assert.Equal("Completed", await BackUpAsync("Full"));
        Assert.Equal(4, Directory.GetDirectories(Chains).Length);
        await Server.UntilAsync(async () => (await Server.ListAsync("alerts?kind=ClockJumped")).Count == 1, "there is no alert");

        // After the clock is corrected, backups continue, the alert ends, and no young backup is missing.
        _shim.Ahead -= TimeSpan.FromDays(20);
        Assert.Equal("Completed", await BackUpAsync("Incremental"));
        Assert.Equal("Completed", await BackUpAsync("Full"));
        await Server.UntilAsync(
            async () => (await Server.ListAsync("alerts?kind=ClockJumped")).Count == 0,
            "the alert stands",
            () => Server.Output
        );
        Assert.Equal(5, Directory.GetDirectories(Chains).Length);
        await CheckAsync();
    }

    [Fact]
    public async Task A_clock_that_is_twenty_days_behind_for_one_run_deletes_nothing_and_backups_continue()
    {
        await ThreeWeeksAsync();
        _shim!.Ahead -= TimeSpan.FromDays(20);
        Assert.Equal("Completed", await BackUpAsync("Incremental"));
        Assert.Equal("Completed", await BackUpAsync("Full"));
        Assert.Equal(4, Directory.GetDirectories(Chains).Length);
        await CheckAsync();
        _shim.Ahead += TimeSpan.FromDays(20);
        Assert.Equal("Completed", await BackUpAsync("Full"));
        Assert.Equal(5, Directory.GetDirectories(Chains).Length);
        await CheckAsync();
        await Server.UntilAsync(async () => (await Server.ListAsync("alerts")).Count == 0, "alerts stand", () => Server.Output);
        await Server.UntilAsync(
            async () => (await Server.ListAsync("databases"))[0]["state"]!.GetValue<string>() == "Covered",
            "it is not protected"
        );
    }

    // A full backup every week, kept for 14 days; the machine sleeps in between.
    private async Task ThreeWeeksAsync()
    {
        _place.Make("a.db");
        Directory.CreateDirectory(_place.Destination);
        _shim = await FaultShim.CreateAsync(_place.Root, "/none");
        _shim.Ahead = Day - DateTimeOffset.UtcNow;
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination) { Before = _shim.Export };
        await Server.StartAsync();
        await Server.SendAsync(
            HttpMethod.Put,
            "destinations/nas",
            new JsonObject { ["kind"] = "local", ["path"] = $"{_place.Destination}/nas" }
        );
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
                ["retention"] = new JsonObject { ["minimumAgeDays"] = 14 },
            }
        );
        await Server.UntilAsync(async () => (await Server.ListAsync("databases")).Count == 1, "the database is not found");
        foreach (var week in (int[])[0, 1, 2])
        {
            if (week > 0)
            {
                await Server.StopAsync();
                _shim.Ahead += TimeSpan.FromDays(6.5);
                _shim.Asleep += TimeSpan.FromDays(6.5);
                await Server.StartAsync();
            }

            Assert.Equal("Completed", await BackUpAsync("Full"));
        }

        Assert.Equal(3, Directory.GetDirectories(Chains).Length);
    }

    private async Task<string> BackUpAsync(string kind)
    {
        _place.Sql("a.db", "UPDATE t SET v = randomblob(1000) WHERE id = 3");
        var task = (await Server.ListAsync("databases/local%2Fa.db/tasks"))[0]["id"]!.GetValue<string>();
        var begun = await Server.SendAsync(
            HttpMethod.Post,
            $"databases/local%2Fa.db/tasks/{task}/backup",
            new JsonObject { ["kind"] = kind }
        );
        var ended = await Server.EndedAsync(begun!["operationId"]!.GetValue<string>());
        _newest = ended["result"]?["path"]?.GetValue<string>();
        return ended["state"]!.GetValue<string>();
    }

    // All archives are intact, and the last backup has the current contents.
    private async Task CheckAsync()
    {
        await _place.HoldfastAsync(0, "verify", $"{_place.Destination}/nas");
        File.Delete($"{_place.Out}/again.db");
        await _place.HoldfastAsync(0, "restore", $"{_place.Destination}/nas/{_newest}", "--to", $"{_place.Out}/again.db");
        Assert.Equal(_place.SourceContents("a.db"), Workspace.Contents($"{_place.Out}/again.db"));
    }
}
