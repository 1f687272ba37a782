using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands.Tasks;

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
        var database = command.AddArgument("DATABASE", "Id of the database, SOURCE/NAME.");
        var task = command.AddArgument("TASK", "Name or id of the task.");
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
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var found = await TaskCommand.FindAsync(api, id, parsed.GetRequiredValue(task), cancellationToken);
                var path = $"{TaskCommand.TasksPath(id)}/{found.GetText("id")}/retention";
                var answer =
                    parsed.GetValue(dryRun) ? await api.GetAsync(path, cancellationToken)
                    : parsed.GetValue(approve) ? await ApproveAsync(api, path, cancellationToken)
                    : await api.PostAsync(path, null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer);
                }
                else
                {
                    WriteResult(console, answer, parsed.GetValue(dryRun));
                }
                return answer.GetItems("items").Any(d => d["error"] is not null) ? 1 : 0;
            }
        );
    }

    // Approved is exactly what is there to be seen now; where that is nothing, there is nothing to approve.
    private static async Task<JsonNode> ApproveAsync(ApiClient api, string path, CancellationToken cancellationToken)
    {
        var shown = await api.GetAsync(path, cancellationToken);
        var chains = new JsonObject();
        foreach (var destination in shown.GetItems("items").Where(d => d.GetItems("going").Any()))
        {
            chains[destination.GetText("destination")] = new JsonArray([
                .. destination.GetItems("going").Select(c => (JsonNode)c.GetText("path")),
            ]);
        }
        return chains.Count == 0
            ? shown
            : await api.PostAsync($"{path}/approve", new JsonObject { ["chains"] = chains }, cancellationToken);
    }

    private static void WriteResult(CommandConsole console, JsonNode answer, bool isDryRun)
    {
        foreach (var d in answer.GetItems("items"))
        {
            var name = d.GetText("destination");
            foreach (var deleted in d["deleted"] as JsonArray ?? [])
            {
                console.WriteLine($"{name}: deleted {deleted}");
            }
            foreach (var chain in d.GetItems("going"))
            {
                console.WriteLine(
                    $"{name}: {(d.FindText("brakeReason") is null && isDryRun ? "would delete" : "waits")} {chain.GetText("path")} "
                        + $"(newest archive {chain.GetTime("newest")})"
                );
            }
            if (d.FindText("brakeReason") is { } reason)
            {
                console.WriteLine($"{name}: {reason} Approve with --approve.");
            }
            if (d.FindText("error", "message") is { } error)
            {
                console.WriteText($"{name}: {error}");
            }
            console.WriteLine($"{name}: {d.GetText("staying")} stay");
        }
    }
}
