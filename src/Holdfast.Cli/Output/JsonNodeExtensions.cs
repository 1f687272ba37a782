using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Cli.Output;

/// <summary>
/// Reads documents of the server: what is not there is simply absent, for the server may be older or newer than the
/// command.
/// </summary>
internal static class JsonNodeExtensions
{
    /// <summary>A field as text; null where there is none.</summary>
    public static string? FindText(this JsonNode? node, params ReadOnlySpan<string> path) =>
        FindNode(node, path) is JsonValue value
            ? value.GetValueKind() is JsonValueKind.String
                ? value.GetValue<string>()
                : value.ToJsonString()
            : null;

    /// <summary>A field as text, <c>-</c> where there is none.</summary>
    public static string GetText(this JsonNode? node, params ReadOnlySpan<string> path) => FindText(node, path) ?? "-";

    /// <summary>A field as a whole number; 0 where there is none.</summary>
    public static long GetNumber(this JsonNode? node, params ReadOnlySpan<string> path) =>
        FindNode(node, path) is JsonValue value && value.TryGetValue(out long number) ? number : 0;

    /// <summary>Whether a field is <c>true</c>.</summary>
    public static bool GetBoolean(this JsonNode? node, params ReadOnlySpan<string> path) =>
        FindNode(node, path)?.GetValueKind() == JsonValueKind.True;

    /// <summary>A field as a time for people, <c>-</c> where there is none.</summary>
    public static string GetTime(this JsonNode? node, params ReadOnlySpan<string> path) =>
        DateTimeOffset.TryParse(FindText(node, path), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? DisplayFormat.Time(time)
            : "-";

    /// <summary>The items of a list.</summary>
    public static IEnumerable<JsonNode> GetItems(this JsonNode? node, string name = "items") =>
        FindNode(node, [name]) is JsonArray items ? items.OfType<JsonNode>() : [];

    /// <summary>The texts of a list, with commas between them; <c>-</c> where it is empty.</summary>
    public static string JoinItems(this JsonNode? node, params ReadOnlySpan<string> path) =>
        FindNode(node, path) is JsonArray { Count: > 0 } items ? string.Join(", ", items) : "-";

    private static JsonNode? FindNode(JsonNode? node, ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (node is not JsonObject found)
            {
                return null;
            }
            node = found[name];
        }

        return node;
    }
}
