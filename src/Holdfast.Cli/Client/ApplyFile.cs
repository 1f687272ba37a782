using System.Text.Json.Nodes;
using Holdfast.Api.Destinations;
using Holdfast.Cli.Commands;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Cli.Client;

/// <summary>The file of <c>holdfast apply</c>. All of it is parsed before anything is changed.</summary>
/// <param name="Destinations">Destinations by their names.</param>
/// <param name="ServerWide">Server-wide backup tasks by their names.</param>
/// <param name="Tasks">Regular tasks; each names its database.</param>
internal sealed record ApplyFile(IReadOnlyList<ApplyItem> Destinations, IReadOnlyList<ApplyItem> ServerWide, IReadOnlyList<ApplyItem> Tasks)
{
    private static readonly string[] KnownKeys = ["$schema", "destinations", "serverWideBackups", "tasks"];

    /// <summary>Parses the file.</summary>
    /// <exception cref="HoldfastException">
    /// The file is not valid. The message repeats no value of it, because there may be keys.
    /// </exception>
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
        where T : class
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
            .Select(i => new ApplyItem(kind, i.Key, null, Read<T>(RequireObject(i.Value, $"{field}.{i.Key}"), $"{field}.{i.Key}")))
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
            if (
                FindText(definition, "database") is not { Length: > 0 } database
                || FindText(definition, "name") is not { Length: > 0 } name
            )
            {
                throw Invalid($"tasks[{i}]", "lacks database or name", "A task is found again by both.");
            }
            definition.Remove("database");
            yield return new(ApplyItem.Task, name, database, Read<TaskDefinition>(definition, $"tasks[{i}]"));
        }
    }

    private static JsonObject RequireObject(JsonNode? node, string where) =>
        node as JsonObject ?? throw Invalid(where, "is not an object", "docs/cli.md has an example.");

    private static object Read<T>(JsonObject node, string where)
        where T : class =>
        JsonInput.Convert<T>(node, path =>
            Invalid(
                path.Length == 0 ? where : $"{where}.{path}",
                "is unknown or invalid, or lacks a required member",
                "The server's page /api lists names and types."
            )
        );

    private static string? FindText(JsonObject node, string name) =>
        node[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static HoldfastException Invalid(string where, string what, string hint) =>
        new(ErrorCatalogue.Usage, $"{where} {what}. Nothing was changed.", hint);
}
