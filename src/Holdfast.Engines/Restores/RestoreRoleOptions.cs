namespace Holdfast.Engines.Restores;

/// <summary>How databases are restored into a server with roles.</summary>
public sealed record RestoreRoleOptions
{
    /// <summary>Role that restores are run as; null for the user of the source.</summary>
    public string? User { get; init; }

    /// <summary>Gives that role's password; null for none.</summary>
    public Func<CancellationToken, ValueTask<string?>>? Password { get; init; }

    /// <summary>Role that owns the new database; null for the engine's default.</summary>
    public string? Owner { get; init; }

    /// <summary>Whether objects belong to the roles that they belonged to. Default no.</summary>
    public bool KeepOwners { get; init; }

    /// <summary>What is done where roles are missing. Default: the restore is refused.</summary>
    public MissingRoles MissingRoles { get; init; }

    /// <summary>Whether a powerful role may restore. Default no.</summary>
    public bool AllowPowerfulRole { get; init; }

    /// <summary>Connections that load at once, at least 1; null for the engine's default.</summary>
    public int? Jobs { get; init; }
}
