using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>
/// The role that the statements of a dump are run as, functions of the old database's owner among them: over
/// connections of its own, for code of the owner can undo a
/// <c>SET ROLE</c>. It has nothing to lose, and what it has made is handed over when all is loaded. What such code can
/// do to the role itself is looked for afterwards.
/// </summary>
/// <param name="config">The source.</param>
/// <param name="connector">Connects as the role.</param>
internal sealed class RestoreRole(PostgreSqlSourceConfig config, Connector connector)
{
    private const int MaxListed = 20;

    // A role may set its own defaults, in any database, and in early releases of 15 and older make others its members;
    // whoever may grant a role of his
    // own makes it a member of that. What it has in another database in the making, that restore finds, or it goes with
    // it. One that makes roles, too,
    // becomes a member of them by itself.
    private const string StateQuery = """
        SELECT pg_catalog.concat_ws('; ',
               (SELECT 'settings ' OPERATOR(pg_catalog.||) pg_catalog.string_agg(
                           pg_catalog.concat(pg_catalog.array_to_string(s.setconfig, ', '), ' in database ' OPERATOR(pg_catalog.||) d.datname::pg_catalog.text), ', ' ORDER BY s.setdatabase)
                FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
                WHERE s.setrole OPERATOR(pg_catalog.=) r.oid
                  AND (d.datname IS NULL OR d.datname::pg_catalog.text OPERATOR(pg_catalog.=) $4 OR NOT pg_catalog.starts_with(d.datname::pg_catalog.text, $2))),
               (SELECT 'members ' OPERATOR(pg_catalog.||) pg_catalog.string_agg(pg_catalog.pg_get_userbyid(m.member)::pg_catalog.text, ', ' ORDER BY m.member)
                FROM pg_catalog.pg_auth_members m WHERE m.roleid OPERATOR(pg_catalog.=) r.oid),
               (SELECT 'member of ' OPERATOR(pg_catalog.||) pg_catalog.string_agg(pg_catalog.pg_get_userbyid(m.roleid)::pg_catalog.text, ', ' ORDER BY m.roleid)
                FROM pg_catalog.pg_auth_members m WHERE m.member OPERATOR(pg_catalog.=) r.oid AND $3))
        FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name
        """;

    // Databases in the making that somebody works in.
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

    /// <summary>What it had, and has; null before <see cref="CheckAsync"/>.</summary>
    public RestoreRoleState? State => _before is null ? null : new(_before, _after);

    /// <summary>Whether it is another than the one that backs up and makes databases.</summary>
    public bool IsDedicated => config.RestoreUser != config.User;

    /// <summary>The role that the new database and all in it is to belong to; null for the one that restores.</summary>
    public string? Owner => config.Restore.Owner ?? (IsDedicated && !config.Restore.KeepOwners ? config.Restore.DefaultOwner : null);

    /// <summary>
    /// Says that a restore begins, before <see cref="CheckAsync"/>: whatever changes the role from then on is told of
    /// this one, too.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="name">Name of the new database.</param>
    /// <param name="temporaryName">The name that it has in the making.</param>
    public void BeginUse(Server server, string name, string temporaryName) =>
        _usage = RoleUsage.Begin(server.Identity ?? server.Host.ToString(), Name, name, temporaryName);

    /// <summary>Says that the restore has ended, whatever it came to.</summary>
    public void EndUse() => _usage?.Dispose();

    /// <summary>Says which database's code is run.</summary>
    public void SetSourceDatabase(string database)
    {
        if (_usage is not null)
        {
            _usage.SourceDatabase = database;
        }
    }

    /// <summary>Checks that it is fit, before anything is made.</summary>
    /// <param name="server">The server.</param>
    /// <param name="maintenance">A connection of the role that makes databases.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What it may do.</returns>
    /// <exception cref="HoldfastException">It may do too much or too little, or cannot connect.</exception>
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

    /// <summary>Looks whether code of the old database has changed the role: then nothing is kept, and the operator has to know.</summary>
    /// <param name="server">The server.</param>
    /// <param name="maintenance">A connection of the role that makes databases.</param>
    /// <param name="isOver">Whether no code can run any more; else what is found as it was may still change.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What could not be looked at; null where all could.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.RestoreRoleChanged"/>, with what was changed.</exception>
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
                $"changed the settings or memberships of the role '{Name}', which runs restores: it has {FormatState(now)}, and had "
                    + $"{FormatState(_before)}",
                $"Undo that first: ALTER ROLE {Sql.QuoteIdentifier(Name)} RESET what is set, IN DATABASE where one is named; REVOKE "
                    + $"{Sql.QuoteIdentifier(Name)} FROM whoever has become a member, and from it what it has become a member of."
            );
        }
        catch (HoldfastException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.InvalidPassword })
        {
            throw RoleChanged(
                $"changed the password of the role '{Name}', which runs restores",
                $"Give the role '{Name}' a new password, here and at the server, before anything else is restored; end its "
                    + "sessions (pg_stat_activity)."
            );
        }
        catch (Exception e)
            when (e is NpgsqlException or InvalidOperationException
                || (e is HoldfastException known && known.Error != ErrorCatalogue.RestoreRoleChanged)
            )
        {
            return $"Whether code of the database has changed the role '{Name}' could not be looked at: {e.Message}";
        }
    }

    // Several restores at once run as the same role, and nothing at the server tells which of them has done what.
    private HoldfastException RoleChanged(string what, string hint)
    {
        var own = _usage?.ToString() ?? "the database";
        var comma = _usage?.SourceDatabase is null ? "" : ",";
        List<string> others =
        [
            .. _usage?.ConcurrentRestores ?? [],
            .. _foreignRestores.Order(StringComparer.Ordinal).Select(n => $"what another program makes in '{n}'"),
        ];
        var left = _usage is null ? "the new database" : $"'{_usage.Name}'";
        return new(
            ErrorCatalogue.RestoreRoleChanged,
            others.Count == 0
                ? $"Code of {own}{comma} has {what}. Its owner, or whoever could write to the archive, is hostile. Nothing is "
                    + $"left of {left}."
                : $"Code of a database has {what}. It may have been any of these, which were restored at the same time: "
                    + $"{JoinLimited([own, .. others])}. The owner of that one, or whoever could write to its archive, is hostile. "
                    + $"Nothing is left of {left}.",
            hint
        );
    }

    // Those of this process are known, whatever they have come to meanwhile; of others only what is there now.
    private async Task FindConcurrentRestoresAsync(NpgsqlConnection maintenance, CancellationToken cancellationToken)
    {
        if (_usage is null)
        {
            return;
        }
        var making = await maintenance.QueryAsync(
            RestoringDatabasesQuery,
            r => r.GetSharedName(0),
            cancellationToken,
            DatabaseNames.RestorePrefix
        );
        _foreignRestores.UnionWith(making.Where(n => !_usage.Includes(n)));
    }

    /// <summary>
    /// What is to be known of the role that is to own the new database: code of one of its databases can change what
    /// the others have of their own.
    /// </summary>
    /// <returns>A warning; null where it owns no other.</returns>
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
        return $"'{Owner}' owns other databases too: {JoinLimited(others)}. Code of each can run with its rights (functions with SECURITY "
            + "DEFINER, and those of indexes when autovacuum comes by) and change settings, grants and names of the others. Where "
            + "they belong to people who must gain nothing from each other, give each an owner of its own: ALTER DATABASE … OWNER "
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

    private static string JoinLimited(List<string> what) =>
        string.Join("; ", what.Take(MaxListed)) + (what.Count > MaxListed ? $"; and {what.Count - MaxListed} more" : "");

    private static string FormatState(string state) => state.Length == 0 ? "none" : $"'{state}'";

    private async Task CheckOwnershipTransferAsync(TargetRole role, NpgsqlConnection maintenance, CancellationToken cancellationToken)
    {
        if (Owner == Name)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{Name}' is to run restores and to own what is restored: its next restore would run code of others that may drop that.",
                "Name another role as the owner, or none."
            );
        }
        if (Owner is { } owner && !role.AllRoles.Contains(owner))
        {
            throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"The role '{owner}', which is to own what is restored, does not exist.",
                $"CREATE ROLE {Sql.QuoteIdentifier(owner)} NOLOGIN; GRANT {Sql.QuoteIdentifier(owner)} TO {Sql.QuoteIdentifier(config.User)}; or name another "
                    + "as restore.owner."
            );
        }
        foreach (var needed in ((string?[])[Name, Owner]).OfType<string>())
        {
            if (
                (
                    await maintenance.QueryAsync(
                        "SELECT pg_catalog.pg_has_role($1::pg_catalog.name, 'USAGE')",
                        r => r.GetBoolean(0),
                        cancellationToken,
                        needed
                    )
                )
                is not [true]
            )
            {
                throw new HoldfastException(
                    ErrorCatalogue.NotAllowed,
                    $"'{config.User}' is no member of '{needed}', so that it cannot hand over what is restored.",
                    $"GRANT {Sql.QuoteIdentifier(needed)} TO {Sql.QuoteIdentifier(config.User)};"
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
                ErrorCatalogue.NotAllowed,
                $"'{Name}' owns the database '{first}'{(owned.Count == 1 ? "" : $" and {owned.Count - 1} more")}: code in a "
                    + "backup could drop it.",
                $"ALTER DATABASE {Sql.QuoteIdentifier(first)} OWNER TO another role."
            );
        }
    }
}
