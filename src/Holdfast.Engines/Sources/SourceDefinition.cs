using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Engines.Sources;

/// <summary>A source that was defined over the API, as it is stored. Its passwords are stored apart, with the secrets.</summary>
public sealed record SourceDefinition
{
    /// <summary>Name of the source; see <see cref="Core.Databases.DatabaseId.Source"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of its engine: <c>postgresql</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Its address: <c>postgresql://user@host[,host2]:port</c>. Never contains a password.</summary>
    public required string Url { get; init; }

    /// <summary>Globs of the names of databases to include; empty for all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Globs of the names of databases to exclude.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Role that runs restores; null for the user in the URL. Its password is stored with the secrets too.</summary>
    public string? RestoreUser { get; init; }

    /// <summary>Role that owns restored databases; null for the engine's default.</summary>
    public string? RestoreOwner { get; init; }

    /// <summary>Other settings of its engine. They are shown to every viewer and contain no secrets.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; init; }
}
