using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast server-wide</c>: server-wide backup tasks.</summary>
internal static class ServerWideCommand
{
    private const int MostShown = 40;

    public static Command Create() =>
        new Command("server-wide", "Server-wide backup tasks: one covers every database but those it excludes.")
        {
            ListCommand(),
            Show(),
            Put(),
            Delete(),
            Preview(),
            RevealKey(),
        }.OverServer();

    private static Command ListCommand() =>
        new Command("list", "List them, and how their databases stand.").Does(
            async (parsed, api, console, cancellationToken) =>
                ClientVerb.List(
                    console,
                    await api.ListAsync("server-wide-backups", cancellationToken),
                    "No server-wide backup tasks.",
                    ["NAME", "TYPE", "FULL", "INCREMENTAL", ">OK", ">FAILED", ">NEVER RAN", ">RUNNING", "COVERS"],
                    t =>
                        [
                            (t.Text("name"), null),
                            (t.Text("definition", "type").ToLowerInvariant(), null),
                            (t.Text("definition", "fullBackup"), null),
                            (t.Text("definition", "incrementalBackup"), null),
                            (t.Text("counts", "succeeded"), null),
                            (t.Text("counts", "failed"), t.Number("counts", "failed") > 0 ? "red" : null),
                            (t.Text("counts", "neverRan"), null),
                            (t.Text("counts", "running"), null),
                            (t.Flag("definition", "disabled") ? $"(switched off) {t.Text("summary")}" : t.Text("summary"), null),
                        ]
                )
        );

    private static Command Show()
    {
        var command = new Command("show", "Show one: its definition, without its key, and how its databases stand.");
        var name = Name(command);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var task = await api.GetAsync(Path(parsed.GetRequiredValue(name)), cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(task);
                }
                else
                {
                    Tell(console, task);
                }
                return 0;
            }
        );
    }

    private static Command Put()
    {
        var command = new Command("put", "Define or change one. A key that is made for it is shown once.");
        var (name, file) = (Name(command), JsonInput.File("Its definition"));
        command.Add(file);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var definition = await JsonInput.ReadAsync(parsed.GetRequiredValue(file), cancellationToken);
                var answer = await api.SendAsync(HttpMethod.Put, Path(parsed.GetRequiredValue(name)), definition, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(answer.Body!);
                    return 0;
                }

                console.Line(
                    $"{answer.Body.Text("name")} {(answer.IsNew ? "created" : "saved")}: {answer.Body.Text("preview", "summary")}."
                );
                if (answer.Body.Find("unencrypted") is { } unencrypted)
                {
                    console.Line($"{unencrypted}.");
                }
                foreach (var folder in (answer.Body!["preview"]?["retentionWouldDelete"] as JsonArray ?? []).Take(MostShown))
                {
                    console.Line($"retention will delete {folder}");
                }
                TellUnseen(console, answer.Body["preview"]);
                ClientVerb.ShowKey(console, answer.Body["generatedKey"]);
                return 0;
            }
        );
    }

    private static void TellUnseen(CommandConsole console, JsonNode? preview)
    {
        foreach (var unseen in (preview?["retentionCannotSee"] as JsonArray ?? []).OfType<JsonNode>())
        {
            console.Line(
                $"{unseen.Text("destination")} cannot be looked at, so what retention will delete there is not known: "
                    + $"{unseen.Find("error", "message")}"
            );
        }
    }

    private static Command Delete()
    {
        var command = new Command("delete", "Delete one, and with it its databases' tasks. Backups stay.");
        var name = Name(command);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                await api.SendAsync(HttpMethod.Delete, Path(text), null, cancellationToken);
                return ClientVerb.Done(console, $"{text} deleted. Its backups stay.", new() { ["deleted"] = text });
            }
        );
    }

    private static Command Preview()
    {
        var command = new Command("preview", "What one covers, database by database; with a file, what it would cover. Saves nothing.");
        var (name, file) = (Name(command), JsonInput.File("A definition to look at instead of the one that is saved", required: false));
        command.Add(file);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var path = Path(parsed.GetRequiredValue(name));
                var definition = parsed.GetValue(file) is { } draft
                    ? await JsonInput.ReadAsync(draft, cancellationToken)
                    : (await api.GetAsync(path, cancellationToken))["definition"]!.DeepClone();
                var preview = await api.PostAsync($"{path}/preview", definition, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(preview);
                    return 0;
                }

                var rows = preview.Items("databases").ToList();
                if (rows.Count > 0)
                {
                    console.Table(["DATABASE", "MADE", "ENCRYPTION", "WHY"], [.. rows.Select(Row)]);
                }
                foreach (var folder in preview["retentionWouldDelete"] as JsonArray ?? [])
                {
                    console.Line($"retention would delete {folder}");
                }
                TellUnseen(console, preview);
                console.Line(preview.Text("summary"));
                return 0;
            }
        );
    }

    private static Command RevealKey()
    {
        var command = new Command("reveal-key", "Show its key. The audit log says who did.");
        var name = Name(command);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var key = await api.PostAsync($"{Path(parsed.GetRequiredValue(name))}/key", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(key);
                }
                ClientVerb.ShowKey(console, key);
                return 0;
            }
        );
    }

    private static (string, string?)[] Row(JsonNode d) =>
        d.Flag("isExcluded")
            ? [(d.Text("database"), "grey"), ("excluded", "grey"), ("-", null), ("", null)]
            :
            [
                (d.Text("database"), null),
                (d.Text("type").ToLowerInvariant(), null),
                (d.Text("encryption", "mode"), null),
                (d.Find("problem") ?? d.Find("typeReason") ?? d.Text("encryption", "reason"), d.Find("problem") is null ? null : "red"),
            ];

    private static void Tell(CommandConsole console, JsonNode task)
    {
        var d = task["definition"];
        console.Line($"{task.Text("name")}{(d.Flag("disabled") ? " (switched off)" : "")}: {task.Text("summary")}");
        console.Line($"type:         {d.Text("type").ToLowerInvariant()}");
        console.Line($"full:         {d.Text("fullBackup")}");
        console.Line($"incremental:  {d.Text("incrementalBackup")}");
        console.Line($"time zone:    {d.Find("timeZone") ?? "the node's"}");
        console.Line($"kept:         {(d.Find("retention", "minimumAgeDays") is { } days ? $"{days} days" : "for ever")}");
        console.Line($"verified:     {(d.Find("verifyEveryDays") is { } every ? $"every {every} days" : "by hand only")}");
        console.Line($"compared:     every {d.Text("compareEveryHours")} hours where nothing seems changed");
        console.Line(
            "encryption:   "
                + $"{d.Text("encryption", "mode")}{(d?["encryption"]?["recipients"] is JsonArray { Count: > 0 } ? $" ({d.Join("encryption", "recipients")})" : "")}"
        );
        if (task.Find("unencrypted") is { } unencrypted)
        {
            console.Line($"unencrypted:  {unencrypted}");
        }
        console.Line($"destinations: {d.Join("destinations")}");
        console.Line($"excluded:     {d.Join("excluded")}");
        console.Line(
            $"databases:    {task.Text("counts", "succeeded")} succeeded, {task.Text("counts", "failed")} failed, "
                + $"{task.Text("counts", "neverRan")} never ran, {task.Text("counts", "overdue")} overdue, "
                + $"{task.Text("counts", "running")} running"
        );
    }

    private static Argument<string> Name(Command command) => command.Takes("NAME", "Its name.");

    private static string Path(string name) => $"server-wide-backups/{ApiClient.Part(name)}";
}
