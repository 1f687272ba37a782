using System.CommandLine;
using Holdfast.Api.Backups;
using Holdfast.Cli.Client;
using Holdfast.Cli.Locations;
using Holdfast.Cli.Output;
using Holdfast.Cli.Output.Views;
using Holdfast.Core.Layout;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast points</c>: lists restore points.</summary>
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
            LocationOptions.SettingsFile,
            keyOptions.All,
        }.WithServerOptions();
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                if (SharedOptions.IsOnServer(parsed, parsed.GetRequiredValue(path)))
                {
                    SharedOptions.RejectOptions(
                        parsed,
                        "in server mode, which uses the keys of the server",
                        keyOptions.Files,
                        keyOptions.MaxWorkFactor,
                        LocationOptions.SettingsFile
                    );
                    return await ServerConnectionOptions.RunAsync(parsed, async api =>
                        WriteServerList(console, await api.Backups.ListPointsAsync(parsed.GetRequiredValue(path), cancellationToken))
                    );
                }

                var stored = await LocationOptions.ResolveAsync(parsed, parsed.GetRequiredValue(path), cancellationToken);
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
                    views.Add(View(stored.Destination, point));
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

    private static int WriteServerList(CommandConsole console, IReadOnlyList<RestorePointView> points)
    {
        var broken = points.Any(p => p.Problem is not null);
        ServerCommandExtensions.WriteList(
            console,
            points,
            "No restore points.",
            ["TIME", "KIND", ">STORED", "NEEDS", "ID", "DATABASE", "PATH"],
            p =>
                [
                    (DisplayFormat.Time(p.Time), null),
                    (p.Kind, p.Kind == "IncrementalBackup" ? "grey" : null),
                    (DisplayFormat.Bytes(p.Bytes), null),
                    (
                        CommandConsole.ToCell(p.Problem?.Message ?? (p.Expiring ? "expiring" : p.Needs ?? "no key")),
                        p.Problem is null ? null : "red"
                    ),
                    (p.Id ?? "-", null),
                    (p.Database ?? "-", null),
                    (p.Path, null),
                ]
        );
        return broken ? 1 : 0;
    }

    private static PointView View(IDestination root, RestorePoint point) =>
        new()
        {
            Path = root.NameOf(point.Archive.Path),
            Folder = root.NameOf(point.Chain.Path),
            Time = point.Archive.Name.Time,
            Form = Form(point.Archive.Name.FileType),
            Node = point.Chain.Name.Node,
            Task = point.Chain.Name.Task,
            StoredBytes = point.Archive.Length,
            Encrypted = point.Archive.Name.IsEncrypted,
            Passphrase = point.Needs?.IsPassphrase ?? false,
            KeyIds = point.Needs?.KeyIds ?? [],
            Id = point.Id,
            Parent = point.Parent,
            Database = point.Database,
            Error = point.Problem is null ? null : ErrorView.Of(point.Problem),
        };

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
