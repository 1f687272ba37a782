using System.CommandLine;
using Holdfast.Api;
using Holdfast.Archive.Format;
using Holdfast.Cli.Client;
using Holdfast.Cli.Locations;
using Holdfast.Cli.Output;
using Holdfast.Cli.Output.Views;
using Holdfast.Cli.Sources;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;
using RestoreRequest = Holdfast.Api.Backups.RestoreRequest;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast restore</c>: restores a restore point as a new database.</summary>
internal static class RestoreCommand
{
    public static Option<string> Point() =>
        new("--point")
        {
            Description = "Restore point: a time as in file names, an ISO time, or the id of an archive. Default: the newest.",
            HelpName = "TIME|ID",
        };

    public static Command Create()
    {
        var (path, keyOptions, point, allow) = (SharedOptions.Path(), new KeyOptions(), Point(), SharedOptions.AllowMismatch());
        var target = new Option<string>("--to")
        {
            Description =
                "The new database's file, or postgresql://USER@HOST/NEWNAME; it must not exist. Server mode: the new "
                + "database's id, SOURCE/NAME.",
            HelpName = "FILE|URL|ID",
            Required = true,
        };
        var noWait = new Option<bool>("--no-wait") { Description = "Server mode: do not wait for completion." };
        var (access, how) = (new SourceOptions(), new RestoreOptions());
        var command = new Command("restore", "Restore one point as a new database.")
        {
            path,
            target,
            point,
            LocationOptions.SettingsFile,
            keyOptions.All,
            access.PasswordFile,
            access.AskPassword,
            noWait,
            allow,
            how.All,
        }.WithServerOptions();
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
                        "in server mode",
                        [access.PasswordFile, access.AskPassword, allow, keyOptions.MaxWorkFactor, LocationOptions.SettingsFile]
                    );
                    var file = how.ReadFileRestore(parsed, isAtServer: true);
                    var request = new RestoreRequest
                    {
                        From = parsed.GetRequiredValue(path),
                        Point = parsed.GetValue(point),
                        Target = parsed.GetRequiredValue(target),
                        KeepMode = file.RestoreMode,
                        KeepOwner = file.RestoreOwner,
                        ContinueOnError = how.ShouldContinueOnError(parsed),
                        Keys = SharedOptions.ToRequest(keyOptions.Read(parsed)),
                    };
                    return await ServerConnectionOptions.RunAsync(parsed, api =>
                        RestoreOnServerAsync(api, console, request, parsed.GetValue(noWait), cancellationToken)
                    );
                }

                SharedOptions.RejectOptions(parsed, "without a server", noWait);
                var started = TimeProvider.System.GetTimestamp();
                var (into, name) = CommandSource.ParseTarget(parsed.GetRequiredValue(target), access, how, parsed);
                await using var attached = into;
                var keys = keyOptions.Read(parsed);
                var stored = await LocationOptions.ResolveAsync(parsed, parsed.GetRequiredValue(path), cancellationToken);
                var found = await RestorePointFinder.FindAsync(stored, parsed.GetValue(point), keys, cancellationToken);
                await using var reader = await RestorePointReader.OpenAsync(stored.Destination, found, keys, cancellationToken);
                await SharedOptions.CheckLayoutAsync(stored, found, reader, keys, parsed.GetValue(allow), console, cancellationToken);
                var isFile = !CommandSource.IsServerUrl(parsed.GetRequiredValue(target));
                var made = await DatabaseRestore.RunAsync(
                    into.Engine,
                    into.Source,
                    name,
                    reader,
                    new() { File = isFile ? how.ReadFileRestore(parsed) : new(), ContinueOnError = how.ShouldContinueOnError(parsed) },
                    null,
                    cancellationToken
                );
                var full = !isFile ? parsed.GetRequiredValue(target) : Path.GetFullPath(parsed.GetRequiredValue(target));
                var (header, bytes) = (reader.Point.Header, reader.Items.Sum(i => i.Length));
                var elapsed = TimeProvider.System.GetElapsedTime(started);
                List<string> notes =
                    stored.Archive is null && parsed.GetValue(point) is null
                        ? [.. SharedOptions.FindMissingArchiveNotes(stored, found.Chain)]
                        : [];
                var view = new RestoreView
                {
                    Target = full,
                    Database = header.Database,
                    ArchiveId = header.Id,
                    Type = header.Type.ToString(),
                    PointTime = found.Archive.Name.Time,
                    Archives = reader.Archives.Count,
                    DatabaseBytes = bytes,
                    Seconds = Math.Round(elapsed.TotalSeconds, 3),
                    File = made.File,
                    OriginalFile = reader.Point.Manifest.File,
                    Notes = notes.Count > 0 ? notes : null,
                    Warnings = made.Warnings,
                    LeftOut = made.Omissions,
                };
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(view, CliJson.Default.RestoreView);
                }
                else
                {
                    console.WriteLine(
                        $"Restored {header.Database} as of {DisplayFormat.Time(header.StartTime)} UTC to {full}: "
                            + $"{DisplayFormat.Bytes(bytes)} from {reader.Archives.Count} archive{(reader.Archives.Count == 1 ? "" : "s")} "
                            + $"in {DisplayFormat.Seconds(elapsed)}, verified."
                    );
                }
                if (made.File is { } permissions)
                {
                    console.WriteLine(DescribeFile(permissions, reader.Point.Manifest.File));
                }
                WriteWarnings(console, [.. notes, .. made.Warnings], made.CreateProblem(name));
                if (header is { DatabaseEncrypted: true, Type: Core.Tasks.BackupType.Snapshot })
                {
                    console.WriteNote("The database is encrypted with the same key as the original.");
                }
                return made.Omissions.Count == 0 ? 0 : 1;
            }
        );
        return command;
    }

    // If objects are missing, write the warnings to standard error even with JSON output.
    private static void WriteWarnings(CommandConsole console, IReadOnlyList<string> warnings, HoldfastException? problem)
    {
        foreach (var warning in warnings)
        {
            console.WriteNote(warning, always: problem is not null);
        }
        if (problem is not null)
        {
            CommandConsole.WriteError(problem);
        }
    }

    private static string DescribeFile(FilePermissions file, FilePermissions? original) =>
        original is null ? $"The file belongs to {file}."
        : original == file ? $"The file belongs to {file}, as the original did."
        : $"The file belongs to {file}; the original belonged to {original} (--owner and --mode restore them).";

    private static async Task<int> RestoreOnServerAsync(
        HoldfastClient api,
        CommandConsole console,
        RestoreRequest request,
        bool noWait,
        CancellationToken cancellationToken
    )
    {
        var id = (await api.Backups.RestoreAsync(request, cancellationToken)).OperationId;
        if (noWait)
        {
            return ServerCommandExtensions.WriteResult(console, id, new() { ["operationId"] = id });
        }
        var ended = (await new OperationWatcher(api, console).WaitAsync([id], cancellationToken, quiet: true))[0];
        if (ended.State is not (OperationState.Completed or OperationState.CompletedWithErrors))
        {
            throw new HoldfastException(
                ErrorCatalog.Find(ended.Error?.Code ?? ErrorCatalog.Aborted.Code),
                ended.Error?.Message ?? "The restore was aborted.",
                ended.Error?.Hint
            );
        }
        ServerCommandExtensions.WriteView(console, ended, o =>
            console.WriteLine(
                $"Restored {request.From} as {request.Target}: {DisplayFormat.Bytes(o.Result?.DatabaseBytes ?? 0)}, verified."
            )
        );
        var problem =
            ended.State == OperationState.Completed
                ? null
                : new HoldfastException(ErrorCatalog.Find(ended.Error?.Code), ended.Error?.Message ?? "", ended.Error?.Hint);
        WriteWarnings(console, ended.Result?.Warnings ?? [], problem);
        return problem is null ? 0 : 1;
    }
}
