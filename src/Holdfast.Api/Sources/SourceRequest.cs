namespace Holdfast.Api.Sources;

/// <summary>A source that is to be defined, or tried.</summary>
public sealed record SourceRequest
{
    /// <summary>
    /// Its name, for a test of a definition: the passwords that are left out are those stored for the source of this
    /// name. A definition that is saved is named by the path; the two may not differ.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>
    /// Its engine: <c>postgresql</c>. A source of SQLite is a directory of the server's machine: only the configuration
    /// names those.
    /// </summary>
    public required string Engine { get; init; }

    /// <summary>Where it is: <c>postgresql://user@host[,host2]:port[?sslmode=verify-full]</c>. Never with a password.</summary>
    public required string Url { get; init; }

    /// <summary>
    /// The password of its user, kept with the secrets and never shown. Left out, the one that is kept stays; empty for
    /// none.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>Globs of the names of databases that count; empty means all.</summary>
    public IReadOnlyList<string> Include { get; set; } = [];

    /// <summary>Globs of the names of databases that do not count.</summary>
    public IReadOnlyList<string> Exclude { get; set; } = [];

    /// <summary>Role that restores are run as; left out for the user of the address, who has to be one of little rights.</summary>
    public RestoreRoleRequest? Restore { get; init; }

    /// <summary>
    /// Role that owns what is restored here; null for the one that is named like the role for restores with
    /// <c>_owner</c> behind it, or without that the one that restores.
    /// </summary>
    public string? RestoreOwner { get; init; }
}
