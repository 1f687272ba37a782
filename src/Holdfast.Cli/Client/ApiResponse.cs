using System.Text.Json.Nodes;

namespace Holdfast.Cli.Client;

/// <summary>What the server answered, when it did what was asked.</summary>
/// <param name="Body">Its document; null where there is none.</param>
/// <param name="ETag">The revision that it is of, as <c>If-Match</c> takes it; null where it has none.</param>
/// <param name="IsNew">Whether the thing was made by this request.</param>
internal sealed record ApiResponse(JsonNode? Body, string? ETag, bool IsNew);
