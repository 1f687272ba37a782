using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Api.Sources;

/// <summary>How a source was defined over the API. Members are those of <see cref="SourceRequest"/>; passwords are not shown.</summary>
/// <param name="Url">Its address.</param>
/// <param name="HasPassword">Whether a password is stored for it.</param>
/// <param name="Include">Globs of the names of databases to include; empty for all.</param>
/// <param name="Exclude">Globs of the names of databases to exclude.</param>
/// <param name="RestoreOwner">Role that owns restored databases; null for the engine's default.</param>
public sealed record SourceDefinitionView(
    string Url,
    bool HasPassword,
    IReadOnlyList<string> Include,
    IReadOnlyList<string> Exclude,
    string? RestoreOwner
)
{
    /// <summary>The role that runs restores; null for the user in the URL.</summary>
    public RestoreRoleView? Restore { get; init; }

    /// <summary>Other settings of its engine.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; set; }
}
