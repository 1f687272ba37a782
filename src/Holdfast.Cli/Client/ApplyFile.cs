using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Api.Destinations;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Cli.Client;

/// <summary>What <c>holdfast apply</c> reads. The whole of it is checked for its form before anything is changed.</summary>
/// <param name="Destinations">Destinations by their names.</param>
/// <param name="ServerWide">Server-wide backup tasks by their names.</param>
/// <param name="Tasks">Regular tasks; each names its database.</param>
internal sealed record ApplyFile(IReadOnlyList<ApplyItem> Destinations, IReadOnlyList<ApplyItem> ServerWide, IReadOnlyList<ApplyItem> Tasks)
{
    private static readonly string[] KnownKeys = ["$schema", "destinations", "serverWideBackups", "tasks"];

    /// <summary>Reads it.</summary>
    /// <exception cref="HoldfastException">Something has not the form that it must have; no value of the file is repeated.</exception>
    public static ApplyFile Parse(JsonObject root)
    {
        if (root.Select(p => p.Key).FirstOrDefault(k => !KnownKeys.Contains(k, StringComparer.Ordinal)) is { } unknown)
        {
            throw Invalid(unknown, "is not known here", $"Known are {string.Join(", ", KnownKeys[1..])}.");
        }
        return new(
            [.. ReadNamedItems<DestinationRequest>(root, "destinations", ApplyItem.Destination)],
            [.. ReadNamedItems<TaskDefinition>(root, "serverWideBackups", ApplyItem.ServerWide)],
            [.. ReadTasks(root)]
        );
    }

    private static List<ApplyItem> ReadNamedItems<T>(JsonObject root, string field, string kind)
    {
        if (root[field] is null)
        {
            return [];
        }
        if (root[field] is not JsonObject items)
        {
            throw Invalid(field, "is not an object", "Write {\"NAME\": {…}}.");
        }
        return items
            .Select(i => new ApplyItem(
                kind,
                i.Key,
                null,
                RequireObject(i.Value, $"{field}.{i.Key}"),
                Read<T>(RequireObject(i.Value, $"{field}.{i.Key}"), $"{field}.{i.Key}")
            ))
            .ToList();
    }

    private static IEnumerable<ApplyItem> ReadTasks(JsonObject root)
    {
        if (root["tasks"] is null)
        {
            yield break;
        }
        if (root["tasks"] is not JsonArray items)
        {
            throw Invalid("tasks", "is not a list", "Write [{\"database\": \"SOURCE/NAME\", \"name\": \"…\", …}].");
        }
        foreach (var (i, item) in items.Index())
        {
            var definition = (JsonObject)RequireObject(item, $"tasks[{i}]").DeepClone();
            if (definition.FindText("database") is not { Length: > 0 } database || definition.FindText("name") is not { Length: > 0 } name)
            {
                throw Invalid($"tasks[{i}]", "lacks database or name", "A task is found again by both.");
            }
            definition.Remove("database");
            yield return new(ApplyItem.Task, name, database, definition, Read<TaskDefinition>(definition, $"tasks[{i}]"));
        }
    }

    private static JsonObject RequireObject(JsonNode? node, string where) =>
        node as JsonObject ?? throw Invalid(where, "is not an object", "docs/cli.md has an example.");

    private static object Read<T>(JsonObject node, string where)
    {
        try
        {
            return node.Deserialize<T>(ApiJson.Options)!;
        }
        catch (JsonException e)
        {
            throw Invalid(
                where + e.Path?.TrimStart('$'),
                "is not what is expected here, or something that is needed is missing",
                "The server's page /api has names and types."
            );
        }
    }

    private static HoldfastException Invalid(string where, string what, string hint) =>
        new(ErrorCatalogue.Usage, $"{where} {what}. Nothing was changed.", hint);
}
