namespace Holdfast.Engines.PostgreSql;

/// <summary>How databases are restored into a source.</summary>
public sealed record PostgreSqlRestoreConfig
{
    /// <summary>
    /// Role that the statements of a dump are run as, over connections of its own; null for the source's own. It needs
    /// no right but to log in: the source's role makes the
    /// database, and hands over what was made.
    /// </summary>
    public string? User { get; init; }

    /// <summary>File that holds that role's password as its first line; null where there is none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Gives that role's password when a connection is made; null where there is none. At most one of the two is given.</summary>
    public Func<CancellationToken, ValueTask<string?>>? Password { get; init; }

    /// <summary>
    /// Role that is to own the new database and all that is in it; null for <see cref="DefaultOwner"/> where a role for
    /// restores is named, else for the role that restores,
    /// unless <see cref="KeepOwners"/> is set. The source's role must be a member of it.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>
    /// The role that owns what a role for restores has made, where nobody names another: it is named like that one, and
    /// cannot log in.
    /// </summary>
    public string DefaultOwner => $"{User}_owner";

    /// <summary>
    /// Whether objects belong to the roles that they belonged to. It needs a superuser, or a member of all these roles.
    /// Default no.
    /// </summary>
    public bool KeepOwners { get; init; }

    /// <summary>What happens where the target lacks roles. Default: the restore is refused, with the SQL to make them.</summary>
    public MissingRoles MissingRoles { get; init; }

    /// <summary>
    /// Whether a role may restore that is a superuser or has BYPASSRLS, CREATEROLE or REPLICATION, is a member of
    /// <c>pg_read_all_data</c> and the like, or can become one that
    /// is. Default no: a restore runs code of whoever owned the database, or could write to the archive, with the rights of that role.
    /// </summary>
    public bool AllowPrivilegedRole { get; init; }

    /// <summary>
    /// Connections that load the rows of a large table, or build indexes and check constraints, at once; 1 to 64,
    /// default 2. Indexes of tables that are loaded are built beside the rows of others.
    /// </summary>
    public int Jobs { get; init; } = 2;
}
