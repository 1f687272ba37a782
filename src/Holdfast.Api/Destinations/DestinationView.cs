using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Api.Destinations;

/// <summary>A destination as an operator defined it.</summary>
public sealed record DestinationView
{
    /// <summary>Its name: 1 to 64 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, the first a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>What it is: <c>local</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The folder of a local one; absolute, under one of the node's allowed roots.</summary>
    public string? Path { get; init; }

    /// <summary>The other settings of its kind.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; set; }
}
