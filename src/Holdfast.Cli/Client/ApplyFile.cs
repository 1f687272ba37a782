using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Holdfast.Api.Destinations;
using Holdfast.Cli.Commands;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Cli.Client;

/// <summary>The file of <c>holdfast apply</c>. All of it is parsed before anything is changed.</summary>
/// <param name="Destinations">Destinations by their names.</param>
/// <param name="ServerWide">Server-wide backup tasks by their names.</param>
/// <param name="Tasks">Regular tasks; each names its database.</param>
internal sealed partial record ApplyFile(
    IReadOnlyList<ApplyItem> Destinations,
    IReadOnlyList<ApplyItem> ServerWide,
    IReadOnlyList<ApplyItem> Tasks
)
{
    private const string SeePageHint = "The server's page /api lists names and types.";

    // Unknown members are listed, not refused: a newer server may know them.
    private static readonly JsonSerializerOptions TolerantOptions = new(ApiJson.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };

    private static readonly string[] KnownKeys = ["$schema", "destinations", "serverWideBackups", "tasks"];

    /// <summary>Paths of the members that this version does not know: mistyped ones, or those of a newer server.</summary>
    public IReadOnlyList<string> UnknownMembers { get; private init; } = [];

    /// <summary>Parses the file.</summary>
    /// <exception cref="HoldfastException">
    /// The file is not valid. The message repeats no value of it, because there may be keys.
    /// </exception>
    public static ApplyFile Parse(JsonObject root)
    {
        if (root.Select(p => p.Key).FirstOrDefault(k => !KnownKeys.Contains(k, StringComparer.Ordinal)) is { } unknownKey)
        {
            throw Invalid(unknownKey, "is unknown", $"Known keys: {string.Join(", ", KnownKeys[1..])}.");
        }
        var unknown = new List<string>();
        return new(
            ReadNamedItems<DestinationRequest>(root, "destinations", ApplyItem.Destination, unknown),
            ReadNamedItems<TaskDefinition>(root, "serverWideBackups", ApplyItem.ServerWide, unknown),
            [.. ReadTasks(root, unknown)]
        )
        {
            UnknownMembers = unknown,
        };
    }

    /// <summary>Refuses the file if it has members that this version does not know.</summary>
    /// <exception cref="HoldfastException">It has some.</exception>
    public void RejectUnknownMembers()
    {
        if (UnknownMembers.Count > 0)
        {
            throw Invalid(string.Join(", ", UnknownMembers), UnknownMembers.Count == 1 ? "is unknown" : "are unknown", SeePageHint);
        }
    }

    private static List<ApplyItem> ReadNamedItems<T>(JsonObject root, string field, string kind, List<string> unknown)
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
            .Select(i => (i.Key, Document: RequireObject(i.Value, $"{field}.{i.Key}")))
            .Select(i => new ApplyItem(kind, i.Key, null, i.Document, Read<T>(i.Document, $"{field}.{i.Key}", unknown)))
            .ToList();
    }

    private static IEnumerable<ApplyItem> ReadTasks(JsonObject root, List<string> unknown)
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
                JsonInput.FindText(definition, "database") is not { Length: > 0 } database
                || JsonInput.FindText(definition, "name") is not { Length: > 0 } name
            )
            {
                throw Invalid($"tasks[{i}]", "lacks database or name", "They identify a task.");
            }
            definition.Remove("database");
            yield return new(ApplyItem.Task, name, database, definition, Read<TaskDefinition>(definition, $"tasks[{i}]", unknown));
        }
    }

    private static JsonObject RequireObject(JsonNode? node, string where) =>
        node as JsonObject ?? throw Invalid(where, "is not an object", "docs/cli.md has an example.");

    private static object Read<T>(JsonObject document, string where, List<string> unknown)
        where T : class
    {
        try
        {
            var definition = document.Deserialize<T>(TolerantOptions)!;
            var known = (JsonObject)JsonSerializer.SerializeToNode(definition, TolerantOptions)!;
            unknown.AddRange(Client.UnknownMembers.Find(document, known).Select(m => $"{where}.{m}"));
            return definition;
        }
        catch (JsonException e)
        {
            var missing = MissingMembersPattern().Match(e.Message).Groups["name"].Captures;
            throw Invalid(
                where + e.Path?.TrimStart('$'),
                missing.Count > 0 ? $"lacks {string.Join(", ", missing)}" : "has the wrong type or an unknown value",
                SeePageHint
            );
        }
    }

    // The message ends with the names of the missing members.
    [GeneratedRegex("missing required properties including: (?:'(?<name>[A-Za-z]+)'[,;. ]*)+")]
    private static partial Regex MissingMembersPattern();

    private static HoldfastException Invalid(string where, string what, string hint) =>
        new(ErrorCatalog.Usage, $"{where} {what}. Nothing was changed.", hint);
}
