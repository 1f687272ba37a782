using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Faults;

/// <summary>File systems of a destination and a source that are missing, disappear, or are replaced while a real server runs.</summary>
[Trait("Category", "Slow")]
public sealed class MountTests : IAsyncLifetime
{
    private const int Databases = 4;

    private readonly Workspace _place = new();
    private readonly List<string> _mounted = [];
    private ServerProcess? _server;

    private ServerProcess Server => _server!;

    private string Nas => $"{_place.Destination}/nas";

    // What is mounted at the destination.
    private string Disk => $"{_place.Root}/disk";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _server?.Dispose();
        foreach (var folder in _mounted)
        {
            await Child.RunAsync("umount", ["-l", folder]);
        }
        _place.Dispose();
    }

    [Fact]
    public async Task A_destination_that_is_not_mounted_at_the_start_receives_nothing_and_is_used_again_when_it_is_back()
    {
        await BindAsync(Disk, Nas);
        await StartAsync();
        await BackedUpAsync("Full", "Completed");
        await Server.StopAsync();
        await Child.ShellAsync($"umount '{Nas}'");
        await Server.StartAsync();
        await RefusedAsync();
        Assert.Empty(Directory.GetFileSystemEntries(Nas));

        await BindAsync(Disk, Nas);
        await BackAsync();
    }

    [Fact]
    public async Task A_disk_that_replaces_a_destination_receives_nothing_and_the_server_continues_when_the_right_one_is_back()
    {
        await BindAsync(Disk, Nas);
        await StartAsync();
        await BackedUpAsync("Full", "Completed");
        await MountAsync(Nas); // mounted over it while the server runs
        await RefusedAsync();
        Assert.Empty(Directory.GetFileSystemEntries(Nas));
        await Child.ShellAsync($"umount '{Nas}'"); // the mount is not busy
        await BackAsync();
    }

    [Fact]
    public async Task A_destination_that_no_backup_uses_can_be_unmounted_while_the_server_runs()
    {
        await BindAsync(Disk, Nas);
        await StartAsync();
        await BackedUpAsync("Full", "Completed");
        await Server.UntilAsync(async () => (await Child.RunAsync("umount", [Nas])).ExitCode == 0, "the mount is busy");
        await RefusedAsync();
        await BindAsync(Disk, Nas);
        await BackAsync();
    }

    [Fact]
    public async Task Databases_of_an_unmounted_source_are_not_dropped_and_backups_continue_when_it_is_back()
    {
        var databases = $"{_place.Root}/databases";
        await BindAsync(databases, _place.Source);
        await StartAsync();
        await BackedUpAsync("Full", "Completed");
        await Server.StopAsync(); // its handles would keep the mount busy
        await Child.ShellAsync($"umount '{_place.Source}'");
        await Server.StartAsync();
        var seen = "";
        await Server.UntilAsync(
            async () =>
            {
                var (states, alerts) = (await StatesAsync(), await Server.ListAsync("alerts"));
                seen = $"{string.Join(' ', states)} {string.Join(' ', alerts.Select(a => a.ToJsonString()))}";
                return states.All(s => s == "Missing") && alerts.Any(a => a["kind"]!.GetValue<string>() == "SourceShrunk");
            },
            "the source is not missed",
            () => seen
        );
        Assert.Equal(Databases, (await StatesAsync()).Count);
        Assert.Empty(Directory.GetFileSystemEntries(_place.Source));

        await BindAsync(databases, _place.Source);
        await Server.UntilAsync(
            async () => (await StatesAsync()).All(s => s == "Covered") && (await Server.ListAsync("alerts")).Count == 0,
            "it does not go on"
        );
        await BackedUpAsync("Incremental", "Completed");
    }

    private static string Name(int number) => $"db{number}.db";

    private async Task StartAsync()
    {
        for (var i = 0; i < Databases; i++)
        {
            _place.Make(Name(i));
        }
        Directory.CreateDirectory(_place.Destination);
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination);
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
        await Server.UntilAsync(async () => (await StatesAsync()).Count == Databases, "databases are not found");
    }

    private async Task BackedUpAsync(string kind, string state)
    {
        foreach (var i in Enumerable.Range(0, Databases))
        {
            _place.Sql(Name(i), "UPDATE t SET v = randomblob(1000) WHERE id = 3");
        }
        for (var i = 0; i < Databases; i++)
        {
            var id = Uri.EscapeDataString($"local/{Name(i)}");
            var task = (await Server.ListAsync($"databases/{id}/tasks"))[0]["id"]!.GetValue<string>();
            var begun = await Server.SendAsync(HttpMethod.Post, $"databases/{id}/tasks/{task}/backup", new JsonObject { ["kind"] = kind });
            var ended = await Server.EndedAsync(begun!["operationId"]!.GetValue<string>());
            Assert.True(ended["state"]!.GetValue<string>() == state, $"{ended.ToJsonString()}\n{Server.Output}");
            if (state == "Failed")
            {
                Assert.Equal("destination-identity", ended["error"]!["code"]!.GetValue<string>());
            }
        }
    }

    private async Task RefusedAsync()
    {
        await BackedUpAsync("Incremental", "Failed");
        await Server.UntilAsync(async () => (await AlertsAsync("DestinationIdentity")).Count == 1, "there is no alert");
        Assert.All(await StatesAsync(), s => Assert.Equal("Failing", s));
    }

    private async Task BackAsync()
    {
        await BackedUpAsync("Incremental", "Completed");
        await Server.UntilAsync(async () => (await Server.ListAsync("alerts")).Count == 0, "alerts stand", () => Server.Output);
        Assert.All(await StatesAsync(), s => Assert.Equal("Covered", s));
        await _place.HoldfastAsync(0, "verify", Nas);
        for (var i = 0; i < Databases; i++)
        {
            var chain = Assert.Single(Directory.GetDirectories($"{Nas}/local/{Name(i)}")); // the earlier chain was continued
            await _place.ComesBackAsync(chain, _place.SourceContents(Name(i)));
        }
    }

    private async Task<List<string>> StatesAsync() =>
        [.. (await Server.ListAsync("databases")).Select(d => d["state"]!.GetValue<string>())];

    private Task<List<JsonNode>> AlertsAsync(string kind) => Server.ListAsync($"alerts?kind={kind}");

    private async Task BindAsync(string disk, string at)
    {
        Directory.CreateDirectory(disk);
        await MountAsync(at, "--bind", disk);
    }

    private Task MountAsync(string at) => MountAsync(at, "-t", "tmpfs", "-o", "size=8m", "tmpfs");

    private async Task MountAsync(string at, params string[] options)
    {
        Directory.CreateDirectory(at);
        var mounted = await Child.RunAsync("mount", [.. options, at]);
        Assert.SkipUnless(mounted.ExitCode == 0, $"nothing can be mounted here: {mounted.Error.Trim()}");
        _mounted.Add(at);
    }
}
