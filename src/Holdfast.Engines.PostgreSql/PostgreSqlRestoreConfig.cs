namespace Holdfast.Engines.PostgreSql;

/// <summary>How databases are restored into a source.</summary>
public sealed record PostgreSqlRestoreConfig
{
    /// <summary>Role that is to own the new database and all that is in it; null for the role that restores, unless <see cref="KeepOwners"/> is set. The restoring role must be a member of it.</summary>
    public string? Owner { get; init; }

    /// <summary>Whether objects belong to the roles that they belonged to. It needs a superuser, or a member of all these roles. Default no.</summary>
    public bool KeepOwners { get; init; }

    /// <summary>What happens where the target lacks roles. Default: the restore is refused, with the SQL to make them.</summary>
    public MissingRoles MissingRoles { get; init; }

    /// <summary>
    /// Whether a superuser, or a role that may run programs or touch files on the server, may restore. Default no: a dump is a program, and
    /// whoever could write to the archive would run commands as the server's system user.
    /// </summary>
    public bool AllowSuperuser { get; init; }

    /// <summary>Connections that load the rows of a large table, or build indexes and check constraints, at once; 1 to 64, default 2. Indexes of tables that are loaded are built beside the rows of others.</summary>
    public int Jobs { get; init; } = 2;
}
