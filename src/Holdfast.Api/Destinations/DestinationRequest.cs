using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Api.Destinations;

/// <summary>A destination that is to be defined.</summary>
public sealed record DestinationRequest
{
    /// <summary>What it is: <c>local</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The folder of a local one, under one of the node's localRoots.</summary>
    public string? Path { get; init; }

    /// <summary>The other settings of its kind. One that the kind does not know is refused.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; set; }
}
