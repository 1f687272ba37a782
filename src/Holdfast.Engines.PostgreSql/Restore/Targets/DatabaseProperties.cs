using System.Globalization;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>
/// Gives a new database what the one that was backed up had of its own: comment, settings, limit; its grants come with
/// its name. What the target does not allow is told, and stops nothing.
/// </summary>
/// <param name="connection">A connection of the role that makes databases.</param>
/// <param name="database">The new database.</param>
/// <param name="role">What is known of the server's roles.</param>
/// <param name="restorer">
/// The role that loads dumps: its settings stay as they are, else a restore that runs meanwhile would find them
/// changed.
/// </param>
/// <param name="isTrusted">
/// Whether whoever owned the database, or could write to the archive, may have a superuser set what nobody else can.
/// The settings of an archive are as hostile as the rest of it.
/// </param>
internal sealed class DatabaseProperties(NpgsqlConnection connection, string database, TargetRole role, string restorer, bool isTrusted)
{
    // Those that an owner can set by himself; of an extension's nobody knows before it is loaded.
    private const string OwnerSettableQuery = """
        SELECT CASE WHEN r.rolsuper THEN (SELECT pg_catalog.array_agg(pg_catalog.lower(s.name)) FROM pg_catalog.pg_settings s WHERE s.context OPERATOR(pg_catalog.=) ANY ('{user,backend}'::pg_catalog.text[])) END
        FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user
        """;

    private static readonly string[] Privileges = ["CONNECT", "CREATE", "TEMPORARY"];

    private readonly List<string> _leftOut = [];

    /// <summary>What the new database lacks of it, and why.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>Does it.</summary>
    public async Task ApplyAsync(DatabaseMetadata around, CancellationToken cancellationToken)
    {
        var name = Sql.QuoteIdentifier(database);
        if (around.Comment is not null)
        {
            await TryAsync("its comment", $"COMMENT ON DATABASE {name} IS {Sql.QuoteLiteral(around.Comment)}", cancellationToken);
        }
        var ordinary = isTrusted || around.Settings.Count == 0 ? null : await ReadOwnerSettableAsync(cancellationToken);
        foreach (var setting in around.Settings)
        {
            if (ordinary?.Contains(setting.Name.ToLowerInvariant()) == false)
            {
                _leftOut.Add(
                    $"The setting {setting.Name} = '{setting.Value}'{(setting.Role is null ? "" : $" of '{setting.Role}'")} "
                        + "is left out: it takes a superuser to set it. Set it by hand where it was meant."
                );
            }
            else
            {
                await ApplyAsync(setting, name, cancellationToken);
            }
        }

        if (around.ConnectionLimit >= 0)
        {
            await TryAsync(
                "its limit of connections",
                string.Create(CultureInfo.InvariantCulture, $"ALTER DATABASE {name} CONNECTION LIMIT {around.ConnectionLimit}"),
                cancellationToken
            );
        }
    }

    /// <summary>The statements that set its grants, once it has its name.</summary>
    /// <param name="around">What the one that was backed up had.</param>
    /// <param name="name">The name.</param>
    /// <param name="restorer">The role that restored, and was let in for that.</param>
    public IReadOnlyList<(string What, string Sql)> BuildGrants(DatabaseMetadata around, string name, string? restorer)
    {
        var statements = new List<(string What, string Sql)>();
        if (restorer is not null)
        {
            statements.Add(
                (
                    $"the end of the grants to {restorer}",
                    $"REVOKE ALL ON DATABASE {Sql.QuoteIdentifier(name)} FROM {Sql.QuoteIdentifier(restorer)}"
                )
            );
        }
        foreach (var grant in (around.Grants ?? DatabaseGrant.Defaults).Where(g => Privileges.Contains(g.Privilege)))
        {
            var what = $"the grant of {grant.Privilege} to {grant.Role ?? "everybody"}";
            if (!RoleExists(grant.Role, what))
            {
                continue;
            }
            var option = grant.CanGrant ? " WITH GRANT OPTION" : "";
            statements.Add(
                (
                    what,
                    role.BuildStatement(grant.Role, to =>
                        $"GRANT {grant.Privilege} ON DATABASE {Sql.QuoteIdentifier(name)} TO {to}{option}"
                    )
                )
            );
        }

        return statements;
    }

    // Null where the server refuses what goes beyond that by itself.
    private async Task<HashSet<string>?> ReadOwnerSettableAsync(CancellationToken cancellationToken) =>
        (await connection.QueryAsync(OwnerSettableQuery, r => r.IsDBNull(0) ? null : r.GetFieldValue<string[]>(0), cancellationToken))
            is [{ } names]
            ? names.ToHashSet(StringComparer.Ordinal)
            : null;

    // The server keeps a value as it is shown, which SQL does not always take back (a list in quotes); set_config does.
    private async Task ApplyAsync(DatabaseSetting setting, string name, CancellationToken cancellationToken)
    {
        var what = $"the setting {setting.Name}{(setting.Role is null ? "" : $" of '{setting.Role}'")}";
        if (!RoleExists(setting.Role, what))
        {
            return;
        }
        if (setting.Role == restorer)
        {
            _leftOut.Add($"{Capitalize(what)} is left out: that role runs restores, and code of what is restored can set it.");
            return;
        }

        var set = $"SET {string.Join('.', setting.Name.Split('.').Select(Sql.QuoteIdentifier))} FROM CURRENT";
        var statement = setting.Role is null
            ? $"ALTER DATABASE {name} {set}"
            : role.BuildStatement(setting.Role, r => $"ALTER ROLE {r} IN DATABASE {name} {set}");
        var value = $"SELECT set_config({Sql.QuoteLiteral(setting.Name)}, {Sql.QuoteLiteral(setting.Value)}, true)";
        await TryAsync(what, $"BEGIN; {value}; {statement}; COMMIT", cancellationToken);
    }

    private bool RoleExists(string? name, string what)
    {
        if (name is null || role.AllRoles.Contains(name))
        {
            return true;
        }
        _leftOut.Add($"{Capitalize(what)} is left out: the role '{name}' does not exist here.");
        return false;
    }

    private async Task TryAsync(string what, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync(sql, cancellationToken);
        }
        catch (PostgresException e)
        {
            await connection.ExecuteAsync("ROLLBACK", cancellationToken);
            _leftOut.Add($"{Capitalize(what)} could not be restored: {e.MessageText}.");
        }
    }

    private static string Capitalize(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
