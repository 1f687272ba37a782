using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Support;

/// <summary>
/// A workspace that <c>holdfast serve</c> serves as the source <c>demo</c> on its own port, with the command as its
/// client.
/// </summary>
internal sealed class Served : IAsyncDisposable
{
    private readonly Process _server;
    private readonly List<string> _log = [];

    private Served(Workspace place, Process server) => (Place, _server) = (place, server);

    public Workspace Place { get; }

    /// <summary>Address of the server.</summary>
    public string Address { get; private set; } = "";

    /// <summary>File with the token of the administrator.</summary>
    public string TokenFile => $"{Place.Root}/token";

    /// <summary>The token itself, which must be in no output.</summary>
    public const string Token = "the-token-of-these-tests-1234567890";

    /// <summary>Data folder of the server.</summary>
    public string ServerData => $"{Place.Root}/server";

    /// <summary>The log of the server.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    /// <summary>Starts a server after the databases of the source were created.</summary>
    public static async Task<Served> StartAsync(Action<Workspace>? prepare = null)
    {
        var place = new Workspace();
        (
            prepare
            ?? (
                p =>
                {
                    p.Make("a.db");
                    p.Make("b.db");
                }
            )
        )(place);
        Directory.CreateDirectory(place.Destination);
        await SecretAsync($"{place.Root}/token", Token);
        await File.WriteAllTextAsync(
            $"{place.Root}/holdfast.json",
            $$"""
            {
              "listen": "http://127.0.0.1:0",
              "localRoots": ["{{place.Destination}}"],
              "sources": [{ "name": "demo", "engine": "sqlite", "path": "{{place.Source}}", "encrypted": ["*.enc.db"] }]
            }
            """
        );
        var server = Child.Start(
            Child.Holdfast,
            [
                "serve",
                "--config",
                $"{place.Root}/holdfast.json",
                "--data",
                $"{place.Root}/server",
                "--admin-token-file",
                $"{place.Root}/token",
            ],
            data: place.Data
        );
        var served = new Served(place, server);
        _ = served.KeepAsync(server.StandardError);
        for (
            var line = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            ;
            line = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
        )
        {
            served.Keep(line ?? throw new InvalidOperationException($"The server ended: {served.Log}"));
            if (line.Split("Now listening on: ") is not [_, var address])
            {
                continue;
            }
            served.Address = address.Trim();
            _ = served.KeepAsync(server.StandardOutput);
            return served;
        }
    }

    /// <summary>Writes a file of mode 0600.</summary>
    public static async Task SecretAsync(string path, string text)
    {
        await File.WriteAllTextAsync(path, text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Runs the command with this server, as its administrator.</summary>
    public async Task<Ended> RunAsync(int exitCode, params string[] arguments)
    {
        var ended = await Place.HoldfastAsync(exitCode, [.. arguments, "--server", Address, "--token-file", TokenFile]);
        Assert.DoesNotContain(Token, ended.Output + ended.Error, StringComparison.Ordinal);
        return ended;
    }

    /// <summary>Runs the command with JSON output, which is one document.</summary>
    public async Task<JsonNode> JsonAsync(int exitCode, params string[] arguments) =>
        (await RunAsync(exitCode, [.. arguments, "--output", "json"])).Json;

    /// <summary>Writes a file for <c>-f</c>.</summary>
    public async Task<string> FileAsync(string name, JsonNode document)
    {
        var path = $"{Place.Root}/{name}";
        await File.WriteAllTextAsync(path, document.ToJsonString());
        return path;
    }

    /// <summary>Creates a destination <c>nas</c> and a template <c>nightly</c> that uses it.</summary>
    public async Task SetUpAsync(JsonObject? encryption = null)
    {
        await RunAsync(0, "destination", "put", "nas", "--path", $"{Place.Destination}/nas");
        await RunAsync(0, "server-wide", "put", "nightly", "-f", await FileAsync("nightly.json", Template(encryption)));
    }

    public static JsonObject Template(JsonObject? encryption = null) =>
        new()
        {
            ["type"] = "Snapshot",
            ["fullBackup"] = "0 2 * * 0",
            ["incrementalBackup"] = "0 2 * * *",
            ["destinations"] = new JsonArray("nas"),
            ["encryption"] = encryption,
        };

    public async ValueTask DisposeAsync()
    {
        await Child.RunAsync("kill", ["-TERM", $"{_server.Id}"]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await _server.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _server.Kill(entireProcessTree: true);
        }

        _server.Dispose();
        Place.Dispose();
    }

    private void Keep(string line)
    {
        lock (_log)
        {
            _log.Add(line);
        }
    }

    private async Task KeepAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            Keep(line);
        }
    }
}
