using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Layout;
using Holdfast.Node.Restores;

namespace Holdfast.Cli.Commands;

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
        }.OverServer();
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                if (SharedOptions.IsAtServer(parsed, parsed.GetRequiredValue(path)))
                {
                    SharedOptions.Refuse(
                        parsed,
                        "at a server, which looks with the keys that it keeps",
                        keyOptions.Files,
                        keyOptions.MaxWorkFactor
                    );
                    using var api = ServerOptions.Connect(parsed);
                    return OfServer(
                        console,
                        await api.ListAsync($"backups?from={ApiClient.Part(parsed.GetRequiredValue(path))}", cancellationToken)
                    );
                }

                var stored = await SharedOptions.ResolveAsync(parsed.GetRequiredValue(path), cancellationToken);
                var views = new List<PointView>();
                await foreach (
                    var point in PointFinder.ListAsync(stored, keyOptions.Read(parsed), cancellationToken, TimeProvider.System.GetUtcNow())
                )
                {
                    views.Add(View(stored.Destination.Name, point));
                }
                if (console.IsJson)
                {
                    CommandConsole.Json(new(views), CliJson.Default.ItemsViewPointView);
                }
                else
                {
                    console.Table(["POINT", "FORM", ">STORED", "NODE", "OPENS WITH", "ID", "FOLDER"], [.. views.Select(Row)]);
                }
                return views.Exists(v => v.Error is not null) ? 1 : 0;
            }
        );
        return command;
    }

    private static int OfServer(CommandConsole console, JsonArray points)
    {
        var broken = points.Any(p => p?["problem"] is not null);
        ClientVerb.List(console, points, "No restore points.", ["TIME", "KIND", ">STORED", "NEEDS", "ID", "DATABASE", "PATH"], p =>
            [
                (p.Time("time"), null),
                (p.Text("kind"), p.Text("kind") == "IncrementalBackup" ? "grey" : null),
                (Words.Bytes(p.Number("bytes")), null),
                (CommandConsole.Cell(p.Find("problem", "message") ?? p.Find("needs") ?? "no key"), p?["problem"] is null ? null : "red"),
                (p.Text("id"), null),
                (p.Text("database"), null),
                (p.Text("path"), null),
            ]
        );
        return broken ? 1 : 0;
    }

    private static PointView View(string root, RestorePoint point) =>
        new(
            Path.Combine(root, point.Archive.Path),
            Path.Combine(root, point.Chain.Path),
            point.Archive.Name.Time,
            Form(point.Archive.Name.Form),
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

    private static string Form(ArchiveForm form) =>
        form switch
        {
            ArchiveForm.FullBackup => "full-backup",
            ArchiveForm.Snapshot => "snapshot",
            ArchiveForm.EncryptedSnapshot => "encrypted-snapshot",
            _ => "incremental-backup",
        };

    private static (string, string?)[] Row(PointView p) =>
        [
            (TimeStamp.Format(p.Time), null),
            (p.Form, p.Form == "incremental-backup" ? "grey" : null),
            (Words.Bytes(p.StoredBytes), null),
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
