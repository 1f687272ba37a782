using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary>Notifications of a service manager, and the effect of a shutdown on running backups.</summary>
[Trait("Category", "Slow")]
public sealed class ServiceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Workspace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task A_service_manager_is_notified_when_the_server_is_ready_and_when_it_stops()
    {
        _place.Make("one.db");
        Directory.CreateDirectory(_place.Destination);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint($"{_place.Root}/notify"));
        using var server = new ServerProcess(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination);
        server.Begin($"export NOTIFY_SOCKET='{_place.Root}/notify' SYSTEMD_EXEC_PID=$$");
        Assert.Contains("READY=1", await NextAsync(socket), StringComparison.Ordinal);
        Assert.True((await server.TryAsync(HttpMethod.Get, "session"))?.IsSuccess, "it reported that it is ready, but does not answer");
        Assert.Equal(0, await server.StopAsync());
        Assert.Contains("STOPPING=1", await NextAsync(socket), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_longer_than_the_grace_period_is_interrupted_and_runs_again_after_the_next_start()
    {
        _place.Make("large.db", rows: 60_000, rowBytes: 4000);
        Directory.CreateDirectory(_place.Destination);
        using var server = new ServerProcess(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination, graceSeconds: 0);
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
        var begun = (await server.SendAsync(HttpMethod.Post, "server-wide-backups/all/backup"))!["operationIds"]![0]!.GetValue<string>();
        await server.UntilAsync(
            async () => (await server.GetAsync($"operations/{begun}"))["state"]!.GetValue<string>() != "Queued",
            "the backup does not begin"
        );
        Assert.Equal(0, await server.StopAsync());
        Assert.Empty(_place.Leftovers());

        await server.StartAsync();
        // it runs again automatically, as the same operation
        Assert.Equal("Completed", (await server.EndedAsync(begun))["state"]!.GetValue<string>());
        Assert.Single(await server.ListAsync("operations"));
        await _place.HoldfastAsync(0, "verify", $"{_place.Destination}/nas");
    }

    private static async Task<string> NextAsync(Socket socket)
    {
        var buffer = new byte[1024];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
    }
}
