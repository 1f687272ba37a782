using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Api;
using Holdfast.Api.Tasks;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Cli.Commands.Tasks;

/// <summary><c>holdfast task</c>: the tasks of a database, derived and regular.</summary>
internal static class TaskCommand
{
    public static Command Create() =>
        new Command("task", "The tasks of a database. Tasks of server-wide backups are shown here and changed with server-wide.")
        {
            ListCommand(),
            Show(),
            Put(),
            Delete(),
            TaskRetentionCommand.Create(),
        }.WithServerOptions();

    /// <summary>Finds a task of a database by its name or id.</summary>
    public static async Task<TaskView> FindAsync(HoldfastClient api, string database, string task, CancellationToken cancellationToken) =>
        await FindOrNullAsync(api, database, task, cancellationToken)
        ?? throw new HoldfastException(
            ErrorCatalog.NotFound,
            $"Database '{database}' has no task '{task}'.",
            $"holdfast task list {database}"
        );

    /// <summary>Finds a task of a database by its name or id; null if it has none of that name.</summary>
    public static async Task<TaskView?> FindOrNullAsync(
        HoldfastClient api,
        string database,
        string? task,
        CancellationToken cancellationToken
    ) =>
        (await api.Tasks.ListAsync(database, cancellationToken))
            .Where(t => t.Id == task || string.Equals(t.Name, task, StringComparison.OrdinalIgnoreCase))
            .OrderBy(t => t.Id == task ? 0 : 1)
            .FirstOrDefault();

    private static Command ListCommand()
    {
        var command = new Command("list", "List a database's tasks.");
        var database = Database(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
                ServerCommandExtensions.WriteList(
                    console,
                    await api.Tasks.ListAsync(parsed.GetRequiredValue(database), cancellationToken),
                    "No task covers it.",
                    ["TASK", "NAME", "MAKES", "ENCRYPTION", "LAST FULL", "LAST INCREMENTAL", "NEXT", "LAST RUN"],
                    t =>
                        [
                            (t.Id, null),
                            (t.Name, null),
                            (DisplayFormat.LowerCase<BackupType>(t.EffectiveType), null),
                            (t.Encryption.Mode.ToString(), null),
                            (DisplayFormat.Time(t.LastFullBackup), null),
                            (DisplayFormat.Time(t.LastIncrementalBackup), null),
                            (DisplayFormat.Time(t.NextBackup?.At), null),
                            (DisplayFormat.LowerCase(t.Status.LastState), t.Status.LastState == OperationState.Failed ? "red" : null),
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
                return ServerCommandExtensions.WriteView(console, found, t => WriteTask(console, t));
            }
        );
    }

    private static Command Put()
    {
        var command = new Command("put", "Create a regular task, or change the one of the same name or id. A generated key is shown once.");
        var database = Database(command);
        var task = new Option<string>("--task")
        {
            Description = "Name or id of the task to change (default: the name in the file).",
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
                    : await FindOrNullAsync(api, id, JsonInput.FindText(definition, "name"), cancellationToken);
                var answer = await SaveAsync(api, id, present, definition, null, cancellationToken);
                return ServerCommandExtensions.WriteView(console, answer.Value, saved =>
                {
                    console.WriteLine($"{saved.Task.Name} of {id} {(answer.IsNew ? "created" : "saved")} (id {saved.Task.Id}).");
                    ServerCommandExtensions.WriteKey(console, saved.GeneratedKey);
                });
            }
        );
    }

    /// <summary>Saves a regular task.</summary>
    /// <param name="api">The server.</param>
    /// <param name="database">Its database.</param>
    /// <param name="present">The task that is changed; null for a new one.</param>
    /// <param name="definition">Its new definition.</param>
    /// <param name="tag">The revision that is expected; null for any.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public static Task<Versioned<RegularTaskView>> SaveAsync(
        HoldfastClient api,
        string database,
        TaskView? present,
        JsonObject definition,
        string? tag,
        CancellationToken cancellationToken
    ) =>
        present is null
            ? api.Tasks.CreateFromDocumentAsync(database, definition, cancellationToken)
            : api.Tasks.PutDocumentAsync(database, present.Id, definition, EditCondition.Unchanged(tag), cancellationToken);

    private static Command Delete()
    {
        var command = new Command("delete", "Delete a regular task. Its backups stay.");
        var (database, task) = (Database(command), Task(command));
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var found = await FindAsync(api, id, parsed.GetRequiredValue(task), cancellationToken);
                await api.Tasks.DeleteAsync(id, found.Id, null, cancellationToken);
                return ServerCommandExtensions.WriteResult(
                    console,
                    $"{found.Name} of {id} deleted. Its backups stay.",
                    new() { ["deleted"] = found.Id }
                );
            }
        );
    }

    private static void WriteTask(CommandConsole console, TaskView t)
    {
        var d = t.Definition;
        console.WriteLine($"{t.Name} of {t.Database}{(d.Disabled ? " (disabled)" : "")}");
        console.WriteLine($"id:               {t.Id}");
        console.WriteLine($"from:             {(t.ServerWide ? "a server-wide backup task" : "this database")}");
        console.WriteLine(
            $"makes:            {DisplayFormat.LowerCase<BackupType>(t.EffectiveType)}"
                + (t.EffectiveTypeReason is { } why ? $": {why}" : "")
        );
        console.WriteLine($"encryption:       {t.Encryption.Mode}: {t.Encryption.Reason}");
        console.WriteLine($"destinations:     {DisplayFormat.Join(d.Destinations)}");
        console.WriteLine($"responsible node: {t.ResponsibleNode}");
        console.WriteLine($"last full:        {DisplayFormat.Time(t.LastFullBackup)}");
        console.WriteLine($"last incremental: {DisplayFormat.Time(t.LastIncrementalBackup)}");
        console.WriteLine(
            "next:             "
                + DisplayFormat.Time(t.NextBackup?.At)
                + (t.NextBackup is { } next ? $" {DisplayFormat.LowerCase<BackupKind>(next.Kind)}" : "")
        );
        console.WriteText(
            "last run:         " + $"{DisplayFormat.LowerCase(t.Status.LastState)}{(t.Status.LastError is { } error ? $": {error}" : "")}"
        );
    }

    private static Argument<string> Database(Command command) => command.AddArgument("DATABASE", "Id of the database, SOURCE/NAME.");

    private static Argument<string> Task(Command command) => command.AddArgument("TASK", "Name or id of the task.");
}
