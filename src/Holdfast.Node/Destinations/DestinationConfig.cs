using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Node.Destinations.Definitions;

namespace Holdfast.Node.Destinations;

/// <summary>A destination as an operator defined it.</summary>
public sealed record DestinationConfig
{
    /// <summary>
    /// Name of the destination: 1 to 64 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, the first a letter or digit.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>Kind of destination: <c>local</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Folder of a local destination; absolute, under one of the node's allowed roots.</summary>
    public string? Path { get; init; }

    /// <summary>The secrets that are stored for it; null if there are none.</summary>
    public StoredSecrets? Secrets { get; init; }

    /// <summary>Other settings of its kind.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; init; }

    /// <summary>All settings of its kind, by name.</summary>
    internal Dictionary<string, object> AllSettings
    {
        get
        {
            var all = (Settings ?? []).ToDictionary(s => s.Key, s => (object)s.Value, StringComparer.Ordinal);
            if (Path is not null)
            {
                all["path"] = Path;
            }
            return all;
        }
    }

    /// <summary>The settings as operators see them: for each stored secret, one that says so.</summary>
    public Dictionary<string, JsonElement>? VisibleSettings =>
        Secrets is null
            ? Settings
            : (Settings ?? [])
                .Concat(
                    Secrets.Names.Select(n => KeyValuePair.Create(DestinationRoots.MarkerOf(n), JsonSerializer.SerializeToElement(true)))
                )
                .ToDictionary(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool Equals(DestinationConfig? other) =>
        other is not null
        && (Name, Kind, Path, Secrets) == (other.Name, other.Kind, other.Path, other.Secrets)
        && HasSameSettings(other.Settings ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Kind, Path);

    private bool HasSameSettings(Dictionary<string, JsonElement> others) =>
        (Settings?.Count ?? 0) == others.Count
        && (Settings ?? []).All(s => others.TryGetValue(s.Key, out var other) && JsonElement.DeepEquals(s.Value, other));
}
