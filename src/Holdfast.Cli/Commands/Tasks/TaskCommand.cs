using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands.Tasks;

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
        }.WithServerOptions();

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
        (await api.ListAsync(TasksPath(database), cancellationToken))
            .OfType<JsonNode>()
            .Where(t => t.GetText("id") == task || string.Equals(t.GetText("name"), task, StringComparison.OrdinalIgnoreCase))
            .OrderBy(t => t.GetText("id") == task ? 0 : 1)
            .FirstOrDefault();

    /// <summary>Path of a database's tasks.</summary>
    public static string TasksPath(string database) => $"databases/{ApiClient.EscapeSegment(database)}/tasks";

    private static Command ListCommand()
    {
        var command = new Command("list", "List a database's tasks.");
        var database = Database(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
                ServerCommandExtensions.WriteList(
                    console,
                    await api.ListAsync(TasksPath(parsed.GetRequiredValue(database)), cancellationToken),
                    "No task covers it.",
                    ["TASK", "NAME", "MAKES", "ENCRYPTION", "LAST FULL", "LAST INCREMENTAL", "NEXT", "LAST RUN"],
                    t =>
                        [
                            (t.GetText("id"), null),
                            (t.GetText("name"), null),
                            (t.GetText("effectiveType").ToLowerInvariant(), null),
                            (t.GetText("encryption", "mode"), null),
                            (t.GetTime("lastFullBackup"), null),
                            (t.GetTime("lastIncrementalBackup"), null),
                            (t.GetTime("nextBackup", "at"), null),
                            (
                                t.GetText("status", "lastState").ToLowerInvariant(),
                                t.GetText("status", "lastState") == "Failed" ? "red" : null
                            ),
                        ]
                )
        );
    }

    private static Command Show()
    {
        var command = new Command("show", "Show one task.");
        var (database, task) = (Database(command), Task(command));
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var found = await FindAsync(api, parsed.GetRequiredValue(database), parsed.GetRequiredValue(task), cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(found);
                }
                else
                {
                    WriteTask(console, found);
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
        var file = JsonInput.CreateOption("Its definition");
        command.Add(task);
        command.Add(file);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var definition = await JsonInput.ReadAsync(parsed.GetRequiredValue(file), cancellationToken);
                var present = parsed.GetValue(task) is { } wanted
                    ? await FindAsync(api, id, wanted, cancellationToken)
                    : await FindOrNullAsync(api, id, definition.FindText("name"), cancellationToken);
                var answer = await SaveAsync(api, id, present, definition, null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer.Body!);
                }
                else
                {
                    console.WriteLine(
                        $"{answer.Body.GetText("task", "name")} of {id} {(answer.IsNew ? "created" : "saved")} (id "
                            + $"{answer.Body.GetText("task", "id")})."
                    );
                }
                ServerCommandExtensions.WriteKey(console, answer.Body!["generatedKey"]);
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
    public static Task<ApiResponse> SaveAsync(
        ApiClient api,
        string database,
        JsonNode? present,
        JsonObject definition,
        string? tag,
        CancellationToken cancellationToken
    ) =>
        present is null
            ? api.SendAsync(HttpMethod.Post, TasksPath(database), definition, cancellationToken)
            : api.SendAsync(HttpMethod.Put, $"{TasksPath(database)}/{present.GetText("id")}", definition, cancellationToken, tag);

    private static Command Delete()
    {
        var command = new Command("delete", "Delete a regular task. Its backups stay.");
        var (database, task) = (Database(command), Task(command));
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var found = await FindAsync(api, id, parsed.GetRequiredValue(task), cancellationToken);
                await api.SendAsync(HttpMethod.Delete, $"{TasksPath(id)}/{found.GetText("id")}", null, cancellationToken);
                return ServerCommandExtensions.WriteResult(
                    console,
                    $"{found.GetText("name")} of {id} deleted. Its backups stay.",
                    new() { ["deleted"] = found.GetText("id") }
                );
            }
        );
    }

    private static void WriteTask(CommandConsole console, JsonNode t)
    {
        var d = t["definition"];
        console.WriteLine($"{t.GetText("name")} of {t.GetText("database")}{(d.GetBoolean("disabled") ? " (switched off)" : "")}");
        console.WriteLine($"id:               {t.GetText("id")}");
        console.WriteLine($"from:             {(t.GetBoolean("serverWide") ? "a server-wide backup task" : "this database")}");
        console.WriteLine(
            $"makes:            {t.GetText("effectiveType").ToLowerInvariant()}{(t.FindText("effectiveTypeReason") is { } why ? $": {why}" : "")}"
        );
        console.WriteLine($"encryption:       {t.GetText("encryption", "mode")}: {t.GetText("encryption", "reason")}");
        console.WriteLine($"destinations:     {d.JoinItems("destinations")}");
        console.WriteLine($"responsible node: {t.GetText("responsibleNode")}");
        console.WriteLine($"last full:        {t.GetTime("lastFullBackup")}");
        console.WriteLine($"last incremental: {t.GetTime("lastIncrementalBackup")}");
        console.WriteLine(
            "next:             "
                + $"{t.GetTime("nextBackup", "at")}{(t.FindText("nextBackup", "kind") is { } kind ? $" {kind.ToLowerInvariant()}" : "")}"
        );
        console.WriteText(
            "last run:         "
                + $"{t.GetText("status", "lastState").ToLowerInvariant()}{(t.FindText("status", "lastError") is { } error ? $": {error}" : "")}"
        );
    }

    private static Argument<string> Database(Command command) => command.AddArgument("DATABASE", "Id of the database, SOURCE/NAME.");

    private static Argument<string> Task(Command command) => command.AddArgument("TASK", "Name or id of the task.");
}
