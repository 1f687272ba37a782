using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Api.Destinations;

/// <summary>A destination as the API shows it.</summary>
public sealed record DestinationView
{
    /// <summary>Name: 1 to 64 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, beginning with a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of the destination: <c>local</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Folder of a local destination; absolute, below one of the localRoots of the node.</summary>
    public string? Path { get; init; }

    /// <summary>Other settings of its kind.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; set; }
}
