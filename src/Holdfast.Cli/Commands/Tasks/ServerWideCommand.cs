using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands.Tasks;

/// <summary><c>holdfast server-wide</c>: server-wide backup tasks.</summary>
internal static class ServerWideCommand
{
    private const int MaxShown = 40;

    public static Command Create() =>
        new Command("server-wide", "Server-wide backup tasks: one covers every database but those it excludes.")
        {
            ListCommand(),
            Show(),
            Put(),
            Delete(),
            Preview(),
            RevealKey(),
        }.WithServerOptions();

    private static Command ListCommand() =>
        new Command("list", "List them, and how their databases stand.").SetServerAction(
            async (parsed, api, console, cancellationToken) =>
                ServerCommandExtensions.WriteList(
                    console,
                    await api.ListAsync("server-wide-backups", cancellationToken),
                    "No server-wide backup tasks.",
                    ["NAME", "TYPE", "FULL", "INCREMENTAL", ">OK", ">FAILED", ">NEVER RAN", ">RUNNING", "COVERS"],
                    t =>
                        [
                            (t.GetText("name"), null),
                            (t.GetText("definition", "type").ToLowerInvariant(), null),
                            (t.GetText("definition", "fullBackup"), null),
                            (t.GetText("definition", "incrementalBackup"), null),
                            (t.GetText("counts", "succeeded"), null),
                            (t.GetText("counts", "failed"), t.GetNumber("counts", "failed") > 0 ? "red" : null),
                            (t.GetText("counts", "neverRan"), null),
                            (t.GetText("counts", "running"), null),
                            (
                                t.GetBoolean("definition", "disabled") ? $"(switched off) {t.GetText("summary")}" : t.GetText("summary"),
                                null
                            ),
                        ]
                )
        );

    private static Command Show()
    {
        var command = new Command("show", "Show one: its definition, without its key, and how its databases stand.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var task = await api.GetAsync(Path(parsed.GetRequiredValue(name)), cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(task);
                }
                else
                {
                    WriteTask(console, task);
                }
                return 0;
            }
        );
    }

    private static Command Put()
    {
        var command = new Command("put", "Define or change one. A key that is made for it is shown once.");
        var (name, file) = (Name(command), JsonInput.CreateOption("Its definition"));
        command.Add(file);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var definition = await JsonInput.ReadAsync(parsed.GetRequiredValue(file), cancellationToken);
                var answer = await api.SendAsync(HttpMethod.Put, Path(parsed.GetRequiredValue(name)), definition, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer.Body!);
                    return 0;
                }

                console.WriteLine(
                    $"{answer.Body.GetText("name")} {(answer.IsNew ? "created" : "saved")}: {answer.Body.GetText("preview", "summary")}."
                );
                if (answer.Body.FindText("unencrypted") is { } unencrypted)
                {
                    console.WriteLine($"{unencrypted}.");
                }
                foreach (var folder in (answer.Body!["preview"]?["retentionWouldDelete"] as JsonArray ?? []).Take(MaxShown))
                {
                    console.WriteLine($"retention will delete {folder}");
                }
                WriteUnreachableDestinations(console, answer.Body["preview"]);
                ServerCommandExtensions.WriteKey(console, answer.Body["generatedKey"]);
                return 0;
            }
        );
    }

    private static void WriteUnreachableDestinations(CommandConsole console, JsonNode? preview)
    {
        foreach (var unseen in (preview?["retentionCannotSee"] as JsonArray ?? []).OfType<JsonNode>())
        {
            console.WriteLine(
                $"{unseen.GetText("destination")} cannot be looked at, so what retention will delete there is not known: "
                    + $"{unseen.FindText("error", "message")}"
            );
        }
    }

    private static Command Delete()
    {
        var command = new Command("delete", "Delete one, and with it its databases' tasks. Backups stay.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                await api.SendAsync(HttpMethod.Delete, Path(text), null, cancellationToken);
                return ServerCommandExtensions.WriteResult(console, $"{text} deleted. Its backups stay.", new() { ["deleted"] = text });
            }
        );
    }

    private static Command Preview()
    {
        var command = new Command("preview", "What one covers, database by database; with a file, what it would cover. Saves nothing.");
        var (name, file) = (
            Name(command),
            JsonInput.CreateOption("A definition to look at instead of the one that is saved", required: false)
        );
        command.Add(file);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var path = Path(parsed.GetRequiredValue(name));
                var definition = parsed.GetValue(file) is { } draft
                    ? await JsonInput.ReadAsync(draft, cancellationToken)
                    : (await api.GetAsync(path, cancellationToken))["definition"]!.DeepClone();
                var preview = await api.PostAsync($"{path}/preview", definition, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(preview);
                    return 0;
                }

                var rows = preview.GetItems("databases").ToList();
                if (rows.Count > 0)
                {
                    console.WriteTable(["DATABASE", "MADE", "ENCRYPTION", "WHY"], [.. rows.Select(Row)]);
                }
                foreach (var folder in preview["retentionWouldDelete"] as JsonArray ?? [])
                {
                    console.WriteLine($"retention would delete {folder}");
                }
                WriteUnreachableDestinations(console, preview);
                console.WriteLine(preview.GetText("summary"));
                return 0;
            }
        );
    }

    private static Command RevealKey()
    {
        var command = new Command("reveal-key", "Show its key. The audit log says who did.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var key = await api.PostAsync($"{Path(parsed.GetRequiredValue(name))}/key", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(key);
                }
                ServerCommandExtensions.WriteKey(console, key);
                return 0;
            }
        );
    }

    private static (string, string?)[] Row(JsonNode d) =>
        d.GetBoolean("isExcluded")
            ? [(d.GetText("database"), "grey"), ("excluded", "grey"), ("-", null), ("", null)]
            :
            [
                (d.GetText("database"), null),
                (d.GetText("type").ToLowerInvariant(), null),
                (d.GetText("encryption", "mode"), null),
                (
                    d.FindText("problem") ?? d.FindText("typeReason") ?? d.GetText("encryption", "reason"),
                    d.FindText("problem") is null ? null : "red"
                ),
            ];

    private static void WriteTask(CommandConsole console, JsonNode task)
    {
        var d = task["definition"];
        console.WriteLine($"{task.GetText("name")}{(d.GetBoolean("disabled") ? " (switched off)" : "")}: {task.GetText("summary")}");
        console.WriteLine($"type:         {d.GetText("type").ToLowerInvariant()}");
        console.WriteLine($"full:         {d.GetText("fullBackup")}");
        console.WriteLine($"incremental:  {d.GetText("incrementalBackup")}");
        console.WriteLine($"time zone:    {d.FindText("timeZone") ?? "the node's"}");
        console.WriteLine($"kept:         {(d.FindText("retention", "minimumAgeDays") is { } days ? $"{days} days" : "for ever")}");
        console.WriteLine($"verified:     {(d.FindText("verifyEveryDays") is { } every ? $"every {every} days" : "by hand only")}");
        console.WriteLine($"compared:     every {d.GetText("compareEveryHours")} hours where nothing seems changed");
        console.WriteLine(
            "encryption:   "
                + $"{d.GetText("encryption", "mode")}{(d?["encryption"]?["recipients"] is JsonArray { Count: > 0 } ? $" ({d.JoinItems("encryption", "recipients")})" : "")}"
        );
        if (task.FindText("unencrypted") is { } unencrypted)
        {
            console.WriteLine($"unencrypted:  {unencrypted}");
        }
        console.WriteLine($"destinations: {d.JoinItems("destinations")}");
        console.WriteLine($"excluded:     {d.JoinItems("excluded")}");
        console.WriteLine(
            $"databases:    {task.GetText("counts", "succeeded")} succeeded, {task.GetText("counts", "failed")} failed, "
                + $"{task.GetText("counts", "neverRan")} never ran, {task.GetText("counts", "overdue")} overdue, "
                + $"{task.GetText("counts", "running")} running"
        );
    }

    private static Argument<string> Name(Command command) => command.AddArgument("NAME", "Its name.");

    private static string Path(string name) => $"server-wide-backups/{ApiClient.EscapeSegment(name)}";
}
