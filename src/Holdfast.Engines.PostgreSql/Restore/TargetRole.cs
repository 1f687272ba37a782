using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>What the restoring role may do on the target.</summary>
/// <param name="Name">The role that the statements of a dump are run as: the one that connects, or the owner that was asked for.</param>
/// <param name="IsSuperuser">Whether the one that connects may do everything.</param>
/// <param name="All">All roles of the server.</param>
/// <param name="Own">Those that <paramref name="Name"/> is a member of, itself too.</param>
internal sealed record TargetRole(string Name, bool IsSuperuser, IReadOnlySet<string> All, IReadOnlySet<string> Own)
{
    private const string Roles = """
        SELECT r.rolname::pg_catalog.text, r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name,
               CASE WHEN r.rolsuper THEN 'is a superuser' WHEN r.rolbypassrls THEN 'has BYPASSRLS' WHEN r.rolcreaterole THEN 'has CREATEROLE' WHEN r.rolreplication THEN 'has REPLICATION' END,
               r.rolsuper, pg_catalog.pg_has_role($1::pg_catalog.name, r.oid, 'MEMBER'),
               EXISTS (SELECT 1 FROM pg_catalog.pg_database d WHERE d.datdba OPERATOR(pg_catalog.=) r.oid)
        FROM pg_catalog.pg_roles r WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_roles me WHERE me.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name)
        ORDER BY r.rolname
        """;

    /// <summary>Asks for it, and refuses one that may do too much: what it may, code of the old database's owner may while it is restored.</summary>
    /// <param name="connection">A connection to the server.</param>
    /// <param name="name">The role that connects to load a dump.</param>
    /// <param name="isApart">Whether it is there for restores alone: then it is no member of a role that owns databases, and statements run as itself.</param>
    /// <param name="owner">The role that is to own what is restored; null for the one that connects.</param>
    /// <param name="config">How is restored.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">It is not there, or may do too much.</exception>
    public static async Task<TargetRole> AskAsync(NpgsqlConnection connection, string name, bool isApart, string? owner, PostgreSqlRestoreConfig config, CancellationToken cancellationToken)
    {
        var roles = await connection.QueryAsync(
            Roles,
            r => (Name: r.NameOf(0), IsMe: r.GetBoolean(1), Power: r.TextOrNull(2), IsSuperuser: r.GetBoolean(3), IsMember: r.GetBoolean(4), OwnsDatabases: r.GetBoolean(5)),
            cancellationToken,
            name);
        if (roles.Count == 0) throw new HoldfastException(ErrorCatalogue.NotFound, $"The role '{name}', which is to run restores, does not exist.", $"CREATE ROLE {Sql.Name(name)} LOGIN; docs/postgresql.md tells what else it takes.");
        var me = roles.Find(r => r.IsMe);
        if (!config.AllowPowerfulRole)
        {
            // What PostgreSQL has roles of its own for is never needed to restore.
            var others = roles.Where(r => r is { IsMember: true, IsMe: false }).ToList();
            var power = me.Power
                ?? others.Where(r => r.Power is not null).Select(r => $"can become '{r.Name}', which {r.Power}").FirstOrDefault()
                ?? others.Where(r => r.Name.StartsWith("pg_", StringComparison.Ordinal)).Select(r => $"is a member of {r.Name}").FirstOrDefault()
                ?? (isApart ? others.Where(r => r.OwnsDatabases || r.Name == owner).Select(r => $"can become '{r.Name}', which owns databases or what is restored").FirstOrDefault() : null);
            if (power is not null) throw TooMuch(me.Name, power, isApart);
        }

        var own = roles.Where(r => r.IsMember).Select(r => r.Name);
        if (config.Owner is null || isApart) return new(me.Name, me.IsSuperuser, roles.Select(r => r.Name).ToHashSet(StringComparer.Ordinal), own.ToHashSet(StringComparer.Ordinal));
        if (!roles.Exists(r => r.Name == config.Owner))
            throw new HoldfastException(ErrorCatalogue.NotFound, $"The role '{config.Owner}', which is to own the new database, does not exist.", $"CREATE ROLE {Sql.Name(config.Owner)}; or choose another owner.");
        own = await connection.QueryAsync("SELECT rolname::text FROM pg_roles WHERE pg_has_role($1::name, oid, 'MEMBER')", r => r.NameOf(0), cancellationToken, config.Owner);
        return new(config.Owner, me.IsSuperuser, roles.Select(r => r.Name).ToHashSet(StringComparer.Ordinal), own.ToHashSet(StringComparer.Ordinal));
    }

    private static HoldfastException TooMuch(string name, string power, bool isApart) => new(
        ErrorCatalogue.NotAllowed,
        $"'{name}' {power}, and a restore runs code of whoever owned the database, or could write to the archive, with the rights of '{name}'.",
        isApart
            ? "Take that from it: the role that runs restores needs no right but to log in."
            : "Name a role for restores alone: eng/postgresql-role.sql makes one, restore.user (--restore-user) names it, and docs/postgresql.md has the rest. Or allow a powerful role, if you trust them all.");
}
