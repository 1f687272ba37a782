using System.CommandLine;
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
        var target = new Option<string>("--to") { Description = "The new database's file; it must not exist.", HelpName = "FILE", Required = true };
        var command = new Command("restore", "Restore one point as a new database.") { path, target, point, keyFiles };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var console = SharedOptions.Console(parsed);
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
}
