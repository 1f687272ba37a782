using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Core.Encryption;
using Holdfast.EndToEnd.Faults;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.EndToEnd.Upgrade;

/// <summary>Data of earlier releases (see README.md in this folder) is opened by the current code and continues.</summary>
[Trait("Category", "Slow")]
public sealed class UpgradeTests : IDisposable
{
    // Members that contain times, which can change later.
    private static readonly string[] Passing = ["freeBytes", "test", "nextBackup", "responsibleNode", "runningOperation"];

    private readonly Workspace _place = new();
    private FaultShim? _shim;
    private ServerProcess? _server;

    public static TheoryData<string> Versions =>
        [.. Directory.GetFiles(Folder, "*.tar.gz").Select(f => Path.GetFileName(f)[..^7]).Order(StringComparer.Ordinal)];

    public static TheoryData<string, string> Made =>
        [.. from version in Versions from ending in (string[])["stopped", "killed"] select (version.Data, ending)];

    private static string Folder => Path.Combine(RepositoryRoot.Folder, "test", "Holdfast.EndToEnd", "Upgrade");

    private ServerProcess Server => _server!;

    private string Root { get; set; } = "";

    private JsonNode Notes => JsonNode.Parse(File.ReadAllText($"{Root}/made.json"))!;

    private DateTimeOffset MadeAt => Notes["at"]!.GetValue<DateTimeOffset>();

    public void Dispose()
    {
        _server?.Dispose();
        _shim?.Dispose();
        _place.Dispose();
    }

    [Theory]
    [MemberData(nameof(Made))]
    public async Task Data_of_an_earlier_release_continues_without_an_alert(string version, string ending)
    {
        await StartAsync(version, ending, late: TimeSpan.Zero);
        await KeptAsync();
        await GreenAsync();
        foreach (var root in (string[])["nas", "offsite"])
        {
            Assert.True(File.Exists($"{Root}/backups/{root}/.holdfast-destination"), $"{root} was not adopted");
        }

        // Chains are extended as before.
        var before = Archives().ToHashSet(StringComparer.Ordinal);
        Sql("orders.db", "UPDATE t SET v='changed after the upgrade' WHERE id % 50 = 3");
        foreach (var task in await TasksAsync("orders.db"))
        {
            if (task["definition"]!["incrementalBackup"] is null)
            {
                continue;
            }
            var ended = await BackUpAsync("orders.db", task, "Incremental");
            Assert.Equal(
                ("Completed", "Incremental", false),
                (Text(ended, "state"), Text(ended["result"]!, "kind"), ended["result"]!["unchanged"]!.GetValue<bool>())
            );
            Assert.Equal("[]", ended["result"]!["warnings"]!.ToJsonString());
            Assert.Contains(before, a =>
                a.Contains($"/{Path.GetDirectoryName(Text(ended["result"]!, "path"))}/", StringComparison.Ordinal)
            );
        }

        foreach (var task in await TasksAsync("calm.db"))
        {
            Assert.True((await BackUpAsync("calm.db", task, "Incremental"))["result"]!["unchanged"]!.GetValue<bool>());
        }

        // A full backup starts a new chain, and retention deletes no chain that should stay.
        foreach (var task in await TasksAsync("orders.db"))
        {
            Assert.Equal("Completed", Text(await BackUpAsync("orders.db", task, "Full"), "state"));
        }
        await GreenAsync();

        // And again by schedule, on the next two days.
        foreach (var days in (int[])[1, 2])
        {
            await Server.StopAsync();
            _shim!.Ahead = MadeAt.AddDays(days) - DateTimeOffset.UtcNow;
            _shim.Asleep = TimeSpan.FromDays(days);
            await Server.StartAsync();
            await CaughtUpAsync(MadeAt.AddDays(days).AddHours(-2));
            await GreenAsync();
        }

        foreach (var failed in (await Server.ListAsync("operations?limit=1000")).Where(o => Text(o, "state") != "Completed"))
        {
            Assert.Fail(failed.ToJsonString());
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task An_upgrade_after_three_weeks_of_downtime_catches_up_without_an_alert(string version)
    {
        await StartAsync(version, "stopped", late: TimeSpan.FromDays(21));
        await CaughtUpAsync(MadeAt.AddDays(20));
        await GreenAsync(but: "RetentionWaiting"); // after such a gap nothing is deleted without approval
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Every_restore_point_of_an_earlier_release_is_restored_to_the_same_contents(string version)
    {
        await UnpackAsync(version, "killed");
        var points = JsonNode.Parse(await File.ReadAllTextAsync($"{Root}/answers/points.json"))!.AsObject();
        Assert.True(points.Count > 40);
        await Served.SecretAsync($"{Root}/archive.key", Text(Notes, "archiveKey"));
        var databaseKey = Convert.FromHexString(Text(Notes, "databaseKey"));
        await Served.SecretAsync($"{Root}/database.key", Convert.ToBase64String(databaseKey));
        foreach (var key in (string[])["archive", "database"])
        {
            foreach (var root in (string[])["nas", "offsite"])
            {
                await _place.HoldfastAsync(
                    0,
                    "points",
                    $"{Root}/backups/{root}/local/{(key == "archive" ? "orders.db" : "hr.enc.db")}",
                    "--key-file",
                    $"{Root}/{key}.key"
                );
            }
        }
        await _place.HoldfastAsync(
            0,
            "verify",
            $"{Root}/backups/nas",
            "--key-file",
            $"{Root}/archive.key",
            "--key-file",
            $"{Root}/database.key"
        );
        await _place.HoldfastAsync(0, "verify", $"{Root}/backups/offsite");
        foreach (var (path, expected) in points)
        {
            var isEncrypted = path.Contains("/hr.enc.db/", StringComparison.Ordinal);
            // All of the newest days, and every tenth of those before, which covers every kind.
            if (!Soak.IsOn && !path.Contains("2026-11-24", StringComparison.Ordinal) && path.Length % 10 != 0)
            {
                continue;
            }
            if (isEncrypted && !CipherSupport.IsAvailable)
            {
                continue;
            }
            var target = $"{_place.Out}/{Guid.NewGuid():n}.db";
            await _place.HoldfastAsync(
                0,
                "restore",
                $"{Root}/backups/{path}",
                "--to",
                target,
                "--key-file",
                $"{Root}/{(isEncrypted ? "database" : "archive")}.key"
            );
            Assert.True(
                expected!.GetValue<string>() == Rows(target, isEncrypted ? DatabaseKey.FromRaw(databaseKey) : null),
                $"{path} is restored to something else"
            );
        }
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static string Rows(string path, DatabaseKey? key)
    {
        using var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key);
        using var rows = connection.Prepare("SELECT id||':'||v FROM t ORDER BY id");
        var all = new List<string>();
        while (rows.Step())
        {
            all.Add(rows.GetText(0)!);
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', all))));
    }

    private async Task UnpackAsync(string version, string ending)
    {
        await Child.ShellAsync($"tar -xpzf '{Folder}/{version}.tar.gz' -C '{_place.Root}' --no-same-owner {ending}");
        Root = $"{_place.Root}/{ending}";
    }

    private async Task StartAsync(string version, string ending, TimeSpan late)
    {
        await UnpackAsync(version, ending);
        Assert.SkipUnless(CipherSupport.IsAvailable, "SQLite3 Multiple Ciphers is not built, and one of the databases is encrypted");
        _shim = await FaultShim.CreateAsync(_place.Root, "/none");
        _shim.Ahead = MadeAt + late - DateTimeOffset.UtcNow;
        var run = Directory.CreateDirectory($"{_place.Root}/run").FullName;
        _server = new(run, $"{Root}/node", $"{Root}/source", $"{Root}/backups", configure: c =>
            c["sources"]![0]!["encrypted"] = new JsonArray("hr.enc.db")
        )
        {
            // The paths of destinations contain the working folder.
            Before = $"cd '{Root}'; {_shim.Export}",
        };
        await Server.StartAsync();
    }

    private JsonNode Answer(string name) => JsonNode.Parse(File.ReadAllText($"{Root}/answers/{name}.json"))!;

    // All values of the release are the same today.
    private async Task KeptAsync()
    {
        foreach (
            var (name, path) in (IEnumerable<(string, string)>)
                [
                    ("databases", "databases?limit=1000"),
                    ("operations", "operations?limit=1000"),
                    ("destinations", "destinations"),
                    ("server-wide-backups", "server-wide-backups"),
                    ("users", "users"),
                    ("tokens", "tokens"),
                    ("chains", "backups/chains?from=local%2Forders.db"),
                    .. Databases().Select(d => ($"tasks-{d}", $"databases/local%2F{d}/tasks")),
                ]
        )
        {
            Kept(Answer(name), await Server.GetAsync(path), name);
        }
    }

    private IEnumerable<string> Databases() => Answer("databases")["items"]!.AsArray().Select(d => Text(d!, "name"));

    private static void Kept(JsonNode? was, JsonNode? now, string where)
    {
        switch (was)
        {
            case JsonObject fields:
                foreach (var (name, value) in fields.Where(f => !Passing.Contains(f.Key)))
                {
                    Assert.True(now is JsonObject o && (value is null || o.ContainsKey(name)), $"{where}.{name} is gone");
                    Kept(value, now[name], $"{where}.{name}");
                }

                break;
            case JsonArray items:
                Assert.True(now is JsonArray, $"{where} is no list any more");
                foreach (var item in items)
                {
                    // Objects are found by their ids, because current lists can have more.
                    var key = (string[])["id", "name"];
                    var same =
                        item is JsonObject
                            ? now.AsArray()
                                .FirstOrDefault(i =>
                                    key.FirstOrDefault(k => item[k] is not null) is { } k
                                    && i![k]?.ToJsonString() == item[k]!.ToJsonString()
                                )
                            : null;
                    Kept(item, same ?? now.AsArray().ElementAtOrDefault(items.IndexOf(item)), $"{where}[{items.IndexOf(item)}]");
                }

                break;
            default:
                if (was is null)
                {
                    return; // unknown values may be known now
                }
                Assert.True(JsonNode.DeepEquals(was, now), $"{where} was {was.ToJsonString()}, and is {now?.ToJsonString() ?? "gone"}");
                break;
        }
    }

    // No alert, and all existing databases are protected.
    private async Task GreenAsync(string? but = null)
    {
        await Server.QuietAsync();
        List<string> found = [];
        await Server.UntilAsync(
            async () => (found = await NotGreenAsync(but)).Count == 0,
            "something is not green",
            () => string.Join('\n', found)
        );
        await Task.Delay(1500, TestContext.Current.CancellationToken); // discovery and alerts run at least once more
        Assert.Empty(await NotGreenAsync(but));
    }

    private async Task<List<string>> NotGreenAsync(string? but) =>
        [
            .. (await Server.ListAsync("alerts")).Where(a => Text(a, "kind") != but).Select(a => a.ToJsonString()),
            .. (await Server.ListAsync("databases?limit=1000"))
                .Where(d => Text(d, "state") != (Text(d, "name") == "gone.db" ? "Dropped" : "Covered"))
                .Select(d => d.ToJsonString()),
        ];

    private Task CaughtUpAsync(DateTimeOffset since) =>
        Server.UntilAsync(
            async () =>
                (await Server.ListAsync("databases?limit=1000"))
                    .Where(d => d["dropped"] is null)
                    .All(d => d["lastBackup"]?.GetValue<DateTimeOffset>() > since),
            $"not all are backed up since {since.ToString("u", CultureInfo.InvariantCulture)}"
        );

    private Task<List<JsonNode>> TasksAsync(string database) => Server.ListAsync($"databases/local%2F{database}/tasks");

    private async Task<JsonNode> BackUpAsync(string database, JsonNode task, string kind)
    {
        var begun = await Server.SendAsync(
            HttpMethod.Post,
            $"databases/local%2F{database}/tasks/{Text(task, "id")}/backup",
            new JsonObject { ["kind"] = kind }
        );
        return await Server.EndedAsync(Text(begun!, "operationId"));
    }

    private void Sql(string name, string sql)
    {
        using var connection = SqliteConnection.Open($"{Root}/source/{name}", SqliteConstants.OpenReadWrite, null);
        connection.Execute(sql);
    }

    private IEnumerable<string> Archives() =>
        Workspace.Files($"{Root}/backups").Where(f => f.Contains(".tar.zst", StringComparison.Ordinal));
}
