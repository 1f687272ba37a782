using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary>Ctrl+C and SIGTERM stop cleanly: no incomplete file is left, and a grace period is used in full.</summary>
public sealed class StopTests : IDisposable
{
    private const int Rows = 15_000;

    private readonly Workspace _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("INT", 130, "snapshot")]
    [InlineData("TERM", 143, "snapshot")]
    [InlineData("TERM", 143, "backup")]
    public async Task A_stopped_backup_leaves_no_incomplete_archive_and_says_so(string signal, int exitCode, string type)
    {
        for (var i = 0; i < 4; i++)
        {
            _place.Make($"{i}.db", Rows / 4, 4000);
        }
        var ended = await StopAsync(
            ["backup", "--source", _place.Source, "--to", _place.Destination, "--type", type, "--jobs", "4", "--output", "json"],
            signal,
            _ => Workspace.Files(_place.Destination).Any(f => f.EndsWith(".partial", StringComparison.Ordinal))
        );
        Assert.True(ended.ExitCode == exitCode, ended.ToString());
        Assert.Equal("interrupted", ended.Json["error"]!["code"]!.GetValue<string>());
        Assert.Empty(_place.Leftovers());
        await _place.BackupAsync(0, type, "full");
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_stopped_restore_leaves_nothing_behind(string signal, int exitCode)
    {
        _place.Make("large.db", Rows, 4000);
        await _place.BackupAsync(0, "snapshot", "full");
        var ended = await StopAsync(["restore", _place.Destination, "--to", $"{_place.Out}/x.db"], signal, _ =>
            Directory.EnumerateFileSystemEntries(_place.Out).Any()
        );
        Assert.True(ended.ExitCode == exitCode, ended.ToString());
        Assert.Contains("Stopped by", ended.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_place.Out));
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_stopped_verification_says_so_in_one_document(string signal, int exitCode)
    {
        _place.Make("large.db", Rows, 4000);
        await _place.BackupAsync(0, "snapshot", "full");
        var archive = Assert.Single(_place.Archives());

        // Read repeatedly, so that it is running however fast the machine is.
        string[] arguments = ["verify", .. Enumerable.Repeat(_place.Destination, 50), "--output", "json"];
        var ended = await StopAsync(arguments, signal, process => OpenFiles(process).Contains(archive));
        ended.CheckStopped(exitCode, "Stopped by");
        Assert.Empty(_place.Leftovers());
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_stopped_extraction_leaves_nothing_behind(string signal, int exitCode)
    {
        _place.Make("large.db", Rows, 4000);
        await _place.BackupAsync(0, "snapshot", "full");
        var target = $"{_place.Out}/items";
        string[] arguments = ["extract", _place.Destination, "--to", target, "--output", "json"];
        var ended = await StopAsync(arguments, signal, _ => Workspace.Files(target).Any());
        ended.CheckStopped(exitCode, "Stopped by");
        Assert.Empty(Directory.GetFileSystemEntries(_place.Out));
        await _place.HoldfastAsync(0, "extract", _place.Destination, "--to", target);
    }

    [Theory]
    [InlineData("INT", 130, "verify", "demo/a.db")]
    [InlineData("TERM", 143, "verify", "demo/a.db")]
    [InlineData("TERM", 143, "restore", "demo/a.db", "--to", "demo/b.db")]
    [InlineData("TERM", 143, "backup", "demo/a.db", "--to", "nas")]
    [InlineData("TERM", 143, "operation", "watch", EndlessServer.Operation)]
    public async Task A_verb_stopped_while_it_waits_for_an_operation_says_how_to_wait_again(
        string signal,
        int exitCode,
        params string[] verb
    )
    {
        await using var server = new EndlessServer(isAnswering: true);
        (await StopAsync(await server.ArgumentsAsync(_place, verb), signal, _ => server.IsWatched)).CheckStopped(
            exitCode,
            $"holdfast operation watch {EndlessServer.Operation}"
        );
    }

    [Theory]
    [InlineData("verify", "demo/a.db")]
    [InlineData("restore", "demo/a.db", "--to", "demo/b.db")]
    [InlineData("backup", "demo/a.db", "--to", "nas")]
    public async Task A_verb_stopped_before_the_server_answers_says_that_the_server_may_continue(params string[] verb)
    {
        await using var server = new EndlessServer(isAnswering: false);
        (await StopAsync(await server.ArgumentsAsync(_place, verb), "TERM", _ => server.IsAsked)).CheckStopped(
            143,
            "holdfast operation list"
        );
    }

    // A backup that waits for a lock takes longer than the two seconds that the library of the command would allow.
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_stopped_server_gives_a_running_backup_its_full_grace_period(string signal)
    {
        _place.Make("a.db");
        using var server = new ServerProcess(_place.Root, $"{_place.Root}/server", _place.Source, _place.Root, graceSeconds: 60);
        await server.StartAsync();
        await server.SendAsync(HttpMethod.Put, "destinations/nas", new JsonObject { ["kind"] = "local", ["path"] = _place.Destination });
        using var holder = Child.Start("sqlite3", ["-batch", $"{_place.Source}/a.db"]);
        await holder.StandardInput.WriteLineAsync("BEGIN EXCLUSIVE; SELECT 'held';");
        await holder.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await server.SendAsync(
            HttpMethod.Post,
            "databases/local%2Fa.db/backup",
            new JsonObject { ["destinations"] = new JsonArray("nas"), ["type"] = "Snapshot" }
        );
        await server.UntilAsync(async () => (await server.ListAsync("operations?state=Running")).Count > 0, "the backup does not begin");
        var stopping = server.StopAsync(signal);
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken); // real time, because the process uses it
        Assert.False(stopping.IsCompleted, $"it did not wait for the backup:\n{server.Output}");
        await holder.StandardInput.WriteLineAsync("ROLLBACK;");
        holder.StandardInput.Close();
        Assert.Equal(0, await stopping);
        Assert.Single(_place.Archives());
        Assert.Empty(_place.Leftovers());
    }

    private static IEnumerable<string?> OpenFiles(Process process)
    {
        try
        {
            return [.. Directory.GetFiles($"/proc/{process.Id}/fd").Select(f => new FileInfo(f).LinkTarget)];
        }
        catch (IOException)
        {
            return []; // a handle was closed while they were listed
        }
    }

    private async Task<Ended> StopAsync(string[] arguments, string signal, Func<Process, bool> isUnderWay)
    {
        using var process = Child.Start(Child.Holdfast, arguments, _place.Data);
        return await Child.StopAsync(process, signal, () => isUnderWay(process));
    }
}
