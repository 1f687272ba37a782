using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Cli.Output.Views;
using Holdfast.Core.Layout;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast points</c>: what can be restored from a path.</summary>
internal static class PointsCommand
{
    public static Command Create()
    {
        var (path, keyOptions) = (SharedOptions.Path(), new KeyOptions());
        var command = new Command(
            "points",
            "List restore points. Encrypted ones show the ids of the keys that open them; with --key-file also their own ids."
        )
        {
            path,
            keyOptions,
        }.WithServerOptions();
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                if (SharedOptions.IsOnServer(parsed, parsed.GetRequiredValue(path)))
                {
                    SharedOptions.RejectOptions(
                        parsed,
                        "at a server, which looks with the keys that it keeps",
                        keyOptions.Files,
                        keyOptions.MaxWorkFactor
                    );
                    using var api = ServerConnectionOptions.Connect(parsed);
                    return WriteServerList(
                        console,
                        await api.ListAsync($"backups?from={ApiClient.EscapeSegment(parsed.GetRequiredValue(path))}", cancellationToken)
                    );
                }

                var stored = await SharedOptions.ResolveAsync(parsed.GetRequiredValue(path), cancellationToken);
                var views = new List<PointView>();
                await foreach (
                    var point in RestorePointFinder.ListAsync(
                        stored,
                        keyOptions.Read(parsed),
                        cancellationToken,
                        TimeProvider.System.GetUtcNow()
                    )
                )
                {
                    views.Add(View(stored.Destination.Name, point));
                }
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(new(views), CliJson.Default.ItemsViewPointView);
                }
                else
                {
                    console.WriteTable(["POINT", "FORM", ">STORED", "NODE", "OPENS WITH", "ID", "FOLDER"], [.. views.Select(Row)]);
                }
                return views.Exists(v => v.Error is not null) ? 1 : 0;
            }
        );
        return command;
    }

    private static int WriteServerList(CommandConsole console, JsonArray points)
    {
        var broken = points.Any(p => p?["problem"] is not null);
        ServerCommandExtensions.WriteList(
            console,
            points,
            "No restore points.",
            ["TIME", "KIND", ">STORED", "NEEDS", "ID", "DATABASE", "PATH"],
            p =>
                [
                    (p.GetTime("time"), null),
                    (p.GetText("kind"), p.GetText("kind") == "IncrementalBackup" ? "grey" : null),
                    (DisplayFormat.Bytes(p.GetNumber("bytes")), null),
                    (
                        CommandConsole.ToCell(p.FindText("problem", "message") ?? p.FindText("needs") ?? "no key"),
                        p?["problem"] is null ? null : "red"
                    ),
                    (p.GetText("id"), null),
                    (p.GetText("database"), null),
                    (p.GetText("path"), null),
                ]
        );
        return broken ? 1 : 0;
    }

    private static PointView View(string root, RestorePoint point) =>
        new(
            Path.Combine(root, point.Archive.Path),
            Path.Combine(root, point.Chain.Path),
            point.Archive.Name.Time,
            Form(point.Archive.Name.FileType),
            point.Chain.Name.Node,
            point.Chain.Name.Task,
            point.Archive.Length,
            point.Archive.Name.IsEncrypted,
            point.Needs?.IsPassphrase ?? false,
            point.Needs?.KeyIds ?? [],
            point.Header?.Id,
            point.Header?.Parent,
            point.Header?.Database,
            point.Problem is null ? null : ErrorView.Of(point.Problem)
        );

    private static string Form(ArchiveFileType form) =>
        form switch
        {
            ArchiveFileType.FullBackup => "full-backup",
            ArchiveFileType.Snapshot => "snapshot",
            ArchiveFileType.EncryptedSnapshot => "encrypted-snapshot",
            _ => "incremental-backup",
        };

    private static (string, string?)[] Row(PointView p) =>
        [
            (TimeStamp.Format(p.Time), null),
            (p.Form, p.Form == "incremental-backup" ? "grey" : null),
            (DisplayFormat.Bytes(p.StoredBytes), null),
            (p.Node, null),
            (
                p.Error is not null ? p.Error.Message
                : !p.Encrypted ? "no key"
                : p.Passphrase ? "passphrase"
                : $"key {string.Join(" or ", p.KeyIds)}",
                p.Error is null ? null : "red"
            ),
            (p.Id ?? "-", null),
            (p.Folder, null),
        ];
}
