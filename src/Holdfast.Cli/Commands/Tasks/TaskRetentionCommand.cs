using System.CommandLine;
using Holdfast.Api;
using Holdfast.Api.Retention;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands.Tasks;

/// <summary>
/// <c>holdfast task retention</c>: manual retention of a task: preview, run now, and approve deletions that a safety
/// limit blocks.
/// </summary>
internal static class TaskRetentionCommand
{
    public static Command Create()
    {
        var command = new Command(
            "retention",
            "Delete the expired chains of a task, except those that need approval. Retention also runs after each full backup."
        );
        var database = command.AddArgument("DATABASE", "Id of the database, SOURCE/NAME.");
        var task = command.AddArgument("TASK", "Name or id of the task.");
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would be deleted, and what needs approval." };
        var approve = new Option<bool>("--approve")
        {
            Description = "Also delete chains that need approval. Use --dry-run first to see which.",
        };
        command.Add(dryRun);
        command.Add(approve);
        command.Validators.Add(r =>
        {
            if (r.GetValue(dryRun) && r.GetValue(approve))
            {
                r.AddError("Give --dry-run or --approve, not both.");
            }
        });
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var id = parsed.GetRequiredValue(database);
                var found = await TaskCommand.FindAsync(api, id, parsed.GetRequiredValue(task), cancellationToken);
                var destinations =
                    parsed.GetValue(dryRun) ? await api.Retention.PreviewAsync(id, found.Id, cancellationToken)
                    : parsed.GetValue(approve) ? await ApproveAsync(api, id, found.Id, cancellationToken)
                    : await api.Retention.RunAsync(id, found.Id, cancellationToken: cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteView(new Page<RetentionView>(destinations));
                }
                else
                {
                    WriteResult(console, destinations, parsed.GetValue(dryRun));
                }
                return destinations.Any(d => d.Error is not null) ? 1 : 0;
            }
        );
    }

    // Approves exactly the chains that the preview shows now; if it shows none, there is nothing to approve.
    private static async Task<IReadOnlyList<RetentionView>> ApproveAsync(
        HoldfastClient api,
        string database,
        string taskId,
        CancellationToken cancellationToken
    )
    {
        var shown = await api.Retention.PreviewAsync(database, taskId, cancellationToken);
        var chains = shown
            .Where(d => d.Going.Count > 0 && !d.LeftToBucket)
            .ToDictionary(d => d.Destination, d => (IReadOnlyList<string>)[.. d.Going.Select(c => c.Path)], StringComparer.Ordinal);
        return chains.Count == 0 ? shown : await api.Retention.ApproveAsync(database, taskId, new(chains), cancellationToken);
    }

    private static void WriteResult(CommandConsole console, IReadOnlyList<RetentionView> destinations, bool isDryRun)
    {
        foreach (var d in destinations)
        {
            var name = d.Destination;
            foreach (var deleted in d.Deleted)
            {
                console.WriteLine($"{name}: deleted {deleted}");
            }
            foreach (var chain in d.Going)
            {
                var state =
                    d.LeftToBucket ? "expired"
                    : (d.BrakeReason is null || chain.Expiring) && isDryRun ? "would delete"
                    : "waits";
                console.WriteLine(
                    $"{name}: {state} {chain.Path} (newest archive {DisplayFormat.Time(chain.Newest)}"
                        + $"{(chain.Expiring ? ", its deletion has begun" : "")})"
                );
            }
            foreach (var file in d.NotDeleted)
            {
                console.WriteText($"{name}: {file.Path} stays: {file.Problem.Message}");
            }
            if (d.LeftToBucket)
            {
                console.WriteLine($"{name}: retention is left to the bucket, nothing is deleted");
            }
            if (d.BrakeReason is { } reason)
            {
                console.WriteLine($"{name}: {reason} Approve with --approve.");
            }
            if (d.Error is { } error)
            {
                console.WriteText($"{name}: {error.Message}");
            }
            if (!d.LeftToBucket || isDryRun)
            {
                console.WriteLine($"{name}: {d.Staying} stay");
            }
        }
    }
}
