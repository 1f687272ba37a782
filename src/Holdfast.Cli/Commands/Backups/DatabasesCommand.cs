using System.CommandLine;
using System.Globalization;
using Holdfast.Api.Databases;
using Holdfast.Archive.Age;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Cli.Output.Views;
using Holdfast.Cli.Sources;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Server.Endpoints.Sources;
using ApiDatabaseView = Holdfast.Api.Databases.DatabaseView;
using DatabaseView = Holdfast.Cli.Output.Views.DatabaseView;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast databases</c>: lists the databases of a source, or of a server.</summary>
internal static class DatabasesCommand
{
    public static Command Create()
    {
        var (source, access) = (SharedOptions.Source(), new SourceOptions());
        var search = new Option<string>("--search")
        {
            Description = "Server mode: only databases whose id contains TEXT.",
            HelpName = "TEXT",
        };
        var state = new Option<string>("--state")
        {
            Description = "Server mode: only databases in this state.",
            HelpName = "Covered|Incomplete|AtRisk|Failing|Overdue|Missing|Held|Uncovered|Unreadable|Waiting|Dropped",
        };
        var command = new Command("databases", "List every database of a source, or of a server with its state.")
        {
            source,
            access.All,
            search,
            state,
            Keys(),
            Key(),
            ForgetKey(),
            Dismiss(),
        }.WithServerOptions();
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                if (parsed.GetValue(source) is { } directory)
                {
                    SharedOptions.RejectOptions(
                        parsed,
                        "with --source",
                        search,
                        state,
                        ServerConnectionOptions.Server,
                        ServerConnectionOptions.TokenFile
                    );
                    await using var named = CommandSource.Parse(directory, access, parsed);
                    return await ListSourceAsync(console, named.Source, cancellationToken);
                }

                SharedOptions.RejectOptions(parsed, "without --source", [.. access.All]);
                if (!ServerConnectionOptions.IsServerKnown(parsed))
                {
                    throw new HoldfastException(
                        ErrorCatalog.Usage,
                        "Neither a source nor a server is given.",
                        "--source [NAME=]DIR for a directory, --source [NAME=]postgresql://USER@HOST for a PostgreSQL "
                            + "server; --server URL --token-file FILE, or holdfast login, for a server."
                    );
                }
                var query = new DatabaseQuery { Search = parsed.GetValue(search), State = parsed.GetValue(state) };
                return await ServerConnectionOptions.RunAsync(parsed, async api =>
                    WriteServerList(console, await api.Databases.ListAsync(query, cancellationToken).ToListAsync(cancellationToken))
                );
            }
        );
        return command;
    }

    private static async Task<int> ListSourceAsync(CommandConsole console, IDatabaseSource attached, CancellationToken cancellationToken)
    {
        var found = new List<DatabaseView>();
        await foreach (var database in attached.DiscoverAsync(cancellationToken))
        {
            found.Add(
                new(
                    new DatabaseId(attached.Name, database.Name).ToString(),
                    attached.Name,
                    database.Name,
                    database.SizeBytes,
                    FormatState(database.Encryption),
                    database.Problem is null ? null : ErrorView.Of(database.Problem)
                )
            );
        }

        if (console.IsJson)
        {
            CommandConsole.WriteJson(
                new(found, PassedOver: SkippedFilesMapper.ToView(attached.SkippedFiles)),
                CliJson.Default.ItemsViewDatabaseView
            );
        }
        else if (found.Count == 0)
        {
            console.WriteLine("No databases found.");
        }
        else
        {
            console.WriteTable(["DATABASE", ">SIZE", "ENCRYPTED", "PROBLEM"], [.. found.Select(Row)]);
        }
        SkippedFilesReport.Write(console, attached.SkippedFiles);
        return found.Exists(d => d.Error is not null) ? 1 : 0;
    }

    private static int WriteServerList(CommandConsole console, IReadOnlyList<ApiDatabaseView> databases)
    {
        var broken = databases.Any(d => d.Problem is not null);
        ServerCommandExtensions.WriteList(
            console,
            databases,
            "No databases found.",
            ["DATABASE", ">SIZE", "ENCRYPTED", "STATE", ">TASKS", "LAST GOOD BACKUP", "NEXT", "PROBLEM"],
            d =>
                [
                    (d.Id, null),
                    (DisplayFormat.Bytes(d.SizeBytes), null),
                    (d.Encryption.ToLowerInvariant(), null),
                    (FormatState(d.State), ColourOf(d.State)),
                    (d.Tasks.ToString(CultureInfo.InvariantCulture), null),
                    (DisplayFormat.Time(d.LastBackup), null),
                    (DisplayFormat.Time(d.NextBackup), null),
                    (d.Attention ?? (d.RenamedTo is { } name ? $"renamed to {name}" : ""), "red"),
                ]
        );
        return broken ? 1 : 0;
    }

    private static Command Keys() =>
        new Command("keys", "List the databases and globs that the server has a key for.").SetServerAction(
            async (parsed, api, console, cancellationToken) =>
                ServerCommandExtensions.WriteList(
                    console,
                    await api.DatabaseKeys.ListAsync(cancellationToken),
                    "No keys.",
                    ["DATABASES"],
                    k => [(k.Databases, null)]
                )
        );

    private static Command Key()
    {
        var command = new Command("key", "Store the key of encrypted databases on the server, encrypted.");
        var database = command.AddArgument("DATABASE", "Id of the database, or a glob of ids: demo/hr/*.");
        var file = new Option<string>("--key-file")
        {
            Description = "A file with exactly one key: Base64, hex, or a line 'passphrase: …'.",
            HelpName = "FILE",
            Required = true,
        };
        command.Add(file);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var keys = KeyFile.Read(parsed.GetRequiredValue(file));
                var request = (keys.Identities, keys.Passphrases) switch
                {
                    ([var key], []) => new DatabaseKeyRequest { Key = key.ToBase64() },
                    ([], [var passphrase]) => new DatabaseKeyRequest { Passphrase = passphrase },
                    _ => throw new HoldfastException(
                        ErrorCatalog.Usage,
                        $"'{parsed.GetValue(file)}' does not contain exactly one key.",
                        "A database has one key."
                    ),
                };
                await api.DatabaseKeys.PutAsync(id, request, cancellationToken);
                return ServerCommandExtensions.WriteResult(
                    console,
                    $"The key of {id} is stored on the server.",
                    new() { ["database"] = id }
                );
            }
        );
    }

    private static Command ForgetKey()
    {
        var command = new Command("forget-key", "Delete the key of a database from the server.");
        var database = command.AddArgument("DATABASE", "Id or glob that the key was stored for.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                await api.DatabaseKeys.DeleteAsync(id, cancellationToken);
                return ServerCommandExtensions.WriteResult(console, $"The key of {id} was deleted.", new() { ["database"] = id });
            }
        );
    }

    private static Command Dismiss()
    {
        var command = new Command("dismiss", "Remove a dropped database, or one whose source is gone, from the server. Its backups stay.");
        var database = command.AddArgument("DATABASE", "Its id.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                await api.Databases.DismissAsync(id, cancellationToken);
                return ServerCommandExtensions.WriteResult(console, $"{id} dismissed. Its backups stay.", new() { ["dismissed"] = id });
            }
        );
    }

    private static string? ColourOf(string state) =>
        state switch
        {
            "Covered" => "green",
            "Failing" or "Unreadable" or "AtRisk" or "Missing" or "Overdue" => "red",
            "Uncovered" or "Incomplete" or "Held" => "yellow",
            "Dropped" => "grey",
            _ => null,
        };

    // The names that Studio uses.
    private static string FormatState(string state) =>
        state switch
        {
            "Covered" => "protected",
            "AtRisk" => "at risk",
            _ => state.ToLowerInvariant(),
        };

    private static string FormatState(EncryptionState state) =>
        state switch
        {
            EncryptionState.No => "no",
            EncryptionState.Yes => "yes",
            _ => "maybe",
        };

    private static (string, string?)[] Row(DatabaseView d) =>
        [
            (d.Name, null),
            (DisplayFormat.Bytes(d.SizeBytes), null),
            (d.Encryption, d.Encryption == "maybe" ? "yellow" : null),
            (d.Error?.Message ?? "", "red"),
        ];
}
