using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary>
/// <c>holdfast task retention</c>: what retention of a task would delete, letting it go, and approving what a brake
/// holds.
/// </summary>
internal static class TaskRetentionCommand
{
    public static Command Create()
    {
        var command = new Command(
            "retention",
            "Delete the chains of a task that are past their time, except what a brake holds. It runs by itself after each full backup."
        );
        var database = command.Takes("DATABASE", "Id of the database, SOURCE/NAME.");
        var task = command.Takes("TASK", "Name or id of the task.");
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tell what would be deleted, and what waits." };
        var approve = new Option<bool>("--approve")
        {
            Description = "Delete what a brake holds, too. See with --dry-run first what that is.",
        };
        command.Add(dryRun);
        command.Add(approve);
        command.Validators.Add(r =>
        {
            if (r.GetValue(dryRun) && r.GetValue(approve))
            {
                r.AddError("Give --dry-run or --approve, not both: the one looks, the other deletes.");
            }
        });
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var found = await TaskCommand.FindAsync(api, id, parsed.GetRequiredValue(task), cancellationToken);
                var path = $"{TaskCommand.Path(id)}/{found.Text("id")}/retention";
                var answer =
                    parsed.GetValue(dryRun) ? await api.GetAsync(path, cancellationToken)
                    : parsed.GetValue(approve) ? await ApproveAsync(api, path, cancellationToken)
                    : await api.PostAsync(path, null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(answer);
                }
                else
                {
                    Tell(console, answer, parsed.GetValue(dryRun));
                }
                return answer.Items("items").Any(d => d["error"] is not null) ? 1 : 0;
            }
        );
    }

    // Approved is exactly what is there to be seen now; where that is nothing, there is nothing to approve.
    private static async Task<JsonNode> ApproveAsync(ApiClient api, string path, CancellationToken cancellationToken)
    {
        var shown = await api.GetAsync(path, cancellationToken);
        var chains = new JsonObject();
        foreach (var destination in shown.Items("items").Where(d => d.Items("going").Any()))
        {
            chains[destination.Text("destination")] = new JsonArray([.. destination.Items("going").Select(c => (JsonNode)c.Text("path"))]);
        }
        return chains.Count == 0
            ? shown
            : await api.PostAsync($"{path}/approve", new JsonObject { ["chains"] = chains }, cancellationToken);
    }

    private static void Tell(CommandConsole console, JsonNode answer, bool isDryRun)
    {
        foreach (var d in answer.Items("items"))
        {
            var name = d.Text("destination");
            foreach (var deleted in d["deleted"] as JsonArray ?? [])
            {
                console.Line($"{name}: deleted {deleted}");
            }
            foreach (var chain in d.Items("going"))
            {
                console.Line(
                    $"{name}: {(d.Find("brakeReason") is null && isDryRun ? "would delete" : "waits")} {chain.Text("path")} "
                        + $"(newest archive {chain.Time("newest")})"
                );
            }
            if (d.Find("brakeReason") is { } reason)
            {
                console.Line($"{name}: {reason} Approve with --approve.");
            }
            if (d.Find("error", "message") is { } error)
            {
                console.Text($"{name}: {error}");
            }
            console.Line($"{name}: {d.Text("staying")} stay");
        }
    }
}
