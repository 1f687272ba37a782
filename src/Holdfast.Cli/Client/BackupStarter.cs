using System.Text.Json.Nodes;
using Holdfast.Cli.Commands.Tasks;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Client;

/// <summary>Begins backups on a server.</summary>
internal sealed class BackupStarter(ApiClient api)
{
    /// <summary>Every database of a server-wide task.</summary>
    /// <returns>Ids of the operations.</returns>
    public async Task<IReadOnlyList<string>> StartForTemplateAsync(string template, string kind, CancellationToken cancellationToken)
    {
        var answer = await api.PostAsync(
            $"server-wide-backups/{ApiClient.EscapeSegment(template)}/backup",
            new JsonObject { ["kind"] = kind },
            cancellationToken
        );
        return [.. answer.GetItems("operationIds").Select(i => i.GetValue<string>())];
    }

    /// <summary>Databases by their tasks: those that run, or the one that is named. All are found before the first begins.</summary>
    public async Task<IReadOnlyList<string>> StartForDatabasesAsync(
        IReadOnlyList<string> databases,
        string? task,
        string kind,
        CancellationToken cancellationToken
    )
    {
        var paths = new List<string>();
        foreach (var id in databases.Distinct(StringComparer.Ordinal))
        {
            paths.AddRange(
                (await TasksAsync(id, task, cancellationToken)).Select(t => $"{TaskCommand.TasksPath(id)}/{t.GetText("id")}/backup")
            );
        }
        return await PostAsync(paths, new() { ["kind"] = kind }, cancellationToken);
    }

    /// <summary>Databases once, without a task.</summary>
    public Task<IReadOnlyList<string>> StartOneTimeAsync(
        IReadOnlyList<string> databases,
        string type,
        string destination,
        IEnumerable<string> recipients,
        CancellationToken cancellationToken
    ) =>
        PostAsync(
            databases.Distinct(StringComparer.Ordinal).Select(id => $"databases/{ApiClient.EscapeSegment(id)}/backup"),
            new()
            {
                ["type"] = type,
                ["destinations"] = new JsonArray(destination),
                ["recipients"] = new JsonArray([.. recipients.Select(r => (JsonNode)r)]),
            },
            cancellationToken
        );

    private async Task<IEnumerable<JsonNode>> TasksAsync(string database, string? task, CancellationToken cancellationToken)
    {
        if (task is not null)
        {
            return [await TaskCommand.FindAsync(api, database, task, cancellationToken)];
        }
        var running = (await api.ListAsync(TaskCommand.TasksPath(database), cancellationToken))
            .OfType<JsonNode>()
            .Where(t => !t.GetBoolean("definition", "disabled") && t["definition"]?["destinations"] is JsonArray { Count: > 0 })
            .ToList();
        return running.Count > 0
            ? running
            : throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"No task that runs covers '{database}'.",
                "--to DESTINATION makes a one-time backup; holdfast server-wide put defines a task for all databases."
            );
    }

    private async Task<IReadOnlyList<string>> PostAsync(IEnumerable<string> paths, JsonObject body, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (var path in paths)
        {
            ids.Add((await api.PostAsync(path, body, cancellationToken)).GetText("operationId"));
        }
        return [.. ids.Distinct(StringComparer.Ordinal)]; // what runs already is not begun twice
    }
}
