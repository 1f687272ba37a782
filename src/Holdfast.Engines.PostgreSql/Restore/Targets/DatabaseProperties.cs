using System.Globalization;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>
/// Restores the properties of a database itself: comment, settings, connection limit; its grants are applied together
/// with its final name. Properties that the target does not allow are reported and do not fail the restore.
/// </summary>
/// <param name="connection">A connection of the role that creates databases.</param>
/// <param name="database">The new database.</param>
/// <param name="role">The restore role, which knows the roles of the server.</param>
/// <param name="restoreRole">
/// The role that loads dumps: its settings are not changed, otherwise a concurrent restore would detect a change.
/// </param>
/// <param name="isTrusted">
/// Whether the owner of the database, and anyone who could write to the archive, may make a superuser change settings
/// that only superusers can. The settings in an archive are as untrusted as the rest of it.
/// </param>
internal sealed class DatabaseProperties(NpgsqlConnection connection, string database, TargetRole role, string restoreRole, bool isTrusted)
{
    // Settings that an owner can change himself; those of an extension are unknown until it is loaded.
    private const string OwnerSettableQuery = """
        SELECT CASE WHEN r.rolsuper THEN (
          SELECT pg_catalog.array_agg(pg_catalog.lower(s.name)) FROM pg_catalog.pg_settings s
          WHERE s.context OPERATOR(pg_catalog.=) ANY ('{user,backend}'::pg_catalog.text[])) END
        FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user
        """;

    private static readonly string[] Privileges = ["CONNECT", "CREATE", "TEMPORARY"];

    private readonly List<string> _omissions = [];

    /// <summary>Properties that were not restored, and why.</summary>
    public IReadOnlyList<string> Omissions => _omissions;

    /// <summary>Restores the properties.</summary>
    public async Task ApplyAsync(DatabaseMetadata metadata, CancellationToken cancellationToken)
    {
        var name = Sql.QuoteIdentifier(database);
        if (metadata.Comment is not null)
        {
            await TryAsync("its comment", $"COMMENT ON DATABASE {name} IS {Sql.QuoteLiteral(metadata.Comment)}", cancellationToken);
        }
        var ownerSettable = isTrusted || metadata.Settings.Count == 0 ? null : await ReadOwnerSettableAsync(cancellationToken);
        foreach (var setting in metadata.Settings)
        {
            if (ownerSettable?.Contains(setting.Name.ToLowerInvariant()) == false)
            {
                _omissions.Add(
                    $"The setting {setting.Name} = '{setting.Value}'{(setting.Role is null ? "" : $" of '{setting.Role}'")} "
                        + "is left out: only a superuser can set it. Set it by hand if it is wanted."
                );
            }
            else
            {
                await ApplyAsync(setting, name, cancellationToken);
            }
        }

        if (metadata.ConnectionLimit >= 0)
        {
            await TryAsync(
                "its connection limit",
                string.Create(CultureInfo.InvariantCulture, $"ALTER DATABASE {name} CONNECTION LIMIT {metadata.ConnectionLimit}"),
                cancellationToken
            );
        }
    }

    /// <summary>Builds the statements that restore its grants, after it has its final name.</summary>
    /// <param name="metadata">Metadata of the backed-up database.</param>
    /// <param name="name">The final name.</param>
    /// <param name="restoreRole">The restore role, if it has a temporary grant.</param>
    public IReadOnlyList<(string What, string Sql)> BuildGrants(DatabaseMetadata metadata, string name, string? restoreRole)
    {
        var statements = new List<(string What, string Sql)>();
        if (restoreRole is not null)
        {
            statements.Add(
                (
                    $"the end of the grants to {restoreRole}",
                    $"REVOKE ALL ON DATABASE {Sql.QuoteIdentifier(name)} FROM {Sql.QuoteIdentifier(restoreRole)}"
                )
            );
        }
        foreach (var grant in (metadata.Grants ?? DatabaseGrant.Defaults).Where(g => Privileges.Contains(g.Privilege)))
        {
            var description = $"the grant of {grant.Privilege} to {grant.Role ?? "everybody"}";
            if (!RoleExists(grant.Role, description))
            {
                continue;
            }
            var option = grant.CanGrant ? " WITH GRANT OPTION" : "";
            statements.Add(
                (
                    description,
                    role.BuildStatement(grant.Role, to =>
                        $"GRANT {grant.Privilege} ON DATABASE {Sql.QuoteIdentifier(name)} TO {to}{option}"
                    )
                )
            );
        }

        return statements;
    }

    // Null if the server itself rejects other settings.
    private async Task<HashSet<string>?> ReadOwnerSettableAsync(CancellationToken cancellationToken) =>
        (await connection.QueryAsync(OwnerSettableQuery, r => r.IsDBNull(0) ? null : r.GetFieldValue<string[]>(0), cancellationToken))
            is [{ } names]
            ? names.ToHashSet(StringComparer.Ordinal)
            : null;

    // The server stores a value as it is shown, which SQL does not always accept (a quoted list); set_config does.
    private async Task ApplyAsync(DatabaseSetting setting, string name, CancellationToken cancellationToken)
    {
        var description = $"the setting {setting.Name}{(setting.Role is null ? "" : $" of '{setting.Role}'")}";
        if (!RoleExists(setting.Role, description))
        {
            return;
        }
        if (setting.Role == restoreRole)
        {
            _omissions.Add(
                $"{Capitalize(description)} is left out: that role runs restores, and code of a restored database could set it."
            );
            return;
        }

        var set = $"SET {string.Join('.', setting.Name.Split('.').Select(Sql.QuoteIdentifier))} FROM CURRENT";
        var statement = setting.Role is null
            ? $"ALTER DATABASE {name} {set}"
            : role.BuildStatement(setting.Role, r => $"ALTER ROLE {r} IN DATABASE {name} {set}");
        var value = $"SELECT set_config({Sql.QuoteLiteral(setting.Name)}, {Sql.QuoteLiteral(setting.Value)}, true)";
        await TryAsync(description, $"BEGIN; {value}; {statement}; COMMIT", cancellationToken);
    }

    private bool RoleExists(string? name, string description)
    {
        if (name is null || role.AllRoles.Contains(name))
        {
            return true;
        }
        _omissions.Add($"{Capitalize(description)} is left out: the role '{name}' does not exist on this server.");
        return false;
    }

    private async Task TryAsync(string description, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync(sql, cancellationToken);
        }
        catch (PostgresException e)
        {
            await connection.ExecuteAsync("ROLLBACK", cancellationToken);
            _omissions.Add($"{Capitalize(description)} could not be restored: {e.MessageText}.");
        }
    }

    private static string Capitalize(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
