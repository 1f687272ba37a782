using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands.Tasks;

/// <summary><c>holdfast operation</c>: what runs on the server, and what has run.</summary>
internal static class OperationCommand
{
    public static Command Create() =>
        new Command("operation", "Backups and restores that wait, run, and have run.")
        {
            ListCommand(),
            Show(),
            Watch(),
            Abort(),
            Delay(),
        }.WithServerOptions();

    private static Command ListCommand()
    {
        var database = new Option<string>("--database") { Description = "Only those of this database.", HelpName = "ID" };
        var state = new Option<string>("--state")
        {
            Description = "Only those that stand so.",
            HelpName = "Queued|Running|Completed|CompletedWithErrors|Failed|Aborted",
        };
        state.AcceptOnlyFromAmong("Queued", "Running", "Completed", "CompletedWithErrors", "Failed", "Aborted");
        var limit = new Option<int>("--limit")
        {
            Description = "The newest so many (default 50).",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
        };
        return new Command("list", "List operations, the newest first.") { database, state, limit }.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var filters = string.Join(
                    '&',
                    new[] { ("database", parsed.GetValue(database)), ("state", parsed.GetValue(state)) }
                        .Where(f => f.Item2 is not null)
                        .Select(f => $"{f.Item1}={ApiClient.EscapeSegment(f.Item2!)}")
                );
                var items = await api.ListAsync(
                    filters.Length == 0 ? "operations" : $"operations?{filters}",
                    cancellationToken,
                    SharedOptions.RequirePositive(parsed.GetValue(limit), "--limit")
                );
                OperationReport.WriteList(console, [.. items.OfType<JsonNode>()]);
                return 0;
            }
        );
    }

    private static Command Show()
    {
        var command = new Command("show", "Show one, with its log.");
        var id = command.AddArgument("ID", "Id of the operation.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var path = $"operations/{ApiClient.EscapeSegment(parsed.GetRequiredValue(id))}";
                var operation = await api.GetAsync(path, cancellationToken);
                var log = (await api.GetAsync($"{path}/log", cancellationToken))["items"]!.DeepClone();
                if (console.IsJson)
                {
                    operation["log"] = log;
                    CommandConsole.WriteJson(operation);
                    return 0;
                }

                OperationReport.WriteList(console, [operation]);
                console.WriteLine(
                    $"asked for by {operation.FindText("askedBy") ?? "the schedule"}; node {operation.GetText("node")}; began "
                        + $"{operation.GetTime("started")}, ended {operation.GetTime("ended")}; {operation.GetText("phase")}"
                );
                if (operation.FindText("result", "path") is { } archive)
                {
                    console.WriteLine($"archive: {archive}");
                }
                if (operation.FindText("error", "message") is { } message)
                {
                    console.WriteText(message);
                }
                if (operation.FindText("error", "hint") is { } hint)
                {
                    console.WriteText($"hint: {hint}");
                }
                foreach (var line in log.AsArray())
                {
                    console.WriteText(line?.ToString() ?? "");
                }
                return 0;
            }
        );
    }

    private static Command Watch()
    {
        var ids = new Argument<string[]>("ID") { Description = "Ids of operations.", Arity = ArgumentArity.OneOrMore };
        return new Command("watch", "Wait until operations have ended. Ctrl+C stops waiting, not them.") { ids }.SetServerAction(
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
        var command = new Command("abort", "Stop one for good. What it had not finished is removed.");
        var id = command.AddArgument("ID", "Id of the operation.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(id);
                await api.SendAsync(HttpMethod.Post, $"operations/{ApiClient.EscapeSegment(text)}/abort", null, cancellationToken);
                return ServerCommandExtensions.WriteResult(console, $"{text} aborted.", new() { ["aborted"] = text });
            }
        );
    }

    private static Command Delay()
    {
        var command = new Command("delay", "Stop the backup of a task, and begin it again later.");
        var id = command.AddArgument("ID", "Id of the operation.");
        var minutes = new Option<double>("--minutes")
        {
            Description = "In how many minutes; more than 0, at most 43200.",
            HelpName = "N",
            Required = true,
        };
        command.Add(minutes);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var (text, later) = (parsed.GetRequiredValue(id), parsed.GetValue(minutes));
                await api.SendAsync(
                    HttpMethod.Post,
                    $"operations/{ApiClient.EscapeSegment(text)}/delay",
                    new JsonObject { ["minutes"] = later },
                    cancellationToken
                );
                return ServerCommandExtensions.WriteResult(
                    console,
                    string.Create(CultureInfo.InvariantCulture, $"{text} stopped; it begins again in {later} minutes."),
                    new() { ["delayed"] = text, ["minutes"] = later }
                );
            }
        );
    }
}
