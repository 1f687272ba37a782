using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast run</c>: the runs of server-wide tasks, each over all its databases.</summary>
internal static class RunCommand
{
    public static Command Create() =>
        new Command("run", "Runs of server-wide tasks: of a slot, or asked for, each over all its databases.")
        {
            ListCommand(),
            Show(),
            Abort(),
        }.OverServer();

    private static Command ListCommand()
    {
        var template = new Option<string>("--template") { Description = "Only those of this server-wide task.", HelpName = "NAME" };
        var limit = new Option<int>("--limit")
        {
            Description = "The newest so many (default 50).",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
        };
        return new Command("list", "List runs, the newest first.") { template, limit }.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var filter = parsed.GetValue(template) is { } name ? $"?template={ApiClient.Part(name)}" : "";
                return List(
                    console,
                    await api.ListAsync($"runs{filter}", cancellationToken, SharedOptions.AtLeastOne(parsed.GetValue(limit), "--limit"))
                );
            }
        );
    }

    private static Command Show()
    {
        var command = new Command("show", "Show one, with its databases: what failed and what was missed first.");
        var id = command.Takes("ID", "Id of the run.");
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
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var path = $"runs/{ApiClient.Part(parsed.GetRequiredValue(id))}";
                var run = await api.GetAsync(path, cancellationToken);
                var filter = parsed.GetValue(state) is { } only ? $"&state={ApiClient.Part(only)}" : "";
                var most = Math.Min(SharedOptions.AtLeastOne(parsed.GetValue(limit), "--limit"), 1_000);
                var databases = (await api.GetAsync($"{path}/databases?limit={most}{filter}", cancellationToken))["items"]!
                    .DeepClone()
                    .AsArray();
                if (console.IsJson)
                {
                    run["databases"] = databases;
                    CommandConsole.Json(run);
                    return 0;
                }

                List(console, [run.DeepClone()]);
                console.Line("");
                return ClientVerb.List(console, databases, "No databases.", ["DATABASE", "STATE", "OPERATION", ">STORED", "PROBLEM"], d =>
                    [
                        (d.Text("database"), null),
                        State(d),
                        (d.Text("operationId"), null),
                        (d.Number("storedBytes") is > 0 and var bytes ? Words.Bytes(bytes) : "-", null),
                        (CommandConsole.Cell(d.Find("error", "message") ?? ""), "red"),
                    ]
                );
            }
        );
    }

    private static Command Abort()
    {
        var command = new Command("abort", "Stop all of a run that waits or runs. Their slots count as used.");
        var id = command.Takes("ID", "Id of the run.");
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(id);
                var aborted = (await api.PostAsync($"runs/{ApiClient.Part(text)}/abort", null, cancellationToken)).Number("aborted");
                return ClientVerb.Done(console, $"{text}: {aborted} aborted.", new() { ["aborted"] = aborted });
            }
        );
    }

    private static int List(CommandConsole console, JsonArray runs) =>
        ClientVerb.List(
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
                    (r.Text("id"), null),
                    (r.Text("templateName"), null),
                    (r.Find("slot") is null ? $"by {r.Find("askedBy")}" : r.Time("slot"), null),
                    (r.Text("kind").ToLowerInvariant(), null),
                    (r.Text("due"), null),
                    (r.Text("done"), null),
                    Count(r, "failed", "red"),
                    Count(r, "missed", "red"),
                    Count(r, "incomplete", "yellow"),
                    Count(r, "aborted", "grey"),
                    ($"{r.Number("waiting") + r.Number("running")}", null),
                    (Words.Bytes(r.Number("storedBytes")), null),
                    (r.Time("ended"), null),
                ]
        );

    private static (string Text, string? Colour) Count(JsonNode run, string name, string colour) =>
        (run.Text(name), run.Number(name) > 0 ? colour : null);

    private static (string Text, string? Colour) State(JsonNode database) =>
        database.Text("state") switch
        {
            "Completed" when database.Flag("unchanged") => ("unchanged", "grey"),
            "Completed" => ("done", "green"),
            "CompletedWithErrors" => ("incomplete", "yellow"),
            "Failed" => ("FAILED", "red"),
            "Missed" => ("MISSED", "red"),
            var other => (other.ToLowerInvariant(), null),
        };
}
