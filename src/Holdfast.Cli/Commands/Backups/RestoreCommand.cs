using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Cli.Output.Views;
using Holdfast.Cli.Sources;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast restore</c>: one point as one new database.</summary>
internal static class RestoreCommand
{
    public static Option<string> Point() =>
        new("--point")
        {
            Description = "Which point: a time as in file names, an ISO time, or an archive's id; default: the newest.",
            HelpName = "TIME|ID",
        };

    public static Command Create()
    {
        var (path, keyOptions, point, allow) = (SharedOptions.Path(), new KeyOptions(), Point(), SharedOptions.AllowMismatch());
        var target = new Option<string>("--to")
        {
            Description =
                "The new database's file, or postgresql://USER@HOST/NEWNAME; it must not exist. At a server: the new "
                + "database's id, SOURCE/NAME.",
            HelpName = "FILE|URL|ID",
            Required = true,
        };
        var noWait = new Option<bool>("--no-wait") { Description = "At a server: do not wait until it is done." };
        var (access, how) = (new SourceOptions(), new RestoreOptions());
        var command = new Command("restore", "Restore one point as a new database.")
        {
            path,
            target,
            point,
            keyOptions,
            access.PasswordFile,
            access.AskPassword,
            noWait,
            allow,
        };
        foreach (var option in how.All)
        {
            command.Add(option);
        }
        command.WithServerOptions();
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                if (
                    SharedOptions.IsOnServer(parsed, parsed.GetRequiredValue(path))
                    && !CommandSource.IsServerUrl(parsed.GetRequiredValue(target))
                )
                {
                    SharedOptions.RejectOptions(
                        parsed,
                        "at a server",
                        [access.PasswordFile, access.AskPassword, allow, keyOptions.MaxWorkFactor]
                    );
                    var taken = how.ReadFileRestore(parsed, isAtServer: true);
                    using var api = ServerConnectionOptions.Connect(parsed);
                    return await RestoreOnServerAsync(
                        api,
                        console,
                        parsed.GetRequiredValue(path),
                        parsed.GetValue(point),
                        parsed.GetRequiredValue(target),
                        keyOptions.Read(parsed),
                        taken,
                        how.ShouldContinueOnError(parsed),
                        parsed.GetValue(noWait),
                        cancellationToken
                    );
                }

                SharedOptions.RejectOptions(parsed, "without a server", noWait);
                var started = TimeProvider.System.GetTimestamp();
                var (into, name) = CommandSource.ParseTarget(parsed.GetRequiredValue(target), access, how, parsed);
                await using var attached = into;
                var keys = keyOptions.Read(parsed);
                var stored = await SharedOptions.ResolveAsync(parsed.GetRequiredValue(path), cancellationToken);
                var found = await RestorePointFinder.FindAsync(stored, parsed.GetValue(point), keys, cancellationToken);
                await using var reader = await RestorePointReader.OpenAsync(stored.Destination, found, keys, cancellationToken);
                await SharedOptions.CheckLayoutAsync(stored, found, reader, keys, parsed.GetValue(allow), console, cancellationToken);
                var isFile = !CommandSource.IsServerUrl(parsed.GetRequiredValue(target));
                var made = await DatabaseRestore.RunAsync(
                    into.Engine,
                    into.Source,
                    name,
                    reader,
                    isFile ? how.ReadFileRestore(parsed) : new(),
                    how.ShouldContinueOnError(parsed),
                    null,
                    cancellationToken
                );
                var file = made.File;
                var full = !isFile ? parsed.GetRequiredValue(target) : Path.GetFullPath(parsed.GetRequiredValue(target));
                var (header, bytes) = (reader.Point.Header, reader.Items.Sum(i => i.Length));
                var elapsed = TimeProvider.System.GetElapsedTime(started);
                List<string> notes =
                    stored.Archive is null && parsed.GetValue(point) is null
                        ? [.. SharedOptions.FindMissingArchiveNotes(stored, found.Chain)]
                        : [];
                var view = new RestoreView(
                    full,
                    header.Database,
                    header.Id,
                    header.Type.ToString(),
                    found.Archive.Name.Time,
                    reader.Archives.Count,
                    bytes,
                    Math.Round(elapsed.TotalSeconds, 3),
                    file,
                    reader.Point.Manifest.File,
                    notes.Count > 0 ? notes : null,
                    made.Warnings,
                    made.Omissions
                );
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(view, CliJson.Default.RestoreView);
                }
                else
                {
                    console.WriteLine(
                        $"Restored {header.Database} as of {DisplayFormat.Time(header.StartTime)} UTC to {full}: {DisplayFormat.Bytes(bytes)} "
                            + $"from {reader.Archives.Count} archive{(reader.Archives.Count == 1 ? "" : "s")} in "
                            + $"{DisplayFormat.Seconds(elapsed)}, checked."
                    );
                }
                if (file is not null)
                {
                    console.WriteLine(DescribeFile(file, reader.Point.Manifest.File));
                }
                WriteWarnings(console, [.. notes, .. made.Warnings], made.CreateProblem(name));
                if (header is { DatabaseEncrypted: true, Type: Core.Tasks.BackupType.Snapshot })
                {
                    console.WriteNote("The database is encrypted, as it was when it was backed up: it opens with its own key.");
                }
                return made.Omissions.Count == 0 ? 0 : 1;
            }
        );
        return command;
    }

    // What is missing is told on standard error also where a program reads the document.
    private static void WriteWarnings(CommandConsole console, IReadOnlyList<string> warnings, HoldfastException? problem)
    {
        foreach (var warning in warnings)
        {
            console.WriteNote(warning, isAlwaysTold: problem is not null);
        }
        if (problem is not null)
        {
            CommandConsole.WriteError(problem);
        }
    }

    private static string DescribeFile(FilePermissions file, FilePermissions? original) =>
        original is null ? $"The file belongs to {file}."
        : original == file ? $"The file belongs to {file}, as the original did."
        : $"The file belongs to {file}; the original belonged to {original} (--owner and --mode take them over).";

    private static async Task<int> RestoreOnServerAsync(
        ApiClient api,
        CommandConsole console,
        string from,
        string? point,
        string target,
        AgeKeys keys,
        FileRestoreOptions file,
        bool continues,
        bool noWait,
        CancellationToken cancellationToken
    )
    {
        var body = new JsonObject
        {
            ["from"] = from,
            ["target"] = target,
            ["keys"] = SharedOptions.ToJson(keys),
        };
        if (point is not null)
        {
            body["point"] = point;
        }
        if (file.RestoreMode)
        {
            body["keepMode"] = true;
        }
        if (file.RestoreOwner)
        {
            body["keepOwner"] = true;
        }
        if (continues)
        {
            body["continueOnError"] = true;
        }
        var id = (await api.PostAsync("restores", body, cancellationToken)).GetText("operationId");
        if (noWait)
        {
            return ServerCommandExtensions.WriteResult(console, id, new() { ["operationId"] = id });
        }
        var ended = (await new OperationWatcher(api, console).WaitAsync([id], cancellationToken, quiet: true))[0];
        if (ended.GetText("state") is not ("Completed" or "CompletedWithErrors"))
        {
            throw new HoldfastException(
                ErrorCatalogue.Find(ended.FindText("error", "code") ?? ErrorCatalogue.Aborted.Code),
                ended.FindText("error", "message") ?? "The restore was aborted.",
                ended.FindText("error", "hint")
            );
        }
        ServerCommandExtensions.WriteResult(
            console,
            $"Restored {from} as {target}: {DisplayFormat.Bytes(ended.GetNumber("result", "databaseBytes"))}, checked.",
            (JsonObject)ended
        );
        var problem =
            ended.GetText("state") == "Completed"
                ? null
                : new HoldfastException(
                    ErrorCatalogue.Find(ended.FindText("error", "code")),
                    ended.FindText("error", "message") ?? "",
                    ended.FindText("error", "hint")
                );
        WriteWarnings(console, [.. (ended["result"]?.GetItems("warnings") ?? []).Select(w => w.ToString())], problem);
        return problem is null ? 0 : 1;
    }
}
