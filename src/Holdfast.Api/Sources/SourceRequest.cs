using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Api.Sources;

/// <summary>A source to define or to test.</summary>
public sealed record SourceRequest
{
    /// <summary>
    /// Name of the source, for a test of a definition: omitted passwords are then those stored for the source of this
    /// name. When a definition is saved, the path contains the name, and this one must be the same or null.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>
    /// Kind of its engine: <c>postgresql</c>. <c>GET /kinds</c> lists all, and which of them can be defined over the API; a source of
    /// SQLite is a directory of the server's machine, which only the configuration may name.
    /// </summary>
    public required string Engine { get; init; }

    /// <summary>Its address: <c>postgresql://user@host[,host2]:port[?sslmode=verify-full]</c>. Never contains a password.</summary>
    public required string Url { get; init; }

    /// <summary>
    /// Password of the user in the URL. The server stores it as a secret and never shows it. Null keeps the stored
    /// password; an empty string removes it.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>Globs of the names of databases to include; empty for all.</summary>
    public IReadOnlyList<string> Include { get; set; } = [];

    /// <summary>Globs of the names of databases to exclude.</summary>
    public IReadOnlyList<string> Exclude { get; set; } = [];

    /// <summary>Role that runs restores; null for the user in the URL, who must then have few privileges.</summary>
    public RestoreRoleRequest? Restore { get; init; }

    /// <summary>
    /// Role that owns restored databases; null for the role whose name is that of the restore role followed by
    /// <c>_owner</c>, or without a restore role for the user who restores.
    /// </summary>
    public string? RestoreOwner { get; init; }

    /// <summary>Other settings of its engine. The server refuses unknown ones.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; set; }
}
