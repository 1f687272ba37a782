using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Node.Tasks;
using Holdfast.Server.Endpoints;

namespace Holdfast.Cli.Client;

/// <summary>What <c>holdfast apply</c> reads. The whole of it is checked for its form before anything is changed.</summary>
/// <param name="Destinations">Destinations by their names.</param>
/// <param name="ServerWide">Server-wide backup tasks by their names.</param>
/// <param name="Tasks">Regular tasks; each names its database.</param>
internal sealed record ApplyFile(IReadOnlyList<ApplyItem> Destinations, IReadOnlyList<ApplyItem> ServerWide, IReadOnlyList<ApplyItem> Tasks)
{
    private static readonly string[] Known = ["$schema", "destinations", "serverWideBackups", "tasks"];

    /// <summary>Reads it.</summary>
    /// <exception cref="HoldfastException">Something has not the form that it must have; no value of the file is repeated.</exception>
    public static ApplyFile Of(JsonObject root)
    {
        if (root.Select(p => p.Key).FirstOrDefault(k => !Known.Contains(k, StringComparer.Ordinal)) is { } unknown)
        {
            throw Bad(unknown, "is not known here", $"Known are {string.Join(", ", Known[1..])}.");
        }
        return new(
            [.. Named<DestinationRequest>(root, "destinations", ApplyItem.Destination)],
            [.. Named<TaskDefinition>(root, "serverWideBackups", ApplyItem.ServerWide)],
            [.. TasksOf(root)]
        );
    }

    private static List<ApplyItem> Named<T>(JsonObject root, string field, string kind)
    {
        if (root[field] is null)
        {
            return [];
        }
        if (root[field] is not JsonObject items)
        {
            throw Bad(field, "is not an object", "Write {\"NAME\": {…}}.");
        }
        return items
            .Select(i => new ApplyItem(
                kind,
                i.Key,
                null,
                Object(i.Value, $"{field}.{i.Key}"),
                Read<T>(Object(i.Value, $"{field}.{i.Key}"), $"{field}.{i.Key}")
            ))
            .ToList();
    }

    private static IEnumerable<ApplyItem> TasksOf(JsonObject root)
    {
        if (root["tasks"] is null)
        {
            yield break;
        }
        if (root["tasks"] is not JsonArray items)
        {
            throw Bad("tasks", "is not a list", "Write [{\"database\": \"SOURCE/NAME\", \"name\": \"…\", …}].");
        }
        foreach (var (i, item) in items.Index())
        {
            var definition = (JsonObject)Object(item, $"tasks[{i}]").DeepClone();
            if (definition.Find("database") is not { Length: > 0 } database || definition.Find("name") is not { Length: > 0 } name)
            {
                throw Bad($"tasks[{i}]", "lacks database or name", "A task is found again by both.");
            }
            definition.Remove("database");
            yield return new(ApplyItem.Task, name, database, definition, Read<TaskDefinition>(definition, $"tasks[{i}]"));
        }
    }

    private static JsonObject Object(JsonNode? node, string where) =>
        node as JsonObject ?? throw Bad(where, "is not an object", "docs/cli.md has an example.");

    private static object Read<T>(JsonObject node, string where)
    {
        try
        {
            return node.Deserialize<T>(ApiJson.Options)!;
        }
        catch (JsonException e)
        {
            throw Bad(
                where + e.Path?.TrimStart('$'),
                "is not what is expected here, or something that is needed is missing",
                "The server's page /api has names and types."
            );
        }
    }

    private static HoldfastException Bad(string where, string what, string hint) =>
        new(ErrorCatalogue.Usage, $"{where} {what}. Nothing was changed.", hint);
}
