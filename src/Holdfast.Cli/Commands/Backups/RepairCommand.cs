using System.CommandLine;
using Holdfast.Api;
using Holdfast.Api.Backups;
using Holdfast.Cli.Client;
using Holdfast.Cli.Commands.Tasks;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast repair</c>: copies what the destinations of a task lack from each other.</summary>
internal static class RepairCommand
{
    public static Command Create()
    {
        var command = new Command(
            "repair",
            "Copy backups that a destination of a task lacks from its other destinations. The server does this by itself after a failure; "
                + "use it for a destination that was added to a task, or to repeat a repair at once."
        );
        var database = new Argument<string?>("DATABASE")
        {
            Description = "Id of the database, SOURCE/NAME.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var task = new Option<string>("--task") { Description = "Name or id of its task (default: all its tasks).", HelpName = "TASK" };
        var template = new Option<string>("--template")
        {
            Description = "All databases of this server-wide backup task.",
            HelpName = "NAME",
        };
        var all = new Option<bool>("--all-chains")
        {
            Description = "Copy all chains that retention keeps, not only the newest one and what was lost.",
        };
        var noWait = new Option<bool>("--no-wait") { Description = "Do not wait for completion." };
        command.Add(database);
        command.Add(task);
        command.Add(template);
        command.Add(all);
        command.Add(noWait);
        return command
            .SetServerAction(
                async (parsed, api, console, cancellationToken) =>
                {
                    var request = new RepairRequest { AllChains = parsed.GetValue(all) };
                    var started = (parsed.GetValue(database), parsed.GetValue(template)) switch
                    {
                        ({ } id, null) => await StartAsync(api, id, parsed.GetValue(task), request, cancellationToken),
                        (null, { } name) => (await api.ServerWideBackups.RepairAsync(name, request, cancellationToken)).OperationIds,
                        _ => throw new HoldfastException(
                            ErrorCatalog.Usage,
                            "Which backups? Give either the id of a database or a server-wide backup task.",
                            "holdfast repair SOURCE/NAME, or holdfast repair --template NAME"
                        ),
                    };
                    if (parsed.GetValue(noWait))
                    {
                        return OperationReport.WriteStarted(console, started);
                    }
                    return OperationReport.WriteOutcome(
                        console,
                        await new OperationWatcher(api, console).WaitAsync(started, cancellationToken)
                    );
                }
            )
            .WithServerOptions();
    }

    private static async Task<IReadOnlyList<string>> StartAsync(
        HoldfastClient api,
        string database,
        string? task,
        RepairRequest request,
        CancellationToken cancellationToken
    )
    {
        var tasks = task is null
            ? [.. (await api.Tasks.ListAsync(database, cancellationToken)).Where(t => t.Definition.Destinations.Count > 1)]
            : new[] { await TaskCommand.FindAsync(api, database, task, cancellationToken) };
        if (tasks.Length == 0)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"No task of '{database}' has more than one destination: there is nothing to copy from.",
                $"holdfast task list {database}"
            );
        }
        var ids = new List<string>();
        foreach (var found in tasks)
        {
            ids.Add((await api.Tasks.RepairAsync(database, found.Id, request, cancellationToken)).OperationId);
        }
        return ids;
    }
}
