using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands.Tasks;

/// <summary><c>holdfast run</c>: the runs of server-wide tasks, each over all its databases.</summary>
internal static class RunCommand
{
    public static Command Create() =>
        new Command("run", "Runs of server-wide tasks: of a slot, or asked for, each over all its databases.")
        {
            ListCommand(),
            Show(),
            Abort(),
        }.WithServerOptions();

    private static Command ListCommand()
    {
        var template = new Option<string>("--template") { Description = "Only those of this server-wide task.", HelpName = "NAME" };
        var limit = new Option<int>("--limit")
        {
            Description = "The newest so many (default 50).",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
        };
        return new Command("list", "List runs, the newest first.") { template, limit }.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var filter = parsed.GetValue(template) is { } name ? $"?template={ApiClient.EscapeSegment(name)}" : "";
                return WriteRuns(
                    console,
                    await api.ListAsync(
                        $"runs{filter}",
                        cancellationToken,
                        SharedOptions.RequirePositive(parsed.GetValue(limit), "--limit")
                    )
                );
            }
        );
    }

    private static Command Show()
    {
        var command = new Command("show", "Show one, with its databases: what failed and what was missed first.");
        var id = command.AddArgument("ID", "Id of the run.");
        var state = new Option<string>("--state")
        {
            Description = "Only databases that became so.",
            HelpName = "Failed|Missed|CompletedWithErrors|Aborted|Running|Queued|Due|Completed",
        };
        var limit = new Option<int>("--limit")
        {
            Description = "The first so many databases (default 50).",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
        };
        command.Add(state);
        command.Add(limit);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var path = $"runs/{ApiClient.EscapeSegment(parsed.GetRequiredValue(id))}";
                var run = await api.GetAsync(path, cancellationToken);
                var filter = parsed.GetValue(state) is { } only ? $"&state={ApiClient.EscapeSegment(only)}" : "";
                var most = Math.Min(SharedOptions.RequirePositive(parsed.GetValue(limit), "--limit"), 1_000);
                var databases = (await api.GetAsync($"{path}/databases?limit={most}{filter}", cancellationToken))["items"]!
                    .DeepClone()
                    .AsArray();
                if (console.IsJson)
                {
                    run["databases"] = databases;
                    CommandConsole.WriteJson(run);
                    return 0;
                }

                WriteRuns(console, [run.DeepClone()]);
                console.WriteLine("");
                return ServerCommandExtensions.WriteList(
                    console,
                    databases,
                    "No databases.",
                    ["DATABASE", "STATE", "OPERATION", ">STORED", "PROBLEM"],
                    d =>
                        [
                            (d.GetText("database"), null),
                            StateCell(d),
                            (d.GetText("operationId"), null),
                            (d.GetNumber("storedBytes") is > 0 and var bytes ? DisplayFormat.Bytes(bytes) : "-", null),
                            (CommandConsole.ToCell(d.FindText("error", "message") ?? ""), "red"),
                        ]
                );
            }
        );
    }

    private static Command Abort()
    {
        var command = new Command("abort", "Stop all of a run that waits or runs. Their slots count as used.");
        var id = command.AddArgument("ID", "Id of the run.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(id);
                var aborted = (await api.PostAsync($"runs/{ApiClient.EscapeSegment(text)}/abort", null, cancellationToken)).GetNumber(
                    "aborted"
                );
                return ServerCommandExtensions.WriteResult(console, $"{text}: {aborted} aborted.", new() { ["aborted"] = aborted });
            }
        );
    }

    private static int WriteRuns(CommandConsole console, JsonArray runs) =>
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
                    (r.GetText("id"), null),
                    (r.GetText("templateName"), null),
                    (r.FindText("slot") is null ? $"by {r.FindText("askedBy")}" : r.GetTime("slot"), null),
                    (r.GetText("kind").ToLowerInvariant(), null),
                    (r.GetText("due"), null),
                    (r.GetText("done"), null),
                    CountCell(r, "failed", "red"),
                    CountCell(r, "missed", "red"),
                    CountCell(r, "incomplete", "yellow"),
                    CountCell(r, "aborted", "grey"),
                    ($"{r.GetNumber("waiting") + r.GetNumber("running")}", null),
                    (DisplayFormat.Bytes(r.GetNumber("storedBytes")), null),
                    (r.GetTime("ended"), null),
                ]
        );

    private static (string Text, string? Colour) CountCell(JsonNode run, string name, string colour) =>
        (run.GetText(name), run.GetNumber(name) > 0 ? colour : null);

    private static (string Text, string? Colour) StateCell(JsonNode database) =>
        database.GetText("state") switch
        {
            "Completed" when database.GetBoolean("unchanged") => ("unchanged", "grey"),
            "Completed" => ("done", "green"),
            "CompletedWithErrors" => ("incomplete", "yellow"),
            "Failed" => ("FAILED", "red"),
            "Missed" => ("MISSED", "red"),
            var other => (other.ToLowerInvariant(), null),
        };
}
