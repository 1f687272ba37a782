using System.Text.Json.Serialization;

namespace Holdfast.Node.Discovery;

/// <summary>A restore after which the role that runs restores has not been checked yet.</summary>
/// <param name="Target">Name of the new database.</param>
/// <param name="Started">When it started.</param>
/// <param name="PreviousState">
/// State of the role before it, in the engine's words. If other restores were running, the state before the first of them.
/// </param>
public sealed record UncheckedRestore(
    string Target,
    [property: JsonPropertyName("began")] DateTimeOffset Started,
    [property: JsonPropertyName("before")] string PreviousState
);
