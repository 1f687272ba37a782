namespace Holdfast.Server.Configuration;

/// <summary>How databases are restored into a PostgreSQL source.</summary>
public sealed record RestoreEntry
{
    /// <summary>Role that restores are run as, over connections of its own; null for the source's.</summary>
    public string? User { get; init; }

    /// <summary>File of mode 0600 whose first line is that role's password, absolute; null for none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>
    /// Role that owns the new database and all in it; null for the one that is named like <see cref="User"/> with
    /// <c>_owner</c> behind it, or without that the source's.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>Whether objects belong to the roles that they belonged to. Default no.</summary>
    public bool KeepOwners { get; init; }

    /// <summary>What is done where roles are missing: <c>refuse</c>, <c>skip</c> or <c>create</c>. Default refuse.</summary>
    public string MissingRoles { get; init; } = "refuse";

    /// <summary>
    /// Whether a superuser, or another role that may much, may restore: code of the database's owner has its rights
    /// then. Default no.
    /// </summary>
    public bool AllowPowerfulRole { get; init; }

    /// <summary>The old name of <see cref="AllowPowerfulRole"/>, which is read with a warning.</summary>
    public bool AllowSuperuser { get; init; }

    /// <summary>Connections that load large tables and build indexes at once, 1 to 64; null for the engine's default.</summary>
    public int? Jobs { get; init; }
}
