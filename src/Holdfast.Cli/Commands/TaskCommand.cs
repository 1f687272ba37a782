using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast task</c>: the tasks of a database, derived and regular.</summary>
internal static class TaskCommand
{
    public static Command Create() =>
        new Command("task", "The tasks of a database; those of server-wide backups are shown, and changed with server-wide.")
        {
            ListCommand(),
            Show(),
            Put(),
            Delete(),
            TaskRetentionCommand.Create(),
        }.OverServer();

    /// <summary>The task of a database that a name or id means.</summary>
    public static async Task<JsonNode> FindAsync(ApiClient api, string database, string task, CancellationToken cancellationToken) =>
        await FindOrNullAsync(api, database, task, cancellationToken)
        ?? throw new HoldfastException(
            ErrorCatalogue.NotFound,
            $"Database '{database}' has no task '{task}'.",
            $"holdfast task list {database}"
        );

    /// <summary>The task of a database that a name or id means; null where it has none.</summary>
    public static async Task<JsonNode?> FindOrNullAsync(
        ApiClient api,
        string database,
        string? task,
        CancellationToken cancellationToken
    ) =>
        (await api.ListAsync(Path(database), cancellationToken))
            .OfType<JsonNode>()
            .Where(t => t.Text("id") == task || string.Equals(t.Text("name"), task, StringComparison.OrdinalIgnoreCase))
            .OrderBy(t => t.Text("id") == task ? 0 : 1)
            .FirstOrDefault();

    /// <summary>Path of a database's tasks.</summary>
    public static string Path(string database) => $"databases/{ApiClient.Part(database)}/tasks";

    private static Command ListCommand()
    {
        var command = new Command("list", "List a database's tasks.");
        var database = Database(command);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
                ClientVerb.List(
                    console,
                    await api.ListAsync(Path(parsed.GetRequiredValue(database)), cancellationToken),
                    "No task covers it.",
                    ["TASK", "NAME", "MAKES", "ENCRYPTION", "LAST FULL", "LAST INCREMENTAL", "NEXT", "LAST RUN"],
                    t =>
                        [
                            (t.Text("id"), null),
                            (t.Text("name"), null),
                            (t.Text("effectiveType").ToLowerInvariant(), null),
                            (t.Text("encryption", "mode"), null),
                            (t.Time("lastFullBackup"), null),
                            (t.Time("lastIncrementalBackup"), null),
                            (t.Time("nextBackup", "at"), null),
                            (t.Text("status", "lastState").ToLowerInvariant(), t.Text("status", "lastState") == "Failed" ? "red" : null),
                        ]
                )
        );
    }

    private static Command Show()
    {
        var command = new Command("show", "Show one task.");
        var (database, task) = (Database(command), Task(command));
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var found = await FindAsync(api, parsed.GetRequiredValue(database), parsed.GetRequiredValue(task), cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(found);
                }
                else
                {
                    Tell(console, found);
                }
                return 0;
            }
        );
    }

    private static Command Put()
    {
        var command = new Command(
            "put",
            "Define a regular task, or change the one of the same name or id. A key that is made for it is shown once."
        );
        var database = Database(command);
        var task = new Option<string>("--task")
        {
            Description = "Name or id of the task that is changed (default: the one that the file names).",
            HelpName = "TASK",
        };
        var file = JsonInput.File("Its definition");
        command.Add(task);
        command.Add(file);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var definition = await JsonInput.ReadAsync(parsed.GetRequiredValue(file), cancellationToken);
                var present = parsed.GetValue(task) is { } wanted
                    ? await FindAsync(api, id, wanted, cancellationToken)
                    : await FindOrNullAsync(api, id, definition.Find("name"), cancellationToken);
                var answer = await SaveAsync(api, id, present, definition, null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(answer.Body!);
                }
                else
                {
                    console.Line(
                        $"{answer.Body.Text("task", "name")} of {id} {(answer.IsNew ? "created" : "saved")} (id "
                            + $"{answer.Body.Text("task", "id")})."
                    );
                }
                ClientVerb.ShowKey(console, answer.Body!["generatedKey"]);
                return 0;
            }
        );
    }

    /// <summary>Saves a regular task.</summary>
    /// <param name="api">The server.</param>
    /// <param name="database">Its database.</param>
    /// <param name="present">The task that is changed; null for a new one.</param>
    /// <param name="definition">What it shall be.</param>
    /// <param name="tag">The revision that is expected; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<ApiAnswer> SaveAsync(
        ApiClient api,
        string database,
        JsonNode? present,
        JsonObject definition,
        string? tag,
        CancellationToken cancellationToken
    ) =>
        present is null
            ? api.SendAsync(HttpMethod.Post, Path(database), definition, cancellationToken)
            : api.SendAsync(HttpMethod.Put, $"{Path(database)}/{present.Text("id")}", definition, cancellationToken, tag);

    private static Command Delete()
    {
        var command = new Command("delete", "Delete a regular task. Its backups stay.");
        var (database, task) = (Database(command), Task(command));
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var found = await FindAsync(api, id, parsed.GetRequiredValue(task), cancellationToken);
                await api.SendAsync(HttpMethod.Delete, $"{Path(id)}/{found.Text("id")}", null, cancellationToken);
                return ClientVerb.Done(
                    console,
                    $"{found.Text("name")} of {id} deleted. Its backups stay.",
                    new() { ["deleted"] = found.Text("id") }
                );
            }
        );
    }

    private static void Tell(CommandConsole console, JsonNode t)
    {
        var d = t["definition"];
        console.Line($"{t.Text("name")} of {t.Text("database")}{(d.Flag("disabled") ? " (switched off)" : "")}");
        console.Line($"id:               {t.Text("id")}");
        console.Line($"from:             {(t.Flag("serverWide") ? "a server-wide backup task" : "this database")}");
        console.Line(
            $"makes:            {t.Text("effectiveType").ToLowerInvariant()}{(t.Find("effectiveTypeReason") is { } why ? $": {why}" : "")}"
        );
        console.Line($"encryption:       {t.Text("encryption", "mode")}: {t.Text("encryption", "reason")}");
        console.Line($"destinations:     {d.Join("destinations")}");
        console.Line($"responsible node: {t.Text("responsibleNode")}");
        console.Line($"last full:        {t.Time("lastFullBackup")}");
        console.Line($"last incremental: {t.Time("lastIncrementalBackup")}");
        console.Line(
            "next:             "
                + $"{t.Time("nextBackup", "at")}{(t.Find("nextBackup", "kind") is { } kind ? $" {kind.ToLowerInvariant()}" : "")}"
        );
        console.Text(
            "last run:         "
                + $"{t.Text("status", "lastState").ToLowerInvariant()}{(t.Find("status", "lastError") is { } error ? $": {error}" : "")}"
        );
    }

    private static Argument<string> Database(Command command) => command.Takes("DATABASE", "Id of the database, SOURCE/NAME.");

    private static Argument<string> Task(Command command) => command.Takes("TASK", "Name or id of the task.");
}
