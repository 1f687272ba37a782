using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Cli.Sources;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using PassedOverView = Holdfast.Server.Endpoints.PassedOverView;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast databases</c>: what a backup of a source would cover, or what a server covers.</summary>
internal static class DatabasesCommand
{
    public static Command Create()
    {
        var (source, access) = (SharedOptions.Source(), new SourceOptions());
        var search = new Option<string>("--search") { Description = "At a server: only those with this in their id.", HelpName = "TEXT" };
        var state = new Option<string>("--state")
        {
            Description = "At a server: only those in this state.",
            HelpName = "Covered|Incomplete|AtRisk|Failing|Overdue|Missing|Held|Uncovered|Unreadable|Waiting|Dropped",
        };
        var command = new Command("databases", "List every database of a source, or of a server and how they stand.")
        {
            source,
            access.Encrypted,
            access.Exclude,
            access.PasswordFile,
            access.AskPassword,
            search,
            state,
            Keys(),
            Key(),
            ForgetKey(),
            Dismiss(),
        }.OverServer();
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                if (parsed.GetValue(source) is { } directory)
                {
                    SharedOptions.Refuse(parsed, "with --source", search, state, ServerOptions.Server, ServerOptions.TokenFile);
                    await using var named = CommandSource.Parse(directory, access, parsed);
                    return await OfSourceAsync(console, named.Source, cancellationToken);
                }

                SharedOptions.Refuse(parsed, "without --source", access.Encrypted, access.Exclude, access.PasswordFile, access.AskPassword);
                if (!ServerOptions.Known(parsed))
                {
                    throw new HoldfastException(
                        ErrorCatalogue.Usage,
                        "Which databases? Neither a source nor a server is given.",
                        "--source [NAME=]DIR for a directory, --source [NAME=]postgresql://USER@HOST for a PostgreSQL "
                            + "server; --server URL --token-file FILE, or holdfast login, for a server."
                    );
                }
                using var api = ServerOptions.Connect(parsed);
                var filters = string.Concat(
                    new[] { ("search", parsed.GetValue(search)), ("state", parsed.GetValue(state)) }
                        .Where(f => f.Item2 is not null)
                        .Select(f => $"&{f.Item1}={ApiClient.Part(f.Item2!)}")
                );
                return OfServer(console, await api.ListAsync($"databases?{filters.TrimStart('&')}".TrimEnd('?'), cancellationToken));
            }
        );
        return command;
    }

    private static async Task<int> OfSourceAsync(CommandConsole console, IDatabaseSource attached, CancellationToken cancellationToken)
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
                    Word(database.Encryption),
                    database.Problem is null ? null : ErrorView.Of(database.Problem)
                )
            );
        }

        if (console.IsJson)
        {
            CommandConsole.Json(new(found, PassedOver: PassedOverView.Of(attached.PassedOver)), CliJson.Default.ItemsViewDatabaseView);
        }
        else if (found.Count == 0)
        {
            console.Line("No databases found.");
        }
        else
        {
            console.Table(["DATABASE", ">SIZE", "ENCRYPTED", "PROBLEM"], [.. found.Select(Row)]);
        }
        PassedOverReport.Write(console, attached.PassedOver);
        return found.Exists(d => d.Error is not null) ? 1 : 0;
    }

    private static int OfServer(CommandConsole console, JsonArray databases)
    {
        var broken = databases.Any(d => d?["problem"] is not null);
        ClientVerb.List(
            console,
            databases,
            "No databases found.",
            ["DATABASE", ">SIZE", "ENCRYPTED", "STATE", ">TASKS", "LAST GOOD BACKUP", "NEXT", "PROBLEM"],
            d =>
                [
                    (d.Text("id"), null),
                    (Words.Bytes(d.Number("sizeBytes")), null),
                    (d.Text("encryption").ToLowerInvariant(), null),
                    (Word(d.Text("state")), Colour(d.Text("state"))),
                    (d.Text("tasks"), null),
                    (d.Time("lastBackup"), null),
                    (d.Time("nextBackup"), null),
                    (d.Find("attention") ?? (d.Find("renamedTo") is { } name ? $"renamed to {name}" : ""), "red"),
                ]
        );
        return broken ? 1 : 0;
    }

    private static Command Keys() =>
        new Command("keys", "List the databases and patterns that the server has a key for.").Does(
            async (parsed, api, console, cancellationToken) =>
                ClientVerb.List(console, await api.ListAsync("database-keys", cancellationToken), "No keys.", ["DATABASES"], k =>
                    [(k.Text("databases"), null)]
                )
        );

    private static Command Key()
    {
        var command = new Command("key", "Give the server the key of encrypted databases; it is kept sealed.");
        var database = command.Takes("DATABASE", "Id of the database, or a glob that ids fit: demo/hr/*.");
        var file = new Option<string>("--key-file")
        {
            Description = "A file with exactly one key: Base64, hex, or a line 'passphrase: …'.",
            HelpName = "FILE",
            Required = true,
        };
        command.Add(file);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var keys = KeyFile.Read(parsed.GetRequiredValue(file));
                var body = (keys.Identities, keys.Passphrases) switch
                {
                    ([var key], []) => new JsonObject { ["key"] = key.ToBase64() },
                    ([], [var passphrase]) => new JsonObject { ["passphrase"] = passphrase },
                    _ => throw new HoldfastException(
                        ErrorCatalogue.Usage,
                        $"'{parsed.GetValue(file)}' does not hold exactly one key.",
                        "A database has one."
                    ),
                };
                await api.SendAsync(HttpMethod.Put, $"database-keys/{ApiClient.Part(id)}", body, cancellationToken);
                return ClientVerb.Done(console, $"The server has the key of {id}.", new() { ["database"] = id });
            }
        );
    }

    private static Command ForgetKey()
    {
        var command = new Command("forget-key", "Let the server forget the key of a database.");
        var database = command.Takes("DATABASE", "Id or glob that the key was given for.");
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                await api.SendAsync(HttpMethod.Delete, $"database-keys/{ApiClient.Part(id)}", null, cancellationToken);
                return ClientVerb.Done(console, $"The key of {id} is forgotten.", new() { ["database"] = id });
            }
        );
    }

    private static Command Dismiss()
    {
        var command = new Command(
            "dismiss",
            "Let the server forget a database that was dropped, or whose source is gone. Its backups stay."
        );
        var database = command.Takes("DATABASE", "Its id.");
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                await api.SendAsync(HttpMethod.Delete, $"databases/{ApiClient.Part(id)}", null, cancellationToken);
                return ClientVerb.Done(console, $"{id} dismissed. Its backups stay.", new() { ["dismissed"] = id });
            }
        );
    }

    private static string? Colour(string state) =>
        state switch
        {
            "Covered" => "green",
            "Failing" or "Unreadable" or "AtRisk" or "Missing" or "Overdue" => "red",
            "Uncovered" or "Incomplete" or "Held" => "yellow",
            "Dropped" => "grey",
            _ => null,
        };

    // As people say it, and as Studio shows it.
    private static string Word(string state) =>
        state switch
        {
            "Covered" => "protected",
            "AtRisk" => "at risk",
            _ => state.ToLowerInvariant(),
        };

    private static string Word(EncryptionState state) =>
        state switch
        {
            EncryptionState.No => "no",
            EncryptionState.Yes => "yes",
            _ => "maybe",
        };

    private static (string, string?)[] Row(DatabaseView d) =>
        [
            (d.Name, null),
            (Words.Bytes(d.SizeBytes), null),
            (d.Encryption, d.Encryption == "maybe" ? "yellow" : null),
            (d.Error?.Message ?? "", "red"),
        ];
}
