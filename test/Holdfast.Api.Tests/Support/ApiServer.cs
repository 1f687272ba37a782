using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Api.Access;
using Holdfast.Api.Tests.Kinds;
using Holdfast.Core.Encryption;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;
using Holdfast.Engines.Sqlite;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Node;
using Holdfast.Node.Discovery;
using Holdfast.Node.Keys;
using Holdfast.Server;
using Holdfast.Server.Configuration;
using Holdfast.State;
using Holdfast.Testing.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Api.Tests;

/// <summary>
/// A complete server with a folder of real SQLite databases, used over HTTP as by a program. Its source is <c>demo</c>,
/// in which <c>*.enc.db</c> are encrypted; its destination is <c>nas</c>. The clock is at 2026-11-25 10:00 UTC, a
/// Wednesday, and only moved by the test.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    public const string AdminToken = "automation-token-0123456789-abcdefghij";
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly HttpClient _client;

    private ApiServer(WebApplication app, string root, FakeTimeProvider time, Gate gate, MemorySource memory)
    {
        (_app, Root, Time, Gate, Memory) = (app, root, time, gate, memory);
        _client = With(AdminToken);
    }

    public Uri Address => new(_app.Urls.Single());

    public string Root { get; }

    public string Source => Path.Combine(Root, "source");

    public string Nas => Path.Combine(Root, "nas");

    public string Data => Path.Combine(Root, "data");

    public FakeTimeProvider Time { get; }

    public Gate Gate { get; }

    /// <summary>Databases of the engine that the product does not have.</summary>
    public MemorySource Memory { get; }

    public TestNode Node => new(Services);

    public IServiceProvider Services => _app.Services;

    public LogLines Log => Services.GetRequiredService<LogLines>();

    /// <summary>Headers and bodies of all answers so far.</summary>
    public ConcurrentQueue<string> Answers { get; } = new();

    /// <summary>Starts a server with databases of these names.</summary>
    public static Task<ApiServer> StartAsync(params string[] databases) =>
        StartAsync(root =>
        {
            foreach (var name in databases)
            {
                Make(root, name);
            }
        });

    /// <summary>Starts a server with the databases that <paramref name="fill"/> creates in the folder of the source.</summary>
    public static async Task<ApiServer> StartAsync(Action<string> fill, IStateStore? state = null)
    {
        var root = Directory.CreateTempSubdirectory("holdfast-api-").FullName;
        fill(Directory.CreateDirectory(Path.Combine(root, "source")).FullName);
        var server = await StartAsync(root, state);
        (await server.PutAsync("destinations/nas", new { kind = "local", path = server.Nas })).Is(HttpStatusCode.Created);
        return server;
    }

    /// <summary>Creates a database with some rows in a folder.</summary>
    public static void Make(string folder, string name, DatabaseKey? key = null, int rows = 40)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite | SqliteConstants.OpenCreate, key);
        connection.Execute("PRAGMA synchronous=off; CREATE TABLE item(id INTEGER PRIMARY KEY, text TEXT, pad BLOB);");
        Insert(connection, rows);
    }

    /// <summary>Adds rows to a database of the source.</summary>
    public void Add(string name, int rows = 5, DatabaseKey? key = null)
    {
        using var connection = SqliteConnection.Open(Path.Combine(Source, name), SqliteConstants.OpenReadWrite, key);
        Insert(connection, rows);
    }

    /// <summary>Number of rows of a database of the source, which must be intact.</summary>
    public long Rows(string name, DatabaseKey? key = null)
    {
        using var connection = SqliteConnection.Open(Path.Combine(Source, name), SqliteConstants.OpenReadWrite, key);
        Assert.Equal("ok", connection.QueryText("PRAGMA integrity_check"));
        return connection.QueryInt64("SELECT count(*) FROM item");
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PutAsync(string path, object body, string? tag = null) => SendAsync(HttpMethod.Put, path, Content(body), tag);

    public Task<Answer> PostAsync(string path, object? body = null) =>
        SendAsync(HttpMethod.Post, path, body is null ? null : Content(body));

    public Task<Answer> DeleteAsync(string path, string? tag = null) => SendAsync(HttpMethod.Delete, path, null, tag);

    public async Task<Answer> SendAsync(
        HttpMethod method,
        string path,
        HttpContent? content = null,
        string? tag = null,
        HttpClient? client = null
    )
    {
        using var request = new HttpRequestMessage(method, "/api/v1/" + path) { Content = content };
        if (tag == "*")
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        }
        else if (tag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        }
        using var response = await (client ?? _client).SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Answers.Enqueue($"{response.Headers}{response.Content.Headers}{text}");
        return new(response.StatusCode, text, response.Headers.ETag?.Tag);
    }

    public HttpClient With(string token)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new(_app.Urls.Single()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async Task<HttpClient> WithRoleAsync(Role role) =>
        With(
            (string)
                (await PostAsync("tokens", new { name = $"test {role}", role = role.ToString() })).Json(HttpStatusCode.Created)["token"]!
        );

    /// <summary>A definition of a server-wide task: a full backup on Sundays, an incremental backup each night at 02:00.</summary>
    public static JsonObject Template(string type = "Snapshot", params ReadOnlySpan<(string Name, JsonNode? Value)> more)
    {
        var template = new JsonObject
        {
            ["type"] = type,
            ["fullBackup"] = "0 2 * * 0",
            ["incrementalBackup"] = "0 2 * * *",
            ["timeZone"] = "UTC",
            ["destinations"] = new JsonArray("nas"),
        };
        foreach (var (name, value) in more)
        {
            template[name] = value?.DeepClone();
        }
        return template;
    }

    public async Task<Answer> PutTemplateAsync(string name, JsonObject? template = null, string? tag = null) =>
        await PutAsync($"server-wide-backups/{Uri.EscapeDataString(name)}", template ?? Template(), tag);

    /// <summary>Path of a database of the source.</summary>
    public static string Database(string name) => $"databases/{Uri.EscapeDataString($"demo/{name}")}";

    /// <summary>The tasks of a database.</summary>
    public async Task<List<JsonNode>> TasksAsync(string name) => Items((await GetAsync($"{Database(name)}/tasks")).Json());

    /// <summary>The only task of a database.</summary>
    public async Task<JsonNode> TaskAsync(string name) => Assert.Single(await TasksAsync(name));

    public static List<JsonNode> Items(JsonNode page) => [.. page["items"]!.AsArray().Select(i => i!)];

    /// <summary>Discovers databases now.</summary>
    public async Task DiscoverAsync() => (await PostAsync("sources/demo/discover")).Json();

    /// <summary>Backs up a database by its only task or by the given one, and returns the ended operation.</summary>
    public async Task<JsonNode> BackUpAsync(string name, string kind = "Full", string? task = null) =>
        await EndedAsync(await PostAsync($"{Database(name)}/tasks/{task ?? (string)(await TaskAsync(name))["id"]!}/backup", new { kind }));

    /// <summary>Backs up a database, asserts success, and returns the result.</summary>
    public async Task<JsonNode> BackedUpAsync(string name, string kind = "Full", string? task = null) =>
        Completed(await BackUpAsync(name, kind, task));

    public async Task<JsonNode> RestoreAsync(object ask) => await EndedAsync(await PostAsync("restores", ask));

    public async Task<JsonNode> RestoredAsync(object ask) => Completed(await RestoreAsync(ask));

    public static JsonNode Completed(JsonNode operation)
    {
        Assert.True((string)operation["state"]! == "Completed", operation.ToJsonString());
        return operation["result"]!;
    }

    /// <summary>Waits for the operation that an answer names, and returns it.</summary>
    public async Task<JsonNode> EndedAsync(Answer accepted) =>
        await EndedAsync((string)accepted.Json(HttpStatusCode.Accepted)["operationId"]!);

    public async Task<JsonNode> EndedAsync(string id)
    {
        if (Node.Operations.FindRunning(id) is { } live)
        {
            await live.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        return (await GetAsync($"operations/{id}")).Json();
    }

    /// <summary>Moves the clock.</summary>
    public void To(string time) => Time.SetUtcNow(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Waits for a condition, because the server works in the background.</summary>
    public async Task UntilAsync(Func<bool> isSo)
    {
        var started = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"It did not come to that: {string.Join("\n", Node.Operations.All)}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until a database has had this many backups and no operation is running.</summary>
    public Task BackupsAsync(string name, int count) =>
        UntilAsync(() =>
            Node.Operations.All.Count(o => o.Database?.Name == name && o.HasEnded) == count
            && !Node.Operations.Running.Any()
            && Node.Queue.Running == 0
        );

    /// <summary>Archives of a database at the destination, in order of their paths.</summary>
    public IReadOnlyList<string> Archives(string name) =>
        Directory.Exists(Path.Combine(Nas, "demo", name))
            ?
            [
                .. Directory
                    .GetFiles(Path.Combine(Nas, "demo", name), "*.tar.zst*", SearchOption.AllDirectories)
                    .Select(f => Path.GetRelativePath(Nas, f))
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    /// <summary>Stops the server and starts another one on the same folders.</summary>
    public async Task<ApiServer> RestartAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        return await StartAsync(Root, null, Time);
    }

    public async ValueTask DisposeAsync()
    {
        Gate.Open();
        _client.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    private static HttpContent Content(object body) =>
        body switch
        {
            HttpContent content => content,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            JsonNode node => new StringContent(node.ToJsonString(), Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };

    private static void Insert(SqliteConnection connection, int rows) =>
        connection.Execute(
            $"WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<{rows}) INSERT INTO item(text, pad) SELECT "
                + "'row ' || i, randomblob(400) FROM s;"
        );

    private static async Task<ApiServer> StartAsync(string root, IStateStore? state, FakeTimeProvider? time = null)
    {
        time ??= new FakeTimeProvider(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
        var tokenFile = Path.Combine(root, "admin-token");
        await File.WriteAllTextAsync(tokenFile, AdminToken + "\n");
        File.SetUnixFileMode(tokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var config = new ServerConfig
        {
            Listen = "http://127.0.0.1:0",
            LocalRoots = [root],
            Limits = new() { GraceSeconds = 0, NoProgressMinutes = 10_080 },
        };
        var engine = new SqliteEngine(time);
        var gate = new Gate(
            engine.Attach(
                new SqliteSourceConfig
                {
                    Name = "demo",
                    Path = Path.Combine(root, "source"),
                    Encrypted = ["*.enc.db"],
                }
            )
        );
        var memory = new MemoryEngineFactory(time);
        var app = HoldfastServer.Build(
            new()
            {
                Config = config,
                Engines = [new SqliteEngineFactory(time), memory],
                Destinations = [new LocalDestinationFactory([root]), new BucketFactory(root)],
                DataFolder = Path.Combine(root, "data"),
                AdminTokenFile = tokenFile,
                Time = time,
            },
            builder =>
            {
                builder.Services.Configure<PasswordHasherOptions>(o => o.IterationCount = 1000);
                var log = new LogLines();
                builder.Services.AddSingleton(log);
                builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
                if (state is not null)
                {
                    builder.Services.AddSingleton(state);
                }
                var registered = builder.Services.Last(s => s.ServiceType == typeof(NodeSettings)).ImplementationFactory!;
                builder.Services.AddSingleton(services => new NodeSettings
                {
                    Tag = "A",
                    Key = NodeKey.LoadOrCreate(Path.Combine(root, "data", "node.key"), time),
                    CatalogFile = Path.Combine(root, "data", "catalog.db"),
                    DestinationFactories = [.. services.GetServices<DestinationFactory>()],
                    AttachedSourceFactory = ((NodeSettings)registered(services)).AttachedSourceFactory,
                    Zone = TimeZoneInfo.Utc,
                    ShutdownGrace = TimeSpan.Zero,
                });
                builder.Services.AddSingleton(new ConfiguredSources([new(engine.Name, gate, CanSnapshot: true)]));
            }
        );
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app, root, time, gate, memory.Source);
    }
}
