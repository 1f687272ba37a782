using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.Restores;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>
/// The role that executes the statements of a dump, including functions of the old database's owner: over its own
/// connections, because such code can undo a <c>SET ROLE</c>. It has no privileges to lose, and the ownership of what
/// it has created is transferred when everything is loaded. Afterwards it is checked whether such code has changed the
/// role itself.
/// </summary>
/// <param name="config">The source.</param>
/// <param name="connector">Connects as the role.</param>
internal sealed class RestoreRole(PostgreSqlSourceConfig config, Connector connector)
{
    private const int MaxListed = 20;

    // A role can change its own settings in any database, and in early releases of 15 and older it can add members to
    // itself; a role with ADMIN OPTION on other roles can make it a member of those. Settings in another database that
    // is being restored are found by that restore, or dropped with the database. A role with CREATEROLE becomes a
    // member of the roles that it creates.
    private const string StateQuery = """
        SELECT pg_catalog.concat_ws('; ',
               (SELECT 'settings ' OPERATOR(pg_catalog.||) pg_catalog.string_agg(
                           pg_catalog.concat(pg_catalog.array_to_string(s.setconfig, ', '),
                             ' in database ' OPERATOR(pg_catalog.||) d.datname::pg_catalog.text),
                           ', ' ORDER BY s.setdatabase)
                FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
                WHERE s.setrole OPERATOR(pg_catalog.=) r.oid
                  AND (d.datname IS NULL OR d.datname::pg_catalog.text OPERATOR(pg_catalog.=) $4
                       OR NOT pg_catalog.starts_with(d.datname::pg_catalog.text, $2))),
               (SELECT 'members ' OPERATOR(pg_catalog.||)
                         pg_catalog.string_agg(pg_catalog.pg_get_userbyid(m.member)::pg_catalog.text, ', ' ORDER BY m.member)
                FROM pg_catalog.pg_auth_members m WHERE m.roleid OPERATOR(pg_catalog.=) r.oid),
               (SELECT 'member of ' OPERATOR(pg_catalog.||)
                         pg_catalog.string_agg(pg_catalog.pg_get_userbyid(m.roleid)::pg_catalog.text, ', ' ORDER BY m.roleid)
                FROM pg_catalog.pg_auth_members m WHERE m.member OPERATOR(pg_catalog.=) r.oid AND $3))
        FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name
        """;

    // Databases that are being restored by an active session.
    private const string RestoringDatabasesQuery = """
        SELECT d.datname::pg_catalog.text FROM pg_catalog.pg_database d
        WHERE pg_catalog.starts_with(d.datname::pg_catalog.text, $1)
          AND EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a WHERE a.datid OPERATOR(pg_catalog.=) d.oid)
        ORDER BY 1
        """;

    private const string OwnedDatabasesQuery = """
        SELECT d.datname::pg_catalog.text FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) d.datdba
        WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND NOT pg_catalog.starts_with(d.datname::pg_catalog.text, $2) ORDER BY 1
        """;

    private readonly HashSet<string> _foreignRestores = new(StringComparer.Ordinal);
    private string? _before,
        _after;
    private RoleUsage? _usage;

    /// <summary>Its name.</summary>
    public string Name => config.RestoreUser;

    /// <summary>Its previous and its current state; null before <see cref="CheckAsync"/>.</summary>
    public RestoreRoleState? State => _before is null ? null : new(_before, _after);

    /// <summary>Whether it is a dedicated role, other than the one that backs up and creates databases.</summary>
    public bool IsDedicated => config.RestoreUser != config.User;

    /// <summary>The role that will own the new database and everything in it; null for the restore role.</summary>
    public string? Owner => config.Restore.Owner ?? (IsDedicated && !config.Restore.KeepOwners ? config.Restore.DefaultOwner : null);

    /// <summary>
    /// Registers a restore, before <see cref="CheckAsync"/>: any later change of the role is attributed to this restore
    /// as well.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="name">Name of the new database.</param>
    /// <param name="temporaryName">Its temporary name.</param>
    public void BeginUse(Server server, string name, string temporaryName) =>
        _usage = RoleUsage.Begin(server.Identity ?? server.Host.ToString(), Name, name, temporaryName);

    /// <summary>Unregisters the restore, whatever its result.</summary>
    public void EndUse() => _usage?.Dispose();

    /// <summary>Sets the name of the database whose code is executed.</summary>
    public void SetSourceDatabase(string database)
    {
        if (_usage is not null)
        {
            _usage.SourceDatabase = database;
        }
    }

    /// <summary>Checks whether the role is suitable, before anything is created.</summary>
    /// <param name="server">The server.</param>
    /// <param name="maintenance">A connection of the role that creates databases.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Its privileges.</returns>
    /// <exception cref="HoldfastException">It has too many or too few privileges, or cannot connect.</exception>
    public async Task<TargetRole> CheckAsync(Server server, NpgsqlConnection maintenance, CancellationToken cancellationToken)
    {
        var role = await TargetRole.ReadAsync(maintenance, Name, IsDedicated, Owner, config.Restore, cancellationToken);
        if (IsDedicated)
        {
            await CheckOwnershipTransferAsync(role, maintenance, cancellationToken);
            await using var connection = await connector.ConnectAsync(server.Host, config.MaintenanceDatabase, cancellationToken);
        }

        await FindConcurrentRestoresAsync(maintenance, cancellationToken);
        _before = await ReadStateAsync(maintenance, cancellationToken);
        return role;
    }

    /// <summary>
    /// Checks whether code of the old database has changed the role: then nothing is kept, and the operator has to be
    /// informed.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="maintenance">A connection of the role that creates databases.</param>
    /// <param name="isOver">Whether no more code can run; otherwise an unchanged role may still be changed.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>What could not be checked; null if everything was.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.RestoreRoleChanged"/>, with the changes.</exception>
    public async Task<string?> VerifyAsync(Server server, NpgsqlConnection maintenance, bool isOver, CancellationToken cancellationToken)
    {
        try
        {
            await FindConcurrentRestoresAsync(maintenance, cancellationToken);
            await using (await connector.ConnectAsync(server.Host, config.MaintenanceDatabase, cancellationToken)) { }

            if (_before is null)
            {
                return null;
            }
            var now = await ReadStateAsync(maintenance, cancellationToken);
            if (isOver || now != _before)
            {
                _after = now;
            }
            if (now == _before)
            {
                return null;
            }
            throw RoleChanged(
                $"changed the settings or memberships of the role '{Name}', which runs restores: it now has "
                    + $"{FormatState(now)}; before, it had "
                    + $"{FormatState(_before)}",
                $"Undo that first: ALTER ROLE {Sql.QuoteIdentifier(Name)} RESET each setting, IN DATABASE if one is named; REVOKE "
                    + $"{Sql.QuoteIdentifier(Name)} FROM each new member, and revoke from it each role that it has become a member of."
            );
        }
        catch (HoldfastException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.InvalidPassword })
        {
            throw RoleChanged(
                $"changed the password of the role '{Name}', which runs restores",
                $"Give the role '{Name}' a new password, here and on the server, before anything else is restored, and terminate its "
                    + "sessions (pg_stat_activity)."
            );
        }
        catch (Exception e)
            when (e is NpgsqlException or InvalidOperationException
                || (e is HoldfastException known && known.Error != ErrorCatalog.RestoreRoleChanged)
            )
        {
            return $"Whether code of the database has changed the role '{Name}' could not be checked: {e.Message}";
        }
    }

    // Several concurrent restores use the same role, and the server does not show which of them has done what.
    private HoldfastException RoleChanged(string change, string hint)
    {
        var own = _usage?.ToString() ?? "the database";
        var comma = _usage?.SourceDatabase is null ? "" : ",";
        List<string> others =
        [
            .. _usage?.ConcurrentRestores ?? [],
            .. _foreignRestores.Order(StringComparer.Ordinal).Select(n => $"the restore of another program into '{n}'"),
        ];
        var left = _usage is null ? "the new database" : $"'{_usage.Name}'";
        return new(
            ErrorCatalog.RestoreRoleChanged,
            others.Count == 0
                ? $"Code of {own}{comma} has {change}. Its owner, or someone who can write to the archive, is hostile. Nothing is "
                    + $"left of {left}."
                : $"Code of a database has {change}. It may have been any of these, which were restored at the same time: "
                    + $"{JoinLimited([own, .. others])}. Its owner, or someone who can write to its archive, is hostile. "
                    + $"Nothing is left of {left}.",
            hint
        );
    }

    // Restores of this process are known even if they have ended meanwhile; those of other processes only while they
    // run.
    private async Task FindConcurrentRestoresAsync(NpgsqlConnection maintenance, CancellationToken cancellationToken)
    {
        if (_usage is null)
        {
            return;
        }
        var temporaryNames = await maintenance.QueryAsync(
            RestoringDatabasesQuery,
            r => r.GetSharedName(0),
            cancellationToken,
            DatabaseNames.RestorePrefix
        );
        _foreignRestores.UnionWith(temporaryNames.Where(n => !_usage.Includes(n)));
    }

    /// <summary>
    /// Returns a warning about the owner of the new database: code of one of its databases can change its other
    /// databases.
    /// </summary>
    /// <returns>A warning; null if it owns no other database.</returns>
    public async Task<string?> GetSharedOwnerWarningAsync(NpgsqlConnection maintenance, CancellationToken cancellationToken)
    {
        if (!IsDedicated || Owner is null)
        {
            return null;
        }
        var others = await maintenance.QueryAsync(
            OwnedDatabasesQuery,
            r => $"'{r.GetSharedName(0)}'",
            cancellationToken,
            Owner,
            DatabaseNames.RestorePrefix
        );
        if (others.Count == 0)
        {
            return null;
        }
        return $"'{Owner}' also owns other databases: {JoinLimited(others)}. Code in each can run with its privileges (SECURITY DEFINER "
            + "functions, and index functions that autovacuum executes) and change settings, grants and names of the others. If "
            + "their users must be isolated from each other, give each database a separate owner: ALTER DATABASE … OWNER "
            + $"TO …; and in it REASSIGN OWNED BY {Sql.QuoteIdentifier(Owner)} TO …;";
    }

    private async Task<string> ReadStateAsync(NpgsqlConnection maintenance, CancellationToken cancellationToken) =>
        (
            await maintenance.QueryAsync(
                StateQuery,
                r => r.GetSharedName(0),
                cancellationToken,
                Name,
                DatabaseNames.RestorePrefix,
                IsDedicated,
                _usage?.TemporaryName ?? ""
            )
        )[0];

    private static string JoinLimited(List<string> items) =>
        string.Join("; ", items.Take(MaxListed)) + (items.Count > MaxListed ? $"; and {items.Count - MaxListed} more" : "");

    private static string FormatState(string state) => state.Length == 0 ? "none" : $"'{state}'";

    private async Task CheckOwnershipTransferAsync(TargetRole role, NpgsqlConnection maintenance, CancellationToken cancellationToken)
    {
        if (Owner == Name)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{Name}' would both run restores and own what is restored: its next restore would run foreign code that could drop that.",
                "Configure another owner, or none."
            );
        }
        if (Owner is { } owner && !role.AllRoles.Contains(owner))
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"The role '{owner}', which should own what is restored, does not exist.",
                $"CREATE ROLE {Sql.QuoteIdentifier(owner)} NOLOGIN; GRANT {Sql.QuoteIdentifier(owner)} TO "
                    + $"{Sql.QuoteIdentifier(config.User)}; or set another "
                    + "as restore.owner."
            );
        }
        foreach (var requiredRole in ((string?[])[Name, Owner]).OfType<string>())
        {
            if (
                (
                    await maintenance.QueryAsync(
                        "SELECT pg_catalog.pg_has_role($1::pg_catalog.name, 'USAGE')",
                        r => r.GetBoolean(0),
                        cancellationToken,
                        requiredRole
                    )
                )
                is not [true]
            )
            {
                throw new HoldfastException(
                    ErrorCatalog.NotAllowed,
                    $"'{config.User}' is not a member of '{requiredRole}', so it cannot transfer the ownership of what is restored.",
                    $"GRANT {Sql.QuoteIdentifier(requiredRole)} TO {Sql.QuoteIdentifier(config.User)};"
                );
            }
        }

        var owned = await maintenance.QueryAsync(
            "SELECT d.datname::pg_catalog.text FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid "
                + "OPERATOR(pg_catalog.=) d.datdba WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name ORDER BY 1",
            r => r.GetSharedName(0),
            cancellationToken,
            Name
        );
        if (owned is [var first, ..])
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"'{Name}' owns the database '{first}'{(owned.Count == 1 ? "" : $" and {owned.Count - 1} more")}: code in a "
                    + "backup could drop it.",
                $"ALTER DATABASE {Sql.QuoteIdentifier(first)} OWNER TO another role."
            );
        }
    }
}
