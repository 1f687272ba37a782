using System.Text.Json.Serialization;

namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>
/// What a database needs from its server: its own properties, and the shared objects that it refers to. It is the item
/// <c>database.json</c> of the archive, and contains no password.
/// </summary>
internal sealed record DatabaseMetadata
{
    /// <summary>Version of the format.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Name of the database when it was backed up.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the server, for example <c>15.18</c>.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>Owner of the database.</summary>
    public required string Owner { get; init; }

    /// <summary>Name of the encoding, for example <c>UTF8</c>.</summary>
    public required string Encoding { get; init; }

    /// <summary><c>LC_COLLATE</c>.</summary>
    public required string Collate { get; init; }

    /// <summary><c>LC_CTYPE</c>.</summary>
    public required string CharacterType { get; init; }

    /// <summary><c>libc</c>, <c>icu</c> or <c>builtin</c>.</summary>
    public required string LocaleProvider { get; init; }

    /// <summary>Locale of ICU or of the builtin provider.</summary>
    public string? Locale { get; init; }

    /// <summary>ICU rules, since version 16.</summary>
    public string? IcuRules { get; init; }

    /// <summary>Connection limit; -1 for no limit.</summary>
    public int ConnectionLimit { get; init; } = -1;

    /// <summary>The comment on the database.</summary>
    public string? Comment { get; init; }

    /// <summary>Grants on the database itself; null if they are those of a new database.</summary>
    public IReadOnlyList<DatabaseGrant>? Grants { get; init; }

    /// <summary>
    /// Grants on the schema <c>public</c> to roles other than its owner, for servers before version 15; null for newer
    /// ones, whose dump contains them.
    /// </summary>
    public IReadOnlyList<DatabaseGrant>? PublicGrants { get; init; }

    /// <summary><c>ALTER DATABASE … SET</c> and <c>ALTER ROLE … IN DATABASE … SET</c>.</summary>
    public IReadOnlyList<DatabaseSetting> Settings { get; init; } = [];

    /// <summary>Roles that own objects in it, or are named in its grants and policies.</summary>
    public IReadOnlyList<RoleReference> Roles { get; init; } = [];

    /// <summary>Tablespaces that contain objects of it, except those of the server itself.</summary>
    public IReadOnlyList<string> Tablespaces { get; init; } = [];

    /// <summary>Its extensions with their versions: <c>hstore 1.8</c>.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <summary>Number of its subscriptions. Not stored: the dump contains those that could be read.</summary>
    [JsonIgnore]
    public long Subscriptions { get; init; }

    /// <summary>
    /// Objects that are missing from the dump because the role is not allowed to see them, with the missing grant. Not
    /// stored.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> Unseen { get; init; } = [];
}
