using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Api.Destinations;

/// <summary>The definition of a destination.</summary>
public sealed record DestinationRequest
{
    /// <summary>Kind of the destination: <c>local</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Folder of a local destination, below one of the localRoots of the node.</summary>
    public string? Path { get; init; }

    /// <summary>Other settings of its kind. Settings that the kind does not know are rejected.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; set; }
}
