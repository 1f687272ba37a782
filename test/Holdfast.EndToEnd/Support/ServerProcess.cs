using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Support;

/// <summary>An answer of the API.</summary>
internal sealed record Answer(HttpStatusCode Status, JsonNode? Body)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public string? Code => Body?["code"]?.GetValue<string>();
}

/// <summary>A real <c>holdfast serve</c> that can be killed and restarted, and a client for it.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _client;
    private readonly string _config;
    private readonly string _tokenFile;
    private readonly string _data;
    private readonly string _temporary;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;

    /// <param name="root">Folder of its configuration and token.</param>
    /// <param name="data">Its data folder.</param>
    /// <param name="source">Folder of the databases; the source is named <c>local</c>.</param>
    /// <param name="backups">Folder below which destinations are allowed.</param>
    /// <param name="graceSeconds">Grace period of a shutdown, in seconds.</param>
    /// <param name="configure">Changes the configuration before it is written.</param>
    public ServerProcess(
        string root,
        string data,
        string source,
        string backups,
        int graceSeconds = 30,
        Action<JsonObject>? configure = null
    )
    {
        (_data, _temporary) = (data, $"{root}/tmp");
        Directory.CreateDirectory(_temporary);
        var token = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        _tokenFile = $"{root}/token";
        using (
            var file = new FileStream(
                _tokenFile,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            )
        )
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(token));
        }
        var port = FreePort();
        _config = $"{root}/holdfast.json";
        var config = new JsonObject
        {
            ["listen"] = $"http://127.0.0.1:{port}",
            ["localRoots"] = new JsonArray(backups),
            ["sources"] = new JsonArray(
                new JsonObject
                {
                    ["name"] = "local",
                    ["engine"] = "sqlite",
                    ["path"] = source,
                    ["spoolFolder"] = _temporary,
                }
            ),
            ["limits"] = new JsonObject { ["discoverySeconds"] = 1, ["graceSeconds"] = graceSeconds },
        };
        configure?.Invoke(config);
        File.WriteAllText(_config, config.ToJsonString());
        _client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(1) })
        {
            BaseAddress = new($"http://127.0.0.1:{port}/api/v1/"),
            Timeout = Patience,
        };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Address of the server.</summary>
    public Uri Address => new(_client.BaseAddress!, "/");

    /// <summary>Folder of its spool files.</summary>
    public string Temporary => _temporary;

    /// <summary>Id of the process.</summary>
    public int Id => _process!.Id;

    /// <summary>Peak resident memory, in bytes.</summary>
    public long PeakResidentBytes =>
        long.Parse(
            File.ReadLines($"/proc/{_process!.Id}/status")
                .Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            System.Globalization.CultureInfo.InvariantCulture
        ) * 1024;

    /// <summary>Its output so far, across restarts.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Shell code that runs before the server, at each start without its own code.</summary>
    public string Before { get; set; } = "true";

    /// <summary>Starts the process without waiting.</summary>
    /// <param name="before">Shell code that runs before the server.</param>
    public void Begin(string? before = null)
    {
        _process?.Dispose();
        _process = Child.Start(
            "bash",
            [
                "-c",
                $"{before ?? Before}; exec \"$0\" \"$@\"",
                Child.Holdfast,
                "serve",
                "--config",
                _config,
                "--data",
                _data,
                "--admin-token-file",
                _tokenFile,
            ],
            _temporary
        );
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts the server and waits until it answers.</summary>
    public async Task StartAsync()
    {
        Begin();
        await AnswersAsync();
    }

    /// <summary>Waits until it answers.</summary>
    public Task AnswersAsync() =>
        UntilAsync(
            async () =>
            {
                Assert.False(_process!.HasExited, $"the server has ended:\n{Output}");
                return (await TryAsync(HttpMethod.Get, "session"))?.IsSuccess == true;
            },
            "the server does not answer"
        );

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>SIGTERM, or <c>INT</c>; returns the exit code.</summary>
    public async Task<int> StopAsync(string signal = "TERM")
    {
        Assert.Equal(0, Signal(_process!.Id, signal == "INT" ? Interrupt : Terminate));
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Sends a request; returns null if the server does not answer.</summary>
    public async Task<Answer?> TryAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            using var answer = await _client.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return new(answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            return null; // a connection that was ended by a kill causes either exception
        }
    }

    /// <summary>Sends a request that must succeed.</summary>
    public async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        var answer = await TryAsync(method, path, body);
        Assert.True(answer is { IsSuccess: true }, $"{method} {path}: {answer}\n{Output}");
        return answer.Body;
    }

    /// <summary>Gets a resource.</summary>
    public async Task<JsonNode> GetAsync(string path) => (await SendAsync(HttpMethod.Get, path))!;

    /// <summary>Gets the items of a list, of its first page.</summary>
    public async Task<List<JsonNode>> ListAsync(string path) => [.. (await GetAsync(path))["items"]!.AsArray().Select(i => i!)];

    /// <summary>Waits for the end of an operation, and returns it.</summary>
    public async Task<JsonNode> EndedAsync(string operation)
    {
        JsonNode? found = null;
        await UntilAsync(
            async () => (found = await GetAsync($"operations/{operation}"))["ended"] is not null,
            $"operation {operation} does not end"
        );
        return found!;
    }

    /// <summary>Waits until no operation is queued or running.</summary>
    public Task QuietAsync() =>
        UntilAsync(
            async () =>
                (await ListAsync("operations?state=Queued&limit=1")).Count + (await ListAsync("operations?state=Running&limit=1")).Count
                == 0,
            "operations do not end"
        );

    /// <summary>Waits for a condition.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo, string what, Func<string>? details = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"{what}: {details?.Invoke()}\n{Output}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
        }
        _process?.Dispose();
        _client.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }
        _output.Enqueue(line);
        if (_output.Count > 500)
        {
            _output.TryDequeue(out _);
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
