using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Faults;

/// <summary>
/// The n-th write, flush or rename of a real process fails, or the process is killed at it, for each n: the result is
/// correct or a clear error, no incomplete file has a final name, nothing is reported as done that is not stored, and
/// the next run recovers. By default a seeded subset of all n.
/// </summary>
[Trait("Category", "Slow")]
public sealed class CallFaultTests : IDisposable
{
    private const int Sampled = 2;
    private static readonly int[] Errors = [FaultShim.InputOutputError, FaultShim.NoSpace, FaultShim.QuotaExceeded];

    private readonly Workspace _place = new();
    private readonly int _seed = Environment.TickCount & 0xffffff;
    private FaultShim? _shim;
    private ServerProcess? _server;

    /// <summary>The kinds of calls that fail.</summary>
    public static TheoryData<string> Kinds => [nameof(FaultCalls.Write), nameof(FaultCalls.Sync), nameof(FaultCalls.Rename)];

    private FaultShim Shim => _shim!;

    private ServerProcess Server => _server!;

    public void Dispose()
    {
        _server?.Dispose();
        _shim?.Dispose();
        _place.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_backup_whose_nth_call_fails_is_correct_or_reports_it_and_the_next_one_recovers(string kind)
    {
        await BeginAsync();
        var (calls, clean) = (Enum.Parse<FaultCalls>(kind), $"{_place.Root}/clean");
        await BackUpAsync("full");
        Directory.Move(_place.Destination, clean);
        Shim.Clear();
        await BackUpAsync("full"); // counts calls
        var total = Shim.Count(calls);
        Assert.True(total > 2, $"only {total} calls of {kind} are seen");
        foreach (var (n, killed) in Chosen(total))
        {
            var what = $"seed {_seed}, {kind} {n} of {total}, {(killed ? "killed" : "fails")}";
            Directory.Delete(_place.Destination, recursive: true);
            Directory.CreateDirectory(_place.Destination);
            await Child.ShellAsync($"cp -a '{clean}/.' '{_place.Destination}'");
            Shim.Set(calls, killed ? FaultAction.Kill : FaultAction.Fail, first: n, times: 1, error: Errors[n % Errors.Length]);
            var ended = await BackUpAsync("full");
            if (!killed)
            {
                Clear(ended, Shim.Hit, what);
            }
            Shim.Clear();
            await WholeAsync(what);
            if (!killed)
            {
                foreach (var done in Items(ended).Where(i => i["path"] is not null && i["state"]!.GetValue<string>() == "Completed"))
                {
                    Assert.True(
                        File.Exists($"{_place.Destination}/{done["path"]!.GetValue<string>()}"),
                        $"{what}: {done.ToJsonString()} is not there"
                    );
                }
            }

            // The next run recovers.
            var next = await BackUpAsync("incremental");
            Assert.True(next.ExitCode == 0, $"{what}: the next run: {next}");
            Assert.False(_place.Leftovers().Any(), $"{what}: left are {string.Join(", ", _place.Leftovers())}");
            await WholeAsync(what);
            foreach (var name in (string[])["a.db", "b.db"])
            {
                await _place.ComesBackAsync(_place.Chains(name)[^1], _place.SourceContents(name));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_restore_whose_nth_call_fails_creates_no_database_or_the_right_one(string kind)
    {
        await BeginAsync();
        var calls = Enum.Parse<FaultCalls>(kind);
        await BackUpAsync("full");
        var (chain, expected, folder) = (
            _place.Chains("b.db")[^1],
            _place.SourceContents("b.db"),
            Directory.CreateDirectory($"{_place.Out}/new").FullName
        );
        Shim.Clear();
        Assert.Equal(0, (await RunAsync("restore", chain, "--to", $"{folder}/b.db")).ExitCode);
        var total = Shim.Count(calls);
        Assert.True(total > 0, $"no calls of {kind} are seen");
        File.Delete($"{folder}/b.db");
        foreach (var (n, killed) in Chosen(total))
        {
            var what = $"seed {_seed}, {kind} {n} of {total}, {(killed ? "killed" : "fails")}";
            Shim.Set(calls, killed ? FaultAction.Kill : FaultAction.Fail, first: n, times: 1, error: Errors[n % Errors.Length]);
            var ended = await RunAsync("restore", chain, "--to", $"{folder}/b.db", "--output", "json");
            if (!killed)
            {
                Clear(ended, Shim.Hit, what);
            }
            Shim.Clear();
            if (File.Exists($"{folder}/b.db"))
            {
                Assert.True(expected == Workspace.Contents($"{folder}/b.db"), $"{what}: another database");
            }
            else
            {
                Assert.True(ended.ExitCode != 0, $"{what}: reported, and not there");
            }
            if (!killed && ended.ExitCode != 0)
            {
                Assert.DoesNotContain(Directory.GetFiles(folder), f => f != $"{folder}/b.db");
            }
            File.Delete($"{folder}/b.db");
            Assert.Equal(0, (await RunAsync("restore", chain, "--to", $"{folder}/b.db")).ExitCode);
            Assert.Equal([$"{folder}/b.db"], Directory.GetFiles(folder));
            File.Delete($"{folder}/b.db");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_server_whose_nth_call_fails_continues_and_keeps_what_it_acknowledged(string kind)
    {
        await BeginAsync();
        var calls = Enum.Parse<FaultCalls>(kind);
        Directory.CreateDirectory(_place.Destination);
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination) { Before = Shim.Export };
        await Server.StartAsync();
        await Server.SendAsync(
            HttpMethod.Put,
            "destinations/nas",
            new JsonObject { ["kind"] = "local", ["path"] = $"{_place.Destination}/nas" }
        );
        await Server.SendAsync(HttpMethod.Put, "server-wide-backups/all", Template(0));
        Assert.Equal(2, await DayAsync(1));
        Shim.Clear();
        await DayAsync(2);
        var total = Shim.Count(calls);
        Assert.True(total > 0, $"no calls of {kind} are seen");
        var edit = 2;
        foreach (var (n, killed) in Chosen(total))
        {
            var what = $"seed {_seed}, {kind} {n} of {total}, {(killed ? "killed" : "fails")}";
            Shim.Set(calls, killed ? FaultAction.Kill : FaultAction.Fail, first: n, times: 1, error: Errors[n % Errors.Length]);
            await DayAsync(++edit);
            Shim.Clear();
            if (killed)
            {
                await Server.KillAsync(); // if there were fewer calls this time
                await Server.StartAsync();
            }

            Assert.Equal(2, await DayAsync(++edit));
            await Server.UntilAsync(
                async () => (await Server.ListAsync("alerts")).Count == 0,
                $"{what}: alerts stand",
                () => Server.Output
            );
            await Server.KillAsync();
            await Server.StartAsync();
            Assert.Equal(
                $"local/none{edit}",
                (await Server.GetAsync("server-wide-backups/all"))["definition"]!["excluded"]![0]!.GetValue<string>()
            );
            await Server.QuietAsync();
            Assert.Equal(0, (await _place.HoldfastAsync("verify", $"{_place.Destination}/nas")).ExitCode);
            Assert.False(_place.Leftovers().Any(), $"{what}: left are {string.Join(", ", _place.Leftovers())}");
        }
    }

    // JSON, or text with a hint; never a stack trace.
    private static void Clear(Ended ended, long hit, string what)
    {
        Assert.True(ended.ExitCode is >= 0 and < 100, $"{what}: {ended}");
        Assert.True(ended.Output.Length == 0 || JsonNode.Parse(ended.Output) is JsonObject, $"{what}: {ended}");
        Assert.False($"{ended.Output}\n{ended.Error}".Contains("\n   at ", StringComparison.Ordinal), $"{what}: {ended}");
        Assert.True(ended.ExitCode == 0 || ended.Output.Length > 0 || ended.Error.Length > 0, $"{what}: says nothing");
        Assert.True(hit <= 1, what);
    }

    private static IEnumerable<JsonNode> Items(Ended ended) =>
        ended.Output.Length == 0 ? [] : JsonNode.Parse(ended.Output)!["items"]?.AsArray().Select(i => i!) ?? [];

    private static JsonObject Template(int number) =>
        new()
        {
            ["type"] = "Snapshot",
            ["fullBackup"] = "0 0 29 2 *",
            ["timeZone"] = "UTC",
            ["destinations"] = new JsonArray("nas"),
            ["excluded"] = new JsonArray($"local/none{number}"),
        };

    private async Task BeginAsync()
    {
        _shim = await FaultShim.CreateAsync(_place.Root, $"{_place.Root}/");
        _place.Make("a.db", rows: 20);
        _place.Make("b.db", rows: 60, mode: "wal");
        await _place.HoldfastAsync(0, "databases", "--source", _place.Source);
    }

    // All calls, or a subset with the first and the last; each fails once, and every second one kills.
    private IEnumerable<(long N, bool Killed)> Chosen(long total)
    {
        var random = new Random(_seed);
        var all = Enumerable.Range(1, (int)total).Select(n => (long)n).ToArray();
        var chosen = Soak.IsOn ? all : [.. all.Take(1), .. random.GetItems(all, Sampled), .. all.TakeLast(1)];
        foreach (var n in chosen.Distinct().Order())
        {
            if (Soak.IsOn || random.Next(2) == 0)
            {
                yield return (n, true);
            }
            yield return (n, false);
        }
    }

    private Task<Ended> RunAsync(params string[] arguments) =>
        Child.RunAsync("bash", ["-c", $"{Shim.Export}; exec \"$0\" \"$@\"", Child.Holdfast, .. arguments], data: _place.Data);

    private Task<Ended> BackUpAsync(string kind) =>
        RunAsync("backup", "--source", _place.Source, "--to", _place.Destination, "--type", "snapshot", "--kind", kind, "--output", "json");

    private async Task WholeAsync(string what)
    {
        var verified = await _place.HoldfastAsync("verify", _place.Destination);
        Assert.True(verified.ExitCode == 0, $"{what}: {verified}");
    }

    // An edit, a change, and a backup of each database; returns how many were completed, and records what was acknowledged.
    private async Task<int> DayAsync(int number)
    {
        _place.Sql("a.db", $"UPDATE t SET v = randomblob(1000) WHERE id = {number % 20}");
        _place.Sql("b.db", $"UPDATE t SET v = randomblob(1000) WHERE id = {number % 20}");
        var edited = await Server.TryAsync(HttpMethod.Put, "server-wide-backups/all", Template(number));
        if (edited is null)
        {
            return 0; // the server was killed
        }
        if (!edited.IsSuccess)
        {
            Assert.NotNull(edited.Body!["hint"]);
        }
        var done = 0;
        foreach (var name in (string[])["a.db", "b.db"])
        {
            if ((await Server.TryAsync(HttpMethod.Get, $"databases/local%2F{name}/tasks"))?.Body is not { } tasks)
            {
                return done;
            }
            var task = tasks["items"]![0]!["id"]!.GetValue<string>();
            if (
                await Server.TryAsync(
                    HttpMethod.Post,
                    $"databases/local%2F{name}/tasks/{task}/backup",
                    new JsonObject { ["kind"] = "Full" }
                )
                is not { } begun
            )
            {
                return done;
            }
            if (await EndedAsync(begun.Body!["operationId"]!.GetValue<string>()) is not { } ended)
            {
                return done;
            }
            if (ended["state"]!.GetValue<string>() == "Completed")
            {
                done++;
                Assert.True(
                    File.Exists($"{_place.Destination}/nas/{ended["result"]!["path"]!.GetValue<string>()}"),
                    $"{ended.ToJsonString()} is not there"
                );
            }
            else
            {
                Assert.NotNull(ended["error"]!["hint"]);
            }
        }

        return done;
    }

    // Null if the server was killed meanwhile.
    private async Task<JsonNode?> EndedAsync(string id)
    {
        JsonNode? seen = null;
        await Server.UntilAsync(
            async () => (seen = (await Server.TryAsync(HttpMethod.Get, $"operations/{id}"))?.Body) is null || seen["ended"] is not null,
            $"operation {id} does not end"
        );
        return seen;
    }
}
