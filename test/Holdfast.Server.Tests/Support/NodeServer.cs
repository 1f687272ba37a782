using System.Net;
using System.Net.Http.Json;
using Holdfast.Engines.Sqlite;
using Holdfast.Server.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;

namespace Holdfast.Server.Tests.Support;

/// <summary>A server with a source of SQLite databases and a folder for backups.</summary>
internal sealed class NodeServer : IAsyncDisposable
{
    private readonly string _folder;

    private NodeServer(TestServer server, string folder) => (Server, _folder) = (server, folder);

    public TestServer Server { get; private set; }

    public string Source => $"{_folder}/source";

    public string Backups => $"{_folder}/backups";

    public static async Task<NodeServer> StartAsync(
        TimeProvider? time = null,
        AddressConfig? webhook = null,
        AddressConfig? heartbeat = null,
        Action<WebApplicationBuilder>? more = null,
        params string[] databases
    )
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-node-").FullName;
        Directory.CreateDirectory($"{folder}/source");
        Directory.CreateDirectory($"{folder}/backups");
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(
            typeof(State.Embedded.EmbeddedStateStore).Assembly.GetType("Holdfast.State.Embedded.StateFile")!.TypeHandle
        ); // loads the library
        foreach (var name in databases)
        {
            Create($"{folder}/source/{name}");
        }
        return new(
            await TestServer.StartAsync(
                time,
                folder,
                more: more,
                config: Config(folder, "demo") with
                {
                    Webhook = webhook,
                    Heartbeat = heartbeat,
                }
            ),
            folder
        );
    }

    /// <summary>Restarts the server on its stored state, with its source under another name, or without a source for null.</summary>
    public async Task RestartAsync(string? source)
    {
        await Server.DisposeAsync();
        Server = await TestServer.StartAsync(null, _folder, config: Config(_folder, source));
    }

    private static ServerConfig Config(string folder, string? source) =>
        new()
        {
            Listen = "http://127.0.0.1:0",
            LocalRoots = [$"{folder}/backups"],
            Sources = source is null ? [] : [new("sqlite", new SqliteSourceConfig { Name = source, Path = $"{folder}/source" })],
        };

    /// <summary>Creates a database.</summary>
    public static void Create(string path)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "create table t(x); insert into t values (1)";
        command.ExecuteNonQuery();
    }

    /// <summary>Creates the destination <c>nas</c> and a template for every database.</summary>
    public async Task CoverAsync(HttpClient client, string name = "nightly", object? retention = null)
    {
        Assert.Equal(
            HttpStatusCode.Created,
            (await client.PutAsJsonAsync("/api/v1/destinations/nas", new { kind = "local", path = $"{Backups}/nas" })).StatusCode
        );
        var answer = await client.PutAsJsonAsync(
            $"/api/v1/server-wide-backups/{Uri.EscapeDataString(name)}",
            new
            {
                type = "Snapshot",
                fullBackup = "30 3 1 1 *",
                timeZone = "UTC",
                destinations = new[] { "nas" },
                retention,
            }
        );
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Backs up a database and waits for the end.</summary>
    public static async Task<string> BackUpAsync(HttpClient client, string id)
    {
        var path = $"/api/v1/databases/{Uri.EscapeDataString(id)}/tasks";
        var task = (string)(await TestServer.JsonAsync(client.GetAsync(path)))["items"]![0]!["id"]!;
        var operation = (string)
            (await TestServer.JsonAsync(client.PostAsJsonAsync($"{path}/{task}/backup", new { kind = "Full" }), HttpStatusCode.Accepted))[
                "operationId"
            ]!;
        await UntilAsync(async () =>
            (string)(await TestServer.JsonAsync(client.GetAsync($"/api/v1/operations/{operation}")))["state"]!
                is not ("Queued" or "Running")
        );
        return task;
    }

    /// <summary>Waits for a condition, because the server works in the background.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo, Action? meanwhile = null)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60), "It did not come to that.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
            meanwhile?.Invoke();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
