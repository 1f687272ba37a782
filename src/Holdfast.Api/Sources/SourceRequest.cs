using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Api.Sources;

/// <summary>A source to define or to test.</summary>
public sealed record SourceRequest
{
    /// <summary>
    /// Its name, for a test of a definition: passwords that are left out are those stored for the source of this name. A definition
    /// that is saved has the name in the path; the two may not differ.
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
    /// The password of its user, stored with the server's secrets and never shown. Left out, the stored one is kept; empty for none.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>Globs of the names of databases to include; empty for all.</summary>
    public IReadOnlyList<string> Include { get; set; } = [];

    /// <summary>Globs of the names of databases to exclude.</summary>
    public IReadOnlyList<string> Exclude { get; set; } = [];

    /// <summary>Role that runs restores; left out for the user in the URL, who then must have few privileges.</summary>
    public RestoreRoleRequest? Restore { get; init; }

    /// <summary>
    /// Role that owns restored databases; null for the role named after the role for restores followed by <c>_owner</c>, or without
    /// such a role the one that restores.
    /// </summary>
    public string? RestoreOwner { get; init; }

    /// <summary>Other settings of its engine. The server refuses unknown ones.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; set; }
}
