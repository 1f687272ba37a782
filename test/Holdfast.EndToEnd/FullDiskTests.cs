using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary>
/// File systems without space, for a destination and for the state of the server: clear alerts, no incomplete files,
/// and normal operation when there is space again.
/// </summary>
[Trait("Category", "Slow")]
public sealed class FullDiskTests : IAsyncLifetime
{
    private const string Template = "server-wide-backups/all";

    private readonly Workspace _place = new();
    private readonly List<string> _mounted = [];
    private ServerProcess? _server;

    private ServerProcess Server => _server!;

    private string Nas => $"{_place.Destination}/nas";

    private string Data => $"{_place.Root}/node";

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
    public async Task A_full_destination_raises_an_alert_keeps_no_incomplete_file_and_is_used_again_when_there_is_space()
    {
        await MountAsync(Nas, "3m");
        _place.Make("small.db", rows: 20);
        _place.Make("large.db", rows: 6000);
        await StartAsync();
        var failed = await BackUpAsync("large.db");
        Assert.Equal("Failed", failed["state"]!.GetValue<string>());
        Assert.Equal("destination-full", failed["error"]!["code"]!.GetValue<string>());
        Assert.NotNull(failed["error"]!["hint"]);
        Assert.Contains("nas", failed["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await Server.UntilAsync(
            async () =>
                (await AlertsAsync("TaskFailed")).Any(a => a["message"]!.GetValue<string>().Contains("large.db", StringComparison.Ordinal)),
            "there is no alert"
        );
        Assert.DoesNotContain(Workspace.Files(Nas), f => f.EndsWith(".partial", StringComparison.Ordinal));

        // Backups that fit continue, and stored archives are intact.
        Assert.Equal("Completed", (await BackUpAsync("small.db"))["state"]!.GetValue<string>());
        await _place.HoldfastAsync(0, "verify", Nas);

        await Child.ShellAsync($"mount -o remount,size=64m '{Nas}'");
        Assert.Equal("Completed", (await BackUpAsync("large.db"))["state"]!.GetValue<string>());
        await Server.UntilAsync(async () => (await AlertsAsync("TaskFailed")).Count == 0, "the alert stands");
        await _place.HoldfastAsync(0, "verify", Nas);
    }

    [Fact]
    public async Task A_full_state_store_raises_an_alert_rejects_edits_entirely_and_accepts_them_when_there_is_space()
    {
        await MountAsync(Data, "8m");
        _place.Make("small.db", rows: 20);
        await StartAsync();
        var filler = $"{Data}/filler";
        await Child.ShellAsync($"dd if=/dev/zero of='{filler}' bs=4k 2>/dev/null || true");

        // Edits until one no longer fits.
        Answer? refused = null;
        var edit = 0;
        while (edit < 2000 && refused is null)
        {
            var answer = await Server.TryAsync(HttpMethod.Put, Template, Definition(++edit));
            if (answer is { IsSuccess: false })
            {
                refused = answer;
            }
        }

        Assert.Equal(HttpStatusCode.InsufficientStorage, refused!.Status);
        Assert.Equal("state-full", refused.Code);
        Assert.NotNull(refused.Body!["hint"]);
        Assert.Equal($"local/none{edit - 1}", (await Server.GetAsync(Template))["definition"]!["excluded"]![0]!.GetValue<string>());
        var backup = await BackUpAsync("small.db"); // backups continue
        Assert.Equal("Completed", backup["state"]!.GetValue<string>());
        // The catalog is on the same disk, and may have no space either.
        List<JsonNode> alerts = [];
        await Server.UntilAsync(
            async () => (alerts = await AlertsAsync("StateNotWritable")).Any(a => a["key"]!.GetValue<string>() == "state-store"),
            "there is no alert",
            () => string.Join("; ", alerts.Select(a => a.ToJsonString()))
        );
        Assert.NotNull((await AlertsAsync("StateNotWritable"))[0]["hint"]);

        File.Delete(filler);
        await Server.SendAsync(HttpMethod.Put, Template, Definition(9999));
        await Server.UntilAsync(async () => (await AlertsAsync("StateNotWritable")).Count == 0, "the alert stands");
        await Server.KillAsync();
        await Server.StartAsync();
        Assert.Equal("local/none9999", (await Server.GetAsync(Template))["definition"]!["excluded"]![0]!.GetValue<string>());
        var operation = await Server.GetAsync($"operations/{backup["id"]!.GetValue<string>()}");
        Assert.Equal("Completed", operation["state"]!.GetValue<string>()); // stored later than it happened
    }

    private static JsonObject Definition(int number) =>
        new()
        {
            ["type"] = "Snapshot",
            ["fullBackup"] = "0 0 29 2 *",
            ["timeZone"] = "UTC",
            ["destinations"] = new JsonArray("nas"),
            ["excluded"] = new JsonArray($"local/none{number}"),
        };

    private async Task StartAsync()
    {
        Directory.CreateDirectory(_place.Destination);
        _server = new(_place.Root, Data, _place.Source, _place.Destination);
        await Server.StartAsync();
        await Server.SendAsync(HttpMethod.Put, "destinations/nas", new JsonObject { ["kind"] = "local", ["path"] = Nas });
        await Server.SendAsync(HttpMethod.Put, Template, Definition(0));
    }

    private async Task<JsonNode> BackUpAsync(string name)
    {
        var id = Uri.EscapeDataString($"local/{name}");
        var task = (await Server.ListAsync($"databases/{id}/tasks"))[0]["id"]!.GetValue<string>();
        var begun = await Server.SendAsync(HttpMethod.Post, $"databases/{id}/tasks/{task}/backup", new JsonObject { ["kind"] = "Full" });
        return await Server.EndedAsync(begun!["operationId"]!.GetValue<string>());
    }

    private Task<List<JsonNode>> AlertsAsync(string kind) => Server.ListAsync($"alerts?kind={kind}");

    private async Task MountAsync(string folder, string size)
    {
        Directory.CreateDirectory(folder);
        var mounted = await Child.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder]);
        Assert.SkipUnless(mounted.ExitCode == 0, $"a small file system cannot be mounted here: {mounted.Error.Trim()}");
        _mounted.Add(folder);
    }
}
