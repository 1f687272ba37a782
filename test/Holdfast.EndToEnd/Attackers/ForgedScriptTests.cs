using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Engines.Sqlite;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Outputs;

namespace Holdfast.EndToEnd.Attackers;

/// <summary>
/// A chain of logical backups written by an attacker, with valid hashes: a verification reports exactly what a restore
/// rejects.
/// </summary>
public sealed class ForgedScriptTests : IDisposable
{
    private const string Statement = "ATTACH '/tmp/other.db' AS o;\n";

    private readonly Workspace _place = new();
    private readonly AgeIdentity _key = AgeIdentity.Generate();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData(false, true, true, false)]
    [InlineData(true, true, false, false)]
    [InlineData(false, false, true)]
    [InlineData(false, false, false)]
    public async Task A_verification_reports_what_a_restore_rejects(params bool[] forged)
    {
        await MakeAsync(forged);
        var archives = _place.Archives();
        Assert.Equal(forged.Length, archives.Length);
        List<string?> refused = [];
        foreach (var archive in archives)
        {
            var restored = await _place.HoldfastAsync("restore", archive, "--to", $"{_place.Out}/{refused.Count}.db", "--output", "json");
            refused.Add(restored.ExitCode == 0 ? null : restored.Json["error"]!["message"]!.GetValue<string>());
            // by its own path
            Assert.Equal(refused[^1], Problem((await _place.HoldfastAsync("verify", archive, "--output", "json")).Json["items"]![0]!));
        }

        Assert.Equal(
            forged,
            refused.Select(r =>
                r?.Contains("a statement of a kind that no backup contains. It begins: ATTACH", StringComparison.Ordinal) ?? false
            )
        );
        var verified = await _place.JsonAsync(forged.Any(f => f) ? 5 : 0, "verify", _place.Destination);
        Assert.Equal(refused, verified["items"]!.AsArray().Select(i => Problem(i!)));
    }

    [Fact]
    public async Task A_server_reports_it_too()
    {
        await MakeAsync(false, false, true);
        using var server = new ServerProcess(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination);
        await server.StartAsync();
        var verified = await server.SendAsync(HttpMethod.Post, "backups/verify", new JsonObject { ["from"] = _place.Chains("a.db")[0] });
        var ended = await server.EndedAsync(verified!["operationId"]!.GetValue<string>());
        Assert.Equal("Failed", ended["state"]!.GetValue<string>());
        var error = ended["error"]!["message"]!.GetValue<string>();
        Assert.StartsWith("1 of 3 archives have problems", error, StringComparison.Ordinal);
        Assert.Contains("It begins: ATTACH", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forged_archive_without_its_predecessors_is_reported_as_such()
    {
        await MakeAsync(false, true);
        var archives = _place.Archives();
        File.Delete(archives.Single(a => !a.Contains("incremental", StringComparison.Ordinal)));
        var verified = await _place.JsonAsync(5, "verify", _place.Destination);
        Assert.Equal("chain-incomplete", verified["items"]![0]!["error"]!["code"]!.GetValue<string>());
        await _place.HoldfastAsync(0, "verify", archives.Single(File.Exists)); // its own bytes are intact
    }

    [Fact]
    public async Task An_archive_given_by_its_path_that_builds_on_a_damaged_one_is_reported_as_such()
    {
        await MakeAsync(false, false);
        var full = _place.Archives().Single(a => !a.Contains("incremental", StringComparison.Ordinal));
        var bytes = await File.ReadAllBytesAsync(full, Token);
        bytes[bytes.Length / 3] ^= 1;
        await File.WriteAllBytesAsync(full, bytes, Token);
        var verified = await _place.JsonAsync(5, "verify", _place.Archives().Single(a => a != full));
        Assert.Equal("chain-incomplete", verified["items"]![0]!["error"]!["code"]!.GetValue<string>());
    }

    private static string? Problem(JsonNode item) => item["error"]?["message"]!.GetValue<string>();

    // A row changes in each, far from the forged statement.
    private async Task MakeAsync(params bool[] forged)
    {
        _place.Make("a.db", rows: 1_000);
        foreach (var isForged in forged)
        {
            var format = new ScriptFormat(isForged ? DumpAsync : SqlDump.WriteAsync, SqlLoad.LoadAsync);
            await using var source = new SqliteEngine(TimeProvider.System, format, new()).Attach(
                new SqliteSourceConfig { Path = _place.Source, SpoolFolder = _place.Data }
            );
            await using var destination = LocalDestination.Open(_place.Destination, create: true);
            var kind = _place.Archives().Length == 0 ? BackupKind.Full : BackupKind.Incremental;
            _place.Sql("a.db", $"UPDATE t SET s = 'of archive {_place.Archives().Length}' WHERE id = 10");
            var runner = new DatabaseBackup(
                "sqlite",
                source,
                [destination],
                new()
                {
                    Kind = kind,
                    Type = BackupType.Backup,
                    Node = "A",
                    NodeKey = _key,
                    EncryptSnapshots = false,
                },
                OutputResources.Create(),
                TimeProvider.System
            );
            await foreach (var database in source.DiscoverAsync(Token))
            {
                var outcome = await runner.RunAsync(database, null, new(1), () => { }, Token);
                Assert.True(
                    outcome is { Error: null, State: BackupState.Completed } && outcome.Kind == kind,
                    $"{outcome.State} {outcome.Error?.Message}"
                );
            }
        }
    }

    private static async Task<IReadOnlyDictionary<string, string>> DumpAsync(
        Engines.Sqlite.Native.SqliteConnection connection,
        PipeWriter output,
        CancellationToken cancellationToken
    )
    {
        using var script = new MemoryStream();
        var writer = PipeWriter.Create(script, new(leaveOpen: true));
        var facts = await SqlDump.WriteAsync(connection, writer, cancellationToken);
        await writer.CompleteAsync();
        var text = Encoding.UTF8.GetString(script.ToArray());
        var at = text.IndexOf("INSERT", text.Length / 2, StringComparison.Ordinal);
        Assert.True(at > 0 && text.Length > 10 * 64 * 1024);
        await output.WriteAsync(Encoding.UTF8.GetBytes(text.Insert(at, Statement)), cancellationToken);
        return facts;
    }
}
