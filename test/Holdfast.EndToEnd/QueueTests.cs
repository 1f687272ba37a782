using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary>The queue of a real server: the effect of a stop, and a hundred concurrent restores.</summary>
[Trait("Category", "Slow")]
public sealed class QueueTests : IDisposable
{
    private const int Databases = 1000;

    private readonly Workspace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task A_stop_with_a_full_queue_ends_in_time_leaves_no_partial_file_and_everything_requested_runs_after_the_next_start()
    {
        const int Grace = 1;
        for (var i = 0; i < Databases; i++)
        {
            _place.Make($"db{i}.db", rows: 5, rowBytes: 100);
        }
        using var server = await StartAsync(Grace);
        var asked = (await server.SendAsync(HttpMethod.Post, "server-wide-backups/all/backup"))!["operationIds"]!
            .AsArray()
            .Select(i => i!.GetValue<string>())
            .ToList();
        Assert.Equal(Databases, asked.Count);
        await server.UntilAsync(
            async () => (await server.ListAsync("operations?state=Completed&limit=20")).Count > 10,
            "no backup completes"
        );
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(0, await server.StopAsync());
        var took = Stopwatch.GetElapsedTime(started);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(Grace + 5));
        Assert.Empty(_place.Leftovers());
        var before = _place.Archives().Length;
        Assert.InRange(before, 10, Databases - 1);

        await server.StartAsync();
        await server.QuietAsync();
        Assert.Equal(Databases, (await server.ListAsync("operations?state=Completed&limit=1000")).Count);
        foreach (var id in asked.Where((_, i) => i % 100 == 0))
        {
            Assert.Equal("Completed", (await server.GetAsync($"operations/{id}"))["state"]!.GetValue<string>());
        }
        Assert.Equal(Databases, _place.Archives().Length);
        Assert.Empty(_place.Leftovers());
        TestContext.Current.TestOutputHelper?.WriteLine($"stopped after {took.TotalSeconds:0.0} s with {before} of {Databases} done");
    }

    [Fact]
    public async Task A_hundred_concurrent_restores_keep_to_the_limits_and_to_300_MiB()
    {
        _place.Make("large.db", rows: 1_000, rowBytes: 4000); // it is written and flushed 100 times
        using var server = await StartAsync(grace: 30);
        var backup = (await server.SendAsync(HttpMethod.Post, "server-wide-backups/all/backup"))!["operationIds"]![0]!.GetValue<string>();
        Assert.Equal("Completed", (await server.EndedAsync(backup))["state"]!.GetValue<string>());
        await Task.WhenAll(
            Enumerable
                .Range(0, 100)
                .Select(i =>
                    server.SendAsync(
                        HttpMethod.Post,
                        "restores",
                        new JsonObject { ["from"] = "local/large.db", ["target"] = $"local/new{i}.db" }
                    )
                )
        );
        var most = 0;
        await server.UntilAsync(
            async () =>
            {
                var counts = await server.ListAsync("operations?kind=Restore&state=Running&limit=100");
                most = Math.Max(most, counts.Count);
                Assert.Empty(await server.ListAsync("operations?kind=Restore&state=Failed&limit=100"));
                return (await server.ListAsync("operations?kind=Restore&state=Completed&limit=100")).Count == 100;
            },
            "restores do not end"
        );
        Assert.InRange(most, 1, 3);
        Assert.InRange(server.PeakResidentBytes, 1, 300L << 20);
        TestContext.Current.TestOutputHelper?.WriteLine($"at most {most} at once, {server.PeakResidentBytes >> 20} MiB");
        Assert.Equal(_place.SourceContents("large.db"), _place.SourceContents("new99.db"));
    }

    private async Task<ServerProcess> StartAsync(int grace)
    {
        Directory.CreateDirectory(_place.Destination);
        var server = new ServerProcess(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination, grace);
        await server.StartAsync();
        await server.SendAsync(
            HttpMethod.Put,
            "destinations/nas",
            new JsonObject { ["kind"] = "local", ["path"] = $"{_place.Destination}/nas" }
        );
        await server.SendAsync(
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
        return server;
    }
}
