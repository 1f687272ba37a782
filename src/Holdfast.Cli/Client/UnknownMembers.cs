using System.Text.Json.Nodes;

namespace Holdfast.Cli.Client;

/// <summary>Members of a definition that this version does not know: those that its type, written as JSON, does not have.</summary>
internal static class UnknownMembers
{
    /// <summary>Their paths, such as <c>encryption.rotateDays</c>.</summary>
    /// <param name="document">The definition as an operator wrote it.</param>
    /// <param name="known">The same after it was read into its type.</param>
    public static IEnumerable<string> Find(JsonObject document, JsonObject known) =>
        document.SelectMany(member =>
            !known.TryGetPropertyValue(member.Key, out var value) ? [member.Key]
            : member.Value is JsonObject inner && value is JsonObject knownInner ? Find(inner, knownInner).Select(m => $"{member.Key}.{m}")
            : []
        );

    /// <summary>Whether a stored definition has them with the same values.</summary>
    /// <param name="document">The definition as an operator wrote it.</param>
    /// <param name="known">The same after it was read into its type.</param>
    /// <param name="stored">The definition that the server has.</param>
    public static bool AreStored(JsonObject document, JsonObject known, JsonObject? stored) =>
        document.All(member =>
            !known.TryGetPropertyValue(member.Key, out var value)
                ? JsonNode.DeepEquals(member.Value, stored?[member.Key])
                : member.Value is not JsonObject inner
                    || value is not JsonObject knownInner
                    || AreStored(inner, knownInner, stored?[member.Key] as JsonObject)
        );
}
