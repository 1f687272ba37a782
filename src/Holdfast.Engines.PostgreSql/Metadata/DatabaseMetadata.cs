using System.Text.Json.Serialization;

namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>
/// What a database needs from outside of it: its own properties, and what it names of the server. It is an item of the
/// archive, <c>database.json</c>, and holds no password.
/// </summary>
internal sealed record DatabaseMetadata
{
    /// <summary>Version of this record.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Name of the database when it was backed up.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the server, as in <c>15.18</c>.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>The role that owns it.</summary>
    public required string Owner { get; init; }

    /// <summary>Name of the encoding: <c>UTF8</c>.</summary>
    public required string Encoding { get; init; }

    /// <summary><c>LC_COLLATE</c>.</summary>
    public required string Collate { get; init; }

    /// <summary><c>LC_CTYPE</c>.</summary>
    public required string CharacterType { get; init; }

    /// <summary><c>libc</c>, <c>icu</c> or <c>builtin</c>.</summary>
    public required string LocaleProvider { get; init; }

    /// <summary>Locale of ICU or of PostgreSQL itself.</summary>
    public string? Locale { get; init; }

    /// <summary>Rules for ICU, from version 16 on.</summary>
    public string? IcuRules { get; init; }

    /// <summary>Connections that are allowed; -1 for any number.</summary>
    public int ConnectionLimit { get; init; } = -1;

    /// <summary>The comment on it.</summary>
    public string? Comment { get; init; }

    /// <summary>Grants on the database itself; null where nobody changed what a new database has.</summary>
    public IReadOnlyList<DatabaseGrant>? Grants { get; init; }

    /// <summary>
    /// Grants on the schema <c>public</c> to others than its owner, of a server before version 15; null of newer ones,
    /// where the dump has them.
    /// </summary>
    public IReadOnlyList<DatabaseGrant>? PublicGrants { get; init; }

    /// <summary><c>ALTER DATABASE … SET</c> and <c>ALTER ROLE … IN DATABASE … SET</c>.</summary>
    public IReadOnlyList<DatabaseSetting> Settings { get; init; } = [];

    /// <summary>Roles that own something in it, or stand in its grants and policies.</summary>
    public IReadOnlyList<RoleReference> Roles { get; init; } = [];

    /// <summary>Tablespaces that something in it lies in, apart from the server's own.</summary>
    public IReadOnlyList<string> Tablespaces { get; init; } = [];

    /// <summary>Its extensions with their versions: <c>hstore 1.8</c>.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <summary>Number of subscriptions that it has. Not stored: the dump has those that could be read.</summary>
    [JsonIgnore]
    public long Subscriptions { get; init; }

    /// <summary>What it has and the dump does not, for the role may not see it; with the grant that is missing. Not stored.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Unseen { get; init; } = [];
}
