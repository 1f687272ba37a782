using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Faults;

/// <summary>
/// A destination whose file system no longer responds, such as a network mount without its server: other destinations
/// continue, and the server stays responsive.
/// </summary>
[Trait("Category", "Slow")]
public sealed class FrozenTests : IDisposable
{
    private const int Databases = 12;

    private readonly Workspace _place = new();
    private FaultShim? _shim;
    private ServerProcess? _server;

    private FaultShim Shim => _shim!;

    private ServerProcess Server => _server!;

    public void Dispose()
    {
        _shim?.Clear(); // otherwise the process could not end cleanly
        _server?.Dispose();
        _shim?.Dispose();
        _place.Dispose();
    }

    [Fact]
    public async Task A_frozen_destination_delays_no_other_its_backups_can_be_aborted_and_it_is_used_again_when_it_responds()
    {
        await StartAsync();
        Shim.Set(FaultCalls.All, FaultAction.Freeze);
        var frozen = new List<string>();
        for (var i = 0; i < Databases; i++)
        {
            frozen.Add(await BeginAsync(i, "frozen"));
        }
        await Server.UntilAsync(() => Task.FromResult(Shim.Frozen > 0), "nothing is held");

        // The other destination receives everything meanwhile.
        for (var i = 0; i < Databases; i++)
        {
            Assert.Equal("Completed", State(await Server.EndedAsync(await BeginAsync(i, "good"))));
        }

        // Operations that wait for it can be aborted; those without an answer for too long have failed.
        foreach (var id in frozen)
        {
            await Server.TryAsync(HttpMethod.Post, $"operations/{id}/abort", new JsonObject());
        }
        foreach (var id in frozen)
        {
            var ended = await Server.EndedAsync(id);
            if (State(ended) != "Aborted")
            {
                Assert.Equal(("Failed", "destination-failed"), (State(ended), ended["error"]!["code"]!.GetValue<string>()));
            }
        }

        Shim.Clear();
        await Server.UntilAsync(
            async () => State(await Server.EndedAsync(await BeginAsync(0, "frozen"))) == "Completed",
            "the destination is not used again"
        );
        for (var i = 1; i < Databases; i++)
        {
            Assert.Equal("Completed", State(await Server.EndedAsync(await BeginAsync(i, "frozen"))));
        }
        await Server.UntilAsync(
            () => Task.FromResult(!_place.Leftovers().Any()),
            "something is left",
            () => string.Join(", ", _place.Leftovers())
        );
        foreach (var root in (string[])["frozen", "good"])
        {
            await _place.HoldfastAsync(0, "verify", $"{_place.Destination}/{root}");
        }
    }

    [Fact]
    public async Task A_server_whose_destination_is_frozen_stops_within_its_grace_period()
    {
        await StartAsync(graceSeconds: 3);
        Shim.Set(FaultCalls.All, FaultAction.Freeze);
        for (var i = 0; i < Databases; i++)
        {
            await BeginAsync(i, "frozen");
        }
        await Server.UntilAsync(() => Task.FromResult(Shim.Frozen > 0), "nothing is held");
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(0, await Server.StopAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 3 + 15); // calls that hang in the kernel get a little more time
        Shim.Clear();

        // Requested backups run again.
        await Server.StartAsync();
        await Server.UntilAsync(
            async () => (await Server.ListAsync("databases")).All(d => d["lastBackup"] is not null),
            "what was asked for does not run"
        );
        await Server.QuietAsync();
        await _place.HoldfastAsync(0, "verify", $"{_place.Destination}/frozen");
        Assert.Empty(_place.Leftovers());
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("points")]
    [InlineData("extract", "--to", "x")]
    [InlineData("restore", "--to", "x.db")]
    [InlineData("backup")]
    public async Task A_verb_whose_path_is_frozen_can_be_stopped(string verb, params string[] more)
    {
        _place.Make("a.db");
        await _place.BackupAsync(0, "snapshot", "full");
        _shim = await FaultShim.CreateAsync(_place.Root, _place.Destination);
        Shim.Set(FaultCalls.All, FaultAction.Freeze);
        string[] arguments = verb switch
        {
            "backup" => [verb, "--source", _place.Source, "--to", _place.Destination],
            _ => [verb, _place.Destination, .. more.Select(m => m.StartsWith('-') ? m : $"{_place.Out}/{m}")],
        };
        using var process = Child.Start(
            "bash",
            ["-c", $"{Shim.Export}; exec \"$0\" \"$@\"", Child.Holdfast, .. arguments, "--output", "json"],
            _place.Data
        );
        var ended = await Child.StopAsync(process, "TERM", () => Shim.Frozen > 0);
        ended.CheckStopped(143, "Stopped by");
        Assert.Empty(Directory.GetFileSystemEntries(_place.Out));
    }

    private static string State(JsonNode operation) => operation["state"]!.GetValue<string>();

    private async Task StartAsync(int graceSeconds = 30)
    {
        for (var i = 0; i < Databases; i++)
        {
            _place.Make($"db{i}.db");
        }
        Directory.CreateDirectory(_place.Destination);
        _shim = await FaultShim.CreateAsync(_place.Root, $"{_place.Destination}/frozen");
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination, graceSeconds) { Before = Shim.Export };
        await Server.StartAsync();
        foreach (var name in (string[])["frozen", "good"])
        {
            await Server.SendAsync(
                HttpMethod.Put,
                $"destinations/{name}",
                new JsonObject { ["kind"] = "local", ["path"] = $"{_place.Destination}/{name}" }
            );
            await Server.SendAsync(
                HttpMethod.Put,
                $"server-wide-backups/{name}",
                new JsonObject
                {
                    ["type"] = "Snapshot",
                    ["fullBackup"] = "0 0 29 2 *",
                    ["timeZone"] = "UTC",
                    ["destinations"] = new JsonArray(name),
                }
            );
        }

        await Server.UntilAsync(async () => (await Server.ListAsync("databases")).Count == Databases, "databases are not found");
    }

    private async Task<string> BeginAsync(int number, string template)
    {
        var id = Uri.EscapeDataString($"local/db{number}.db");
        var task = (await Server.ListAsync($"databases/{id}/tasks")).Single(t =>
            t["name"]!.GetValue<string>().EndsWith(template, StringComparison.Ordinal)
        )["id"]!.GetValue<string>();
        return (await Server.SendAsync(HttpMethod.Post, $"databases/{id}/tasks/{task}/backup", new JsonObject { ["kind"] = "Full" }))![
            "operationId"
        ]!.GetValue<string>();
    }
}
