namespace Holdfast.Server.Configuration;

/// <summary>How databases are restored into a PostgreSQL source.</summary>
public sealed record RestoreEntry
{
    /// <summary>Role that owns the new database and all in it; null for the role that restores.</summary>
    public string? Owner { get; init; }

    /// <summary>Whether objects belong to the roles that they belonged to. Default no.</summary>
    public bool KeepOwners { get; init; }

    /// <summary>What is done where roles are missing: <c>refuse</c>, <c>skip</c> or <c>create</c>. Default refuse.</summary>
    public string MissingRoles { get; init; } = "refuse";

    /// <summary>Whether a superuser may restore: a dump can run programs as the server's system user. Default no.</summary>
    public bool AllowSuperuser { get; init; }

    /// <summary>Connections that load large tables and build indexes at once, 1 to 64; null for the engine's default.</summary>
    public int? Jobs { get; init; }
}
