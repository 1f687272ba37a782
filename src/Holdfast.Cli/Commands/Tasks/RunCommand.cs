using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Holdfast.Api;
using Holdfast.Api.Runs;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Runs;

namespace Holdfast.Cli.Commands.Tasks;

/// <summary><c>holdfast run</c>: runs of server-wide tasks. A run covers all databases of its task.</summary>
internal static class RunCommand
{
    public static Command Create() =>
        new Command("run", "Runs of server-wide tasks, scheduled or requested; each covers all databases of its task.")
        {
            ListCommand(),
            Show(),
            Abort(),
        }.WithServerOptions();

    private static Command ListCommand()
    {
        var template = new Option<string>("--template") { Description = "Only runs of this server-wide task.", HelpName = "NAME" };
        var limit = new Option<int>("--limit")
        {
            Description = "Maximum number, newest first (default 50).",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
        };
        return new Command("list", "List runs, newest first.") { template, limit }.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var most = SharedOptions.RequirePositive(parsed.GetValue(limit), "--limit");
                var query = new RunQuery { Template = parsed.GetValue(template), Limit = Math.Min(most, ApiRoutes.MaxPageSize) };
                return WriteRuns(console, await api.Runs.ListAsync(query, cancellationToken).Take(most).ToListAsync(cancellationToken));
            }
        );
    }

    private static Command Show()
    {
        var command = new Command("show", "Show a run with its databases, failed and missed ones first.");
        var id = command.AddArgument("ID", "Id of the run.");
        var state = new Option<string>("--state")
        {
            Description = "Only databases in this state.",
            HelpName = "Failed|Missed|CompletedWithErrors|Aborted|Running|Queued|Due|Completed",
        };
        var limit = new Option<int>("--limit")
        {
            Description = "Maximum number of databases (default 50).",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
        };
        command.Add(state);
        command.Add(limit);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var run = await api.Runs.GetAsync(parsed.GetRequiredValue(id), cancellationToken);
                var most = SharedOptions.RequirePositive(parsed.GetValue(limit), "--limit");
                var query = new RunDatabaseQuery { State = parsed.GetValue(state), Limit = Math.Min(most, ApiRoutes.MaxPageSize) };
                var databases = (await api.Runs.ListDatabasePageAsync(run.Id, query, cancellationToken)).Items;
                if (console.IsJson)
                {
                    var document = ClientJson.ToDocument(run);
                    document["databases"] = new JsonArray([.. databases.Select(d => (JsonNode?)ClientJson.ToDocument(d))]);
                    CommandConsole.WriteJson(document);
                    return 0;
                }

                WriteRuns(console, [run]);
                console.WriteLine("");
                return ServerCommandExtensions.WriteList(
                    console,
                    databases,
                    "No databases.",
                    ["DATABASE", "STATE", "OPERATION", ">STORED", "PROBLEM"],
                    d =>
                        [
                            (d.Database, null),
                            StateCell(d),
                            (d.OperationId ?? "-", null),
                            (d.StoredBytes > 0 ? DisplayFormat.Bytes(d.StoredBytes) : "-", null),
                            (CommandConsole.ToCell(d.Error?.Message ?? ""), "red"),
                        ]
                );
            }
        );
    }

    private static Command Abort()
    {
        var command = new Command("abort", "Abort all queued and running operations of a run. They are not repeated.");
        var id = command.AddArgument("ID", "Id of the run.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(id);
                var aborted = (await api.Runs.AbortAsync(text, cancellationToken)).Aborted;
                return ServerCommandExtensions.WriteResult(console, $"{text}: {aborted} aborted.", new() { ["aborted"] = aborted });
            }
        );
    }

    private static int WriteRuns(CommandConsole console, IReadOnlyList<Run> runs) =>
        ServerCommandExtensions.WriteList(
            console,
            runs,
            "No runs.",
            [
                "RUN",
                "TEMPLATE",
                "SLOT",
                "KIND",
                ">DUE",
                ">DONE",
                ">FAILED",
                ">MISSED",
                ">INCOMPLETE",
                ">ABORTED",
                ">LEFT",
                ">STORED",
                "ENDED",
            ],
            r =>
                [
                    (r.Id, null),
                    (r.TemplateName, null),
                    (r.Slot is { } slot ? DisplayFormat.Time(slot) : $"by {r.AskedBy}", null),
                    (r.Kind.ToString().ToLowerInvariant(), null),
                    (Count(r.Due), null),
                    (Count(r.Done), null),
                    CountCell(r.Failed, "red"),
                    CountCell(r.Missed, "red"),
                    CountCell(r.Incomplete, "yellow"),
                    CountCell(r.Aborted, "grey"),
                    (Count(r.Waiting + r.Running), null),
                    (DisplayFormat.Bytes(r.StoredBytes), null),
                    (DisplayFormat.Time(r.Ended), null),
                ]
        );

    private static (string Text, string? Colour) CountCell(int count, string colour) => (Count(count), count > 0 ? colour : null);

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static (string Text, string? Colour) StateCell(RunDatabaseView database) =>
        database.State switch
        {
            "Completed" when database.Unchanged => ("unchanged", "grey"),
            "Completed" => ("done", "green"),
            "CompletedWithErrors" => ("incomplete", "yellow"),
            "Failed" => ("FAILED", "red"),
            "Missed" => ("MISSED", "red"),
            var other => (other.ToLowerInvariant(), null),
        };
}
