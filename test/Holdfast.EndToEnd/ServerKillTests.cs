using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary>
/// kill -9 of the server at random moments during backups, retention, restores and edits: everything it acknowledged is
/// stored, and no file is incomplete.
/// </summary>
public sealed class ServerKillTests : IDisposable
{
    private const int Databases = 16;
    private const string Template = "server-wide-backups/all";

    private static readonly int Kills = Soak.IsOn ? 200 : 8;
    private static readonly DateTimeOffset Old = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Workspace _place = new();
    private readonly int _seed = int.TryParse(
        Environment.GetEnvironmentVariable("HOLDFAST_SEED"),
        CultureInfo.InvariantCulture,
        out var given
    )
        ? given
        : Environment.TickCount;
    private readonly ServerProcess _server;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _operations = [];
    private readonly HashSet<string> _archives = [];
    private readonly Dictionary<string, Edit> _edits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _taskIds = new(StringComparer.Ordinal);
    private int _number;

    public ServerKillTests()
    {
        Directory.CreateDirectory(_place.Destination);
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination);
    }

    // The last requested and the last acknowledged edit; null for none.
    private sealed record Edit(string? Asked, string? Acknowledged);

    public void Dispose()
    {
        _server.Dispose();
        _place.Dispose();
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_killed_server_loses_nothing_it_acknowledged_and_leaves_no_incomplete_file()
    {
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"seed {_seed}");
        var random = new Random(_seed);
        for (var i = 0; i < Databases; i++)
        {
            _place.Make(Name(i), rows: 20 + (10 * i), mode: i % 2 == 0 ? "wal" : "delete");
        }
        _place.Make("large.db", rows: 18_000, rowBytes: 4000);
        await _server.StartAsync();
        await _server.SendAsync(
            HttpMethod.Put,
            "destinations/nas",
            new JsonObject { ["kind"] = "local", ["path"] = $"{_place.Destination}/nas" }
        );
        await _server.SendAsync(HttpMethod.Put, Template, Definition("none"));
        await RunAsync("Full");
        foreach (var name in Enumerable.Range(0, Databases).Select(Name).Append("large.db"))
        {
            _taskIds[name] = await TaskOfAsync(name);
        }

        for (var kill = 1; kill <= Kills; kill++)
        {
            PlantOldChains(random);
            await MixUntilKilledAsync(random);
            if (random.Next(4) == 0)
            {
                // Kills it again during its start.
                _server.Begin();
                await Task.Delay(random.Next(1500), TestContext.Current.CancellationToken);
                await _server.KillAsync();
            }

            await CheckAsync($"seed {_seed}, kill {kill}", random);
            if (kill % 10 == 0)
            {
                output.WriteLine($"{kill} kills, {_number} edits, {_operations.Count} operations, {_archives.Count} archives reported");
            }
            if (kill % 5 == 0)
            {
                Prune();
            }
        }
    }

    private static string Name(int number) => $"db{number:D2}.db";

    private static string Id(string name) => Uri.EscapeDataString($"local/{name}");

    private static JsonObject Definition(string mark) =>
        new()
        {
            ["type"] = "Snapshot",
            ["fullBackup"] = "0 0 29 2 *",
            ["incrementalBackup"] = "0 0 29 2 *",
            ["timeZone"] = "UTC",
            ["retention"] = new JsonObject { ["minimumAgeDays"] = 1 },
            ["destinations"] = new JsonArray("nas"),
            ["excluded"] = new JsonArray($"local/{mark}"),
        };

    private async Task<string> TaskOfAsync(string name) =>
        (await _server.ListAsync($"databases/{Id(name)}/tasks")).Single(t => t["name"]!.GetValue<string>() == "Server Wide Backup, all")[
            "id"
        ]!.GetValue<string>();

    private async Task RunAsync(string kind)
    {
        await _server.SendAsync(HttpMethod.Post, $"{Template}/backup", new JsonObject { ["kind"] = kind });
        await _server.QuietAsync();
    }

    // Several workers run in parallel, each with its own seed, until the server no longer answers.
    private async Task MixUntilKilledAsync(Random random)
    {
        Func<Random, Task<bool>>[] deeds =
        [
            BackUpOneAsync,
            EditTemplateAsync,
            EditOthersAsync,
            ChangeDatabasesAsync,
            RestoreAsync,
            BackUpAllAsync,
        ];
        var workers = deeds
            .Select(deed => (Deed: deed, Random: new Random(random.Next())))
            .Select(w =>
                Task.Run(async () =>
                {
                    while (await w.Deed(w.Random))
                    {
                        await Task.Delay(w.Random.Next(60));
                    }
                })
            )
            .ToList();
        await Task.Delay(100 + random.Next(2500), TestContext.Current.CancellationToken);
        await _server.KillAsync();
        await Task.WhenAll(workers);
    }

    private async Task<bool> BackUpOneAsync(Random random)
    {
        var name = random.Next(6) == 0 ? "large.db" : Name(random.Next(Databases));
        var answer = await _server.TryAsync(
            HttpMethod.Post,
            $"databases/{Id(name)}/tasks/{_taskIds[name]}/backup",
            new JsonObject { ["kind"] = random.Next(3) == 0 ? "Full" : "Incremental" }
        );
        if (answer is null)
        {
            return false;
        }
        Assert.True(answer.IsSuccess, $"{answer}");
        var operation = answer.Body!["operationId"]!.GetValue<string>();
        lock (_gate)
        {
            _operations.Add(operation);
        }
        if (random.Next(2) == 0)
        {
            return true;
        }
        while (await _server.TryAsync(HttpMethod.Get, $"operations/{operation}") is { } seen)
        {
            if (seen.Body!["ended"] is null)
            {
                await Task.Delay(10);
                continue;
            }

            // Acknowledged as stored, so it must exist.
            if (seen.Body["result"]?["path"]?.GetValue<string>() is { } path)
            {
                lock (_gate)
                {
                    _archives.Add(path);
                }
            }
            return true;
        }

        return false;
    }

    private async Task<bool> BackUpAllAsync(Random random)
    {
        await Task.Delay(random.Next(1000));
        return await _server.TryAsync(
            HttpMethod.Post,
            $"{Template}/backup",
            new JsonObject { ["kind"] = random.Next(2) == 0 ? "Full" : "Incremental" }
        )
            is not null;
    }

    private async Task<bool> EditTemplateAsync(Random random)
    {
        var mark = $"none-{Interlocked.Increment(ref _number)}";
        return await EditAsync("template", mark, () => _server.TryAsync(HttpMethod.Put, Template, Definition(mark)));
    }

    // Creates, changes and deletes a second template and a destination.
    private async Task<bool> EditOthersAsync(Random random)
    {
        var (what, path) = random.Next(2) == 0 ? ("second", "server-wide-backups/second") : ("destination", "destinations/other");
        if (random.Next(3) == 0)
        {
            return await EditAsync(what, null, async () =>
            {
                var answer = await _server.TryAsync(HttpMethod.Delete, path);
                return answer is { Status: HttpStatusCode.NotFound } ? answer with { Status = HttpStatusCode.NoContent } : answer;
            });
        }
        var mark = $"none-{Interlocked.Increment(ref _number)}";
        var body = what == "second" ? Definition(mark) : new JsonObject { ["kind"] = "local", ["path"] = $"{_place.Destination}/{mark}" };
        if (what == "second")
        {
            body["disabled"] = true;
        }
        return await EditAsync(what, mark, () => _server.TryAsync(HttpMethod.Put, path, body));
    }

    private async Task<bool> EditAsync(string what, string? value, Func<Task<Answer?>> send)
    {
        lock (_gate)
        {
            _edits[what] = (_edits.GetValueOrDefault(what) ?? new(null, null)) with { Asked = value };
        }
        var answer = await send();
        if (answer is null)
        {
            return false;
        }
        Assert.True(answer.IsSuccess, $"{what}: {answer}");
        lock (_gate)
        {
            _edits[what] = new(value, value);
        }
        return true;
    }

    // Changes rows, creates and deletes databases. This needs no server, so other workers notice when it is gone.
    private async Task<bool> ChangeDatabasesAsync(Random random)
    {
        _place.Sql(Name(random.Next(Databases)), $"UPDATE t SET v = randomblob(1000) WHERE id % 7 = {random.Next(7)}");
        if (random.Next(4) == 0)
        {
            _place.Sql("large.db", $"UPDATE t SET v = randomblob(4000) WHERE id % 50 = {random.Next(50)}");
        }
        var extra = $"extra{random.Next(4)}.db";
        if (random.Next(3) == 0)
        {
            File.Delete($"{_place.Source}/{extra}");
        }
        else if (!File.Exists($"{_place.Source}/{extra}"))
        {
            _place.Make(extra);
        }
        return await _server.TryAsync(HttpMethod.Get, "databases?limit=5") is not null;
    }

    private async Task<bool> RestoreAsync(Random random)
    {
        await Task.Delay(random.Next(200));
        var target = $"restored{random.Next(3)}.db";
        File.Delete($"{_place.Source}/{target}");
        return await _server.TryAsync(
            HttpMethod.Post,
            "restores",
            Restore(random.Next(3) == 0 ? "large.db" : Name(random.Next(Databases)), target)
        )
            is not null;
    }

    private async Task CheckAsync(string what, Random random)
    {
        var dead = DateTimeOffset.UtcNow;
        await _server.StartAsync();
        foreach (var operation in await _server.ListAsync("operations?limit=1000"))
        {
            Assert.True(
                operation["ended"] is not null || operation["started"]?.GetValue<DateTimeOffset>() is not { } started || started > dead,
                $"{what}: an operation of the life before goes on: {operation.ToJsonString()}"
            );
        }
        await CheckEditsAsync(what);
        foreach (var (name, id) in _taskIds)
        {
            Assert.True(await TaskOfAsync(name) == id, $"{what}: the task of {name} has another id");
        }
        await RunAsync("Incremental");
        // Operations that were queued when it was killed have run since, with the same id.
        foreach (var operation in _operations)
        {
            Assert.True(
                (await _server.GetAsync($"operations/{operation}"))["ended"] is not null,
                $"{what}: operation {operation} has not ended"
            );
        }
        foreach (
            var failed in (await _server.ListAsync("operations?limit=100")).Where(o =>
                o["state"]!.GetValue<string>() == "Failed"
                && o["error"]!["code"]!.GetValue<string>() is not ("interrupted" or "not-found" or "source-unreadable" or "target-exists")
            )
        )
        {
            Assert.Fail($"{what}: {failed.ToJsonString()}");
        }
        // repeated operations may be running
        await _server.UntilAsync(() => Task.FromResult(!Left().Any()), $"{what}: something is left", () => string.Join(", ", Left()));
        foreach (var path in _archives)
        {
            Assert.True(File.Exists($"{_place.Destination}/nas/{path}"), $"{what}: {path} was acknowledged, and is not there");
        }
        await _server.QuietAsync();
        // This test gives chains older names so that retention deletes them; that mismatch is expected.
        var verified = await _place.HoldfastAsync("verify", $"{_place.Destination}/nas", "--allow-mismatch");
        Assert.True(verified.ExitCode == 0, $"{what}: {verified}");
        await ComesBackAsync(Name(random.Next(Databases)), what);
    }

    // A definition that was not acknowledged can leave a partial identity in a folder that is not a destination; the next
    // definition replaces it.
    private IEnumerable<string> Left() =>
        [
            .. _place
                .Leftovers()
                .Where(f =>
                    !f.EndsWith("/.holdfast-destination.partial", StringComparison.Ordinal) || f.Contains("/nas/", StringComparison.Ordinal)
                ),
            .. EmptyFolders(),
            .. Workspace.Files(_place.Source).Where(f => f.Contains("_holdfast_restore_", StringComparison.Ordinal)),
            .. Workspace.Files(_server.Temporary).Where(f => f.Contains("holdfast-spool-", StringComparison.Ordinal)),
        ];

    private async Task CheckEditsAsync(string what)
    {
        var now = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["template"] = Mark((await _server.TryAsync(HttpMethod.Get, Template))?.Body),
            ["second"] = Mark((await _server.TryAsync(HttpMethod.Get, "server-wide-backups/second"))?.Body),
            ["destination"] = (await _server.TryAsync(HttpMethod.Get, "destinations/other"))
                ?.Body?["path"]?.GetValue<string>()
                .Split('/')[^1],
        };
        foreach (var (name, edit) in _edits)
        {
            Assert.True(
                now[name] == edit.Acknowledged || now[name] == edit.Asked,
                $"{what}: {name} is {now[name] ?? "gone"}; acknowledged was {edit.Acknowledged ?? "its end"}, asked for "
                    + $"{edit.Asked ?? "its end"}"
            );
            _edits[name] = new(now[name], now[name]);
        }

        static string? Mark(JsonNode? view) => view?["definition"]?["excluded"]?[0]?.GetValue<string>()["local/".Length..];
    }

    private async Task ComesBackAsync(string name, string what)
    {
        File.Delete($"{_place.Source}/back.db");
        await _server.UntilAsync(
            async () =>
                await _server.TryAsync(HttpMethod.Post, "restores", Restore(name, "back.db")) is { IsSuccess: true } answer
                && (await _server.EndedAsync(answer.Body!["operationId"]!.GetValue<string>()))["state"]!.GetValue<string>() == "Completed",
            $"{what}: {name} cannot be restored"
        );
        Assert.True(_place.SourceContents("back.db") == _place.SourceContents(name), $"{what}: {name} came back as another");
        File.Delete($"{_place.Source}/back.db");
    }

    private JsonObject Restore(string name, string target)
    {
        var newest = Directory
            .EnumerateFiles($"{_place.Destination}/nas/local/{name}", "*.tar.zst", SearchOption.AllDirectories)
            .Select(Path.GetFileName)
            .Max(StringComparer.Ordinal)!;
        return new()
        {
            ["from"] = $"local/{name}",
            ["point"] = newest.Split('.')[0],
            ["target"] = $"local/{target}",
        };
    }

    // The root of an unused destination may be empty.
    private IEnumerable<string> EmptyFolders() =>
        Directory
            .EnumerateDirectories(_place.Destination)
            .SelectMany(root => Directory.EnumerateDirectories(root, "*", SearchOption.AllDirectories))
            .Where(f => !Directory.EnumerateFileSystemEntries(f).Any());

    // Retention keeps everything for at least a day, so chains are copied under old names, and the next full backup of their
    // database deletes them.
    private void PlantOldChains(Random random)
    {
        for (var i = 0; i < 4; i++)
        {
            var folder = $"{_place.Destination}/nas/local/{Name(random.Next(Databases))}";
            var chain = Directory.GetDirectories(folder).Order(StringComparer.Ordinal).Last();
            var time = Path.GetFileName(chain).Split('.')[0];
            var old = Old.AddSeconds(random.Next(10_000_000)).ToString("yyyy-MM-dd-HH-mm-ss", CultureInfo.InvariantCulture);
            var first = Directory.GetFiles(chain, time + ".*");
            if (first.Length < 2 || Directory.GetDirectories(folder).Length > 3)
            {
                continue;
            }
            var copy = Directory
                .CreateDirectory($"{folder}/{Path.GetFileName(chain).Replace(time, old, StringComparison.Ordinal)}")
                .FullName;
            foreach (var file in first)
            {
                File.Copy(file, $"{copy}/{Path.GetFileName(file).Replace(time, old, StringComparison.Ordinal)}");
            }
        }
    }

    // Deletes old chains to limit disk space and the time of verification.
    private void Prune()
    {
        foreach (var database in Directory.GetDirectories($"{_place.Destination}/nas/local"))
        {
            foreach (var chain in Directory.GetDirectories(database).Order(StringComparer.Ordinal).SkipLast(1))
            {
                Directory.Delete(chain, recursive: true);
            }
        }
        lock (_gate)
        {
            _archives.RemoveWhere(a => !File.Exists($"{_place.Destination}/nas/{a}"));
        }
        lock (_gate)
        {
            _operations.Clear();
        }
    }
}
