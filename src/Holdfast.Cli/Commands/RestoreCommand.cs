using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite;
using Holdfast.Node.Restores;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast restore</c>: one point as one new database.</summary>
internal static class RestoreCommand
{
    public static Option<string> Point() => new("--point") { Description = "Which point: a time as in file names, an ISO time, or an archive's id; default: the newest.", HelpName = "TIME|ID" };

    public static Command Create()
    {
        var (path, keyFiles, point) = (SharedOptions.Path(), SharedOptions.KeyFiles(), Point());
        var target = new Option<string>("--to") { Description = "The new database's file; it must not exist. At a server: the new database's id, SOURCE/NAME.", HelpName = "FILE|ID", Required = true };
        var noWait = new Option<bool>("--no-wait") { Description = "At a server: do not wait until it is done." };
        var command = new Command("restore", "Restore one point as a new database.") { path, target, point, keyFiles, noWait }.OverServer();
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var console = SharedOptions.Console(parsed);
            if (SharedOptions.IsAtServer(parsed, parsed.GetRequiredValue(path)))
            {
                using var api = ServerOptions.Connect(parsed);
                return await OverServerAsync(api, console, parsed.GetRequiredValue(path), parsed.GetValue(point), parsed.GetRequiredValue(target), SharedOptions.Keys(parsed, keyFiles), parsed.GetValue(noWait), cancellationToken);
            }

            SharedOptions.Refuse(parsed, "without a server", noWait);
            var started = TimeProvider.System.GetTimestamp();
            var full = Path.GetFullPath(parsed.GetRequiredValue(target));
            if (Path.Exists(full)) throw new HoldfastException(ErrorCatalogue.TargetExists, $"'{full}' exists already.", "A restore always makes a new database: give another name.");
            if (!Directory.Exists(Path.GetDirectoryName(full))) throw new HoldfastException(ErrorCatalogue.NotFound, $"The folder of '{full}' is not there.", "Make it first, or give another place.");
            var keys = SharedOptions.Keys(parsed, keyFiles);
            var stored = await SharedOptions.ResolveAsync(parsed.GetRequiredValue(path), cancellationToken);
            var found = await PointFinder.FindAsync(stored, parsed.GetValue(point), keys, cancellationToken);
            await using var reader = await PointReader.OpenAsync(stored.Destination, found, keys, cancellationToken);
            var engine = new SqliteEngine(TimeProvider.System);
            await using var source = engine.Attach(new SqliteSourceConfig { Path = Path.GetDirectoryName(full)! });
            await RestoreRunner.RunAsync(engine.Name, source, Path.GetFileName(full), reader, cancellationToken);
            var (header, bytes) = (reader.Point.Header, reader.Items.Sum(i => i.Length));
            var elapsed = TimeProvider.System.GetElapsedTime(started);
            if (console.IsJson) CommandConsole.Json(new(full, header.Database, header.Id, header.Type.ToString(), found.Archive.Name.Time, reader.Archives.Count, bytes, Math.Round(elapsed.TotalSeconds, 3)), CliJson.Default.RestoreView);
            else console.Line($"Restored {header.Database} as of {Words.Time(header.StartTime)} UTC to {full}: {Words.Bytes(bytes)} from {reader.Archives.Count} archive{(reader.Archives.Count == 1 ? "" : "s")} in {Words.Seconds(elapsed)}, checked.");
            if (header is { DatabaseEncrypted: true, Type: Core.Tasks.BackupType.Snapshot }) console.Note("The database is encrypted, as it was when it was backed up: it opens with its own key.");
            return 0;
        });
        return command;
    }

    private static async Task<int> OverServerAsync(ApiClient api, CommandConsole console, string from, string? point, string target, AgeKeys keys, bool noWait, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["from"] = from, ["target"] = target, ["keys"] = SharedOptions.KeyTexts(keys) };
        if (point is not null) body["point"] = point;
        var id = (await api.PostAsync("restores", body, cancellationToken)).Text("operationId");
        if (noWait) return ClientVerb.Done(console, id, new() { ["operationId"] = id });
        var ended = (await new OperationWatch(api, console).WaitAsync([id], cancellationToken, quiet: true))[0];
        if (ended.Text("state") != "Completed") throw new HoldfastException(ErrorCatalogue.Find(ended.Find("error", "code") ?? ErrorCatalogue.Aborted.Code), ended.Find("error", "message") ?? "The restore was aborted.", ended.Find("error", "hint"));
        return ClientVerb.Done(console, $"Restored {from} as {target}: {Words.Bytes(ended.Number("result", "databaseBytes"))}, checked.", (JsonObject)ended);
    }
}
