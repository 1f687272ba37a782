using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Faults;

/// <summary>SIGTERM during backups of a thousand databases.</summary>
[Trait("Category", "Slow")]
public sealed class BatchStopTests : IDisposable
{
    private const int Databases = 1000;
    private const int Grace = 2;

    private readonly Workspace _place = new();
    private ServerProcess? _server;

    private ServerProcess Server => _server!;

    public void Dispose()
    {
        _server?.Dispose();
        _place.Dispose();
    }

    [Fact]
    public async Task A_stop_during_a_run_of_1000_databases_keeps_to_its_grace_period_and_everything_requested_runs_after_the_next_start()
    {
        _place.Make("db0000.db", rows: 40);
        for (var i = 1; i < Databases; i++)
        {
            File.Copy($"{_place.Source}/db0000.db", $"{_place.Source}/db{i.ToString("D4", CultureInfo.InvariantCulture)}.db");
        }
        _place.Make("large.db", rows: 18_000, rowBytes: 4000); // large enough to be running at that moment
        Directory.CreateDirectory(_place.Destination);
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination, Grace);
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
                ["timeZone"] = "UTC",
                ["destinations"] = new JsonArray("nas"),
            }
        );
        await Server.UntilAsync(async () => (await CountAsync("Waiting")) == Databases + 1, "databases are not found");
        await Server.SendAsync(HttpMethod.Post, "server-wide-backups/all/backup", new JsonObject { ["kind"] = "Full" });
        await Server.UntilAsync(() => Task.FromResult(_place.Archives().Length > 20), "nothing runs");

        var began = Stopwatch.GetTimestamp();
        Assert.Equal(0, await Server.StopAsync());
        var took = Stopwatch.GetElapsedTime(began);
        var done = _place.Archives().Length;
        TestContext.Current.TestOutputHelper!.WriteLine($"stopped in {took.TotalSeconds:0.0} s, {done} of {Databases + 1} done");
        Assert.True(took < TimeSpan.FromSeconds(Grace + 5), $"it took {took}");
        Assert.True(done < Databases, "it was done before it was stopped");
        Assert.Empty(_place.Leftovers());

        await Server.StartAsync();
        await Server.UntilAsync(
            async () => await CountAsync("Covered") == Databases + 1,
            "not all that was asked for has run",
            () => $"{_place.Archives().Length} archives"
        );
        await Server.QuietAsync();
        Assert.Equal(Databases + 1, _place.Archives().Length); // one per database
        Assert.Empty(await Server.ListAsync("alerts"));
        await _place.HoldfastAsync(0, "verify", $"{_place.Destination}/nas");
    }

    private async Task<int> CountAsync(string state) => (await Server.GetAsync("databases/counts"))["states"]![state]!.GetValue<int>();
}
