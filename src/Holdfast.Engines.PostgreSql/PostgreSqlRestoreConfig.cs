using Holdfast.Engines.Restores;

namespace Holdfast.Engines.PostgreSql;

/// <summary>Configuration of restores into a source.</summary>
public sealed record PostgreSqlRestoreConfig
{
    /// <summary>
    /// Role that executes the statements of a dump, over its own connections; null for the source's role. It needs no
    /// privilege except LOGIN: the source's role creates the database and transfers the ownership of its objects.
    /// </summary>
    public string? User { get; init; }

    /// <summary>File with that role's password in the first line; null if there is none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>
    /// Returns that role's password for each new connection; null if there is none. Do not set both this and
    /// <see cref="PasswordFile"/>.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? Password { get; init; }

    /// <summary>
    /// Role that will own the new database and all its objects. Null for <see cref="DefaultOwner"/> if a restore role
    /// is configured, else for the role that restores, unless <see cref="KeepOwners"/> is set. The source's role must
    /// be a member of it.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>
    /// Owner of what a restore role has created, unless another is configured: named after the restore role, and
    /// without LOGIN.
    /// </summary>
    public string DefaultOwner => $"{User}_owner";

    /// <summary>
    /// Whether objects get their original owners. Requires a superuser, or a member of all these roles. Default no.
    /// </summary>
    public bool KeepOwners { get; init; }

    /// <summary>What to do if the target server lacks roles. Default: fail, with the SQL that creates them.</summary>
    public MissingRoles MissingRoles { get; init; }

    /// <summary>
    /// Whether the restore role may be a superuser, have BYPASSRLS, CREATEROLE or REPLICATION, be a member of
    /// <c>pg_read_all_data</c> and the like, or be able to become such a role. Default no: a restore executes code of
    /// the database's owner, and of anyone who could write to the archive, with the privileges of that role.
    /// </summary>
    public bool AllowPrivilegedRole { get; init; }

    /// <summary>
    /// Number of connections that load the rows of a large table at the same time, or build indexes and check
    /// constraints; 1 to 64, default 2. Indexes of loaded tables are built while the rows of other tables are loaded.
    /// </summary>
    public int Jobs { get; init; } = 2;
}
