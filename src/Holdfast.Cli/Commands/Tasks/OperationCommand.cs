using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Holdfast.Api;
using Holdfast.Api.Operations;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Operations;

namespace Holdfast.Cli.Commands.Tasks;

/// <summary><c>holdfast operation</c>: queued, running and ended operations of the server.</summary>
internal static class OperationCommand
{
    public static Command Create() =>
        new Command("operation", "Queued, running and ended backups, restores and verifications.")
        {
            ListCommand(),
            Show(),
            Watch(),
            Abort(),
            Delay(),
        }.WithServerOptions();

    private static Command ListCommand()
    {
        var database = new Option<string>("--database") { Description = "Only operations of this database.", HelpName = "ID" };
        var state = new Option<string>("--state")
        {
            Description = "Only operations in this state.",
            HelpName = "Queued|Running|Completed|CompletedWithErrors|Failed|Aborted",
        };
        state.AcceptOnlyFromAmong("Queued", "Running", "Completed", "CompletedWithErrors", "Failed", "Aborted");
        var limit = new Option<int>("--limit")
        {
            Description = "Maximum number, newest first (default 50).",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
        };
        return new Command("list", "List operations, newest first.") { database, state, limit }.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var most = SharedOptions.RequirePositive(parsed.GetValue(limit), "--limit");
                var query = new OperationQuery
                {
                    Database = parsed.GetValue(database),
                    State = parsed.GetValue(state) is { } only ? Enum.Parse<OperationState>(only) : null,
                    Limit = Math.Min(most, ApiRoutes.MaxPageSize),
                };
                OperationReport.WriteList(
                    console,
                    await api.Operations.ListAsync(query, cancellationToken).Take(most).ToListAsync(cancellationToken)
                );
                return 0;
            }
        );
    }

    private static Command Show()
    {
        var command = new Command("show", "Show an operation with its log.");
        var id = command.AddArgument("ID", "Id of the operation.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var operation = await api.Operations.GetAsync(parsed.GetRequiredValue(id), cancellationToken);
                var log = await api.Operations.GetLogAsync(operation.Id, cancellationToken);
                if (console.IsJson)
                {
                    var document = ClientJson.ToDocument(operation);
                    document["log"] = new JsonArray([.. log.Select(l => (JsonNode?)l)]);
                    CommandConsole.WriteJson(document);
                    return 0;
                }

                OperationReport.WriteList(console, [operation]);
                console.WriteLine(
                    $"requested by {operation.AskedBy ?? "the schedule"}; node {operation.Node}; started "
                        + $"{DisplayFormat.Time(operation.Started)}, ended {DisplayFormat.Time(operation.Ended)}; {operation.Phase}"
                );
                if (operation.Result?.Path is { } archive)
                {
                    console.WriteLine($"archive: {archive}");
                }
                if (operation.Error is { } error)
                {
                    console.WriteText(error.Message);
                }
                if (operation.Error?.Hint is { } hint)
                {
                    console.WriteText($"hint: {hint}");
                }
                foreach (var line in log)
                {
                    console.WriteText(line);
                }
                return 0;
            }
        );
    }

    private static Command Watch()
    {
        var ids = new Argument<string[]>("ID") { Description = "Ids of operations.", Arity = ArgumentArity.OneOrMore };
        return new Command("watch", "Wait until operations have ended. Ctrl+C stops waiting; the operations continue.")
        {
            ids,
        }.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
                OperationReport.WriteOutcome(
                    console,
                    await new OperationWatcher(api, console).WaitAsync(
                        [.. parsed.GetRequiredValue(ids).Distinct(StringComparer.Ordinal)],
                        cancellationToken
                    )
                )
        );
    }

    private static Command Abort()
    {
        var command = new Command("abort", "Abort an operation. Unfinished archives and databases are removed.");
        var id = command.AddArgument("ID", "Id of the operation.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(id);
                await api.Operations.AbortAsync(text, cancellationToken);
                return ServerCommandExtensions.WriteResult(console, $"{text} aborted.", new() { ["aborted"] = text });
            }
        );
    }

    private static Command Delay()
    {
        var command = new Command("delay", "Stop the backup of a task and start it again later.");
        var id = command.AddArgument("ID", "Id of the operation.");
        var minutes = new Option<double>("--minutes")
        {
            Description = "Minutes until it starts again; more than 0, at most 43200.",
            HelpName = "N",
            Required = true,
        };
        command.Add(minutes);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var (text, later) = (parsed.GetRequiredValue(id), parsed.GetValue(minutes));
                await api.Operations.DelayAsync(text, new(later), cancellationToken);
                return ServerCommandExtensions.WriteResult(
                    console,
                    string.Create(CultureInfo.InvariantCulture, $"{text} stopped; it starts again in {later} minutes."),
                    new() { ["delayed"] = text, ["minutes"] = later }
                );
            }
        );
    }
}
