using System.Globalization;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>The role that restores, and its privileges on the target server.</summary>
/// <param name="Name">The role that executes the statements of a dump: the role that connects, or the requested owner.</param>
/// <param name="IsSuperuser">Whether the role that connects is a superuser.</param>
/// <param name="AllRoles">All roles of the server.</param>
/// <param name="MemberOf">The roles that <paramref name="Name"/> is a member of, including itself.</param>
internal sealed record TargetRole(string Name, bool IsSuperuser, IReadOnlySet<string> AllRoles, IReadOnlySet<string> MemberOf)
{
    private const string RolesQuery = """
        SELECT r.rolname::pg_catalog.text, r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name,
               CASE WHEN r.rolsuper THEN 'is a superuser' WHEN r.rolbypassrls THEN 'has BYPASSRLS'
                    WHEN r.rolcreaterole THEN 'has CREATEROLE' WHEN r.rolreplication THEN 'has REPLICATION' END,
               r.rolsuper, pg_catalog.pg_has_role($1::pg_catalog.name, r.oid, 'MEMBER'),
               EXISTS (SELECT 1 FROM pg_catalog.pg_database d WHERE d.datdba OPERATOR(pg_catalog.=) r.oid), r.oid
        FROM pg_catalog.pg_roles r
        WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_roles me WHERE me.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name)
        ORDER BY r.rolname
        """;

    /// <summary>OIDs of the roles whose names are not valid UTF-8: statements refer to them by OID.</summary>
    public IReadOnlyDictionary<string, uint> InvalidNameOids { get; init; } = new Dictionary<string, uint>();

    /// <summary>
    /// Reads the role, and rejects one with too many privileges: code of the old database's owner has the same
    /// privileges while it is being restored.
    /// </summary>
    /// <param name="connection">A connection to the server.</param>
    /// <param name="name">The role that connects to load a dump.</param>
    /// <param name="isDedicated">
    /// Whether it is a dedicated restore role: then it must not be a member of a role that owns databases, and
    /// statements are executed as the role itself.
    /// </param>
    /// <param name="owner">The role that will own what is restored; null for the role that connects.</param>
    /// <param name="config">Configuration of restores.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="HoldfastException">It does not exist, or has too many privileges.</exception>
    public static async Task<TargetRole> ReadAsync(
        NpgsqlConnection connection,
        string name,
        bool isDedicated,
        string? owner,
        PostgreSqlRestoreConfig config,
        CancellationToken cancellationToken
    )
    {
        var roles = await connection.QueryAsync(
            RolesQuery,
            r =>
                (
                    Name: r.GetSharedName(0),
                    IsSelf: r.GetBoolean(1),
                    Privilege: r.GetStringOrNull(2),
                    IsSuperuser: r.GetBoolean(3),
                    IsMember: r.GetBoolean(4),
                    OwnsDatabases: r.GetBoolean(5),
                    Bytes: r.GetFieldValue<byte[]>(0),
                    Oid: r.GetFieldValue<uint>(6)
                ),
            cancellationToken,
            name
        );
        if (roles.Count == 0)
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"The role '{name}', which should run restores, does not exist.",
                $"CREATE ROLE {Sql.QuoteIdentifier(name)} LOGIN; see docs/postgresql.md for what else it needs."
            );
        }
        var self = roles.Find(r => r.IsSelf);
        if (!config.AllowPrivilegedRole)
        {
            // Restores never need the privileges of PostgreSQL's predefined roles.
            var others = roles.Where(r => r is { IsMember: true, IsSelf: false }).ToList();
            var privilege = self.Privilege
                ?? others.Where(r => r.Privilege is not null).Select(r => $"can become '{r.Name}', which {r.Privilege}").FirstOrDefault()
                ?? others
                    .Where(r => r.Name.StartsWith("pg_", StringComparison.Ordinal))
                    .Select(r => $"is a member of {r.Name}")
                    .FirstOrDefault()
                ?? (
                    isDedicated
                        ? others
                            .Where(r => r.OwnsDatabases || r.Name == owner)
                            .Select(r => $"can become '{r.Name}', which owns databases or what is restored")
                            .FirstOrDefault()
                        : null
                );
            if (privilege is not null)
            {
                throw TooPrivileged(self.Name, privilege, isDedicated);
            }
        }

        var memberOf = roles.Where(r => r.IsMember).Select(r => r.Name);
        // Under the placeholder, and under the name that archives of earlier versions contain.
        var invalidNames = roles
            .Where(r => NameEncoding.TryDecodeUtf8(r.Bytes) is null)
            .SelectMany(r => (string[])[r.Name, Encoding.UTF8.GetString(r.Bytes)], (r, name) => (Name: name, r.Oid))
            .DistinctBy(r => r.Name)
            .ToDictionary(r => r.Name, r => r.Oid, StringComparer.Ordinal);
        var all = roles.Select(r => r.Name).Concat(invalidNames.Keys).ToHashSet(StringComparer.Ordinal);
        if (config.Owner is null || isDedicated)
        {
            return new(self.Name, self.IsSuperuser, all, memberOf.ToHashSet(StringComparer.Ordinal)) { InvalidNameOids = invalidNames };
        }
        if (!roles.Exists(r => r.Name == config.Owner))
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"The role '{config.Owner}', which should own the new database, does not exist.",
                $"CREATE ROLE {Sql.QuoteIdentifier(config.Owner)}; or choose another owner."
            );
        }
        memberOf = await connection.QueryAsync(
            "SELECT rolname::text FROM pg_roles WHERE pg_has_role($1::name, oid, 'MEMBER')",
            r => r.GetSharedName(0),
            cancellationToken,
            config.Owner
        );
        return new(config.Owner, self.IsSuperuser, all, memberOf.ToHashSet(StringComparer.Ordinal)) { InvalidNameOids = invalidNames };
    }

    /// <summary>Builds a statement that names a role of the server.</summary>
    /// <param name="name">The role; null for PUBLIC.</param>
    /// <param name="statement">Builds the statement from the quoted name.</param>
    public string BuildStatement(string? name, Func<string, string> statement)
    {
        if (name is null)
        {
            return statement("PUBLIC");
        }
        if (!InvalidNameOids.TryGetValue(name, out var oid))
        {
            return statement(Sql.QuoteIdentifier(name));
        }
        // Within the server, the encoding of the name does not matter.
        const string Placeholder = "\0";
        var format = statement(Placeholder)
            .Replace("%", "%%", StringComparison.Ordinal)
            .Replace(Placeholder, "%I", StringComparison.Ordinal);
        var role = string.Create(
            CultureInfo.InvariantCulture,
            $"(SELECT rolname FROM pg_catalog.pg_roles WHERE oid OPERATOR(pg_catalog.=) {oid})"
        );
        return $"DO {Sql.QuoteLiteral($"BEGIN EXECUTE pg_catalog.format({Sql.QuoteLiteral(format)}, {role}); END")}";
    }

    private static HoldfastException TooPrivileged(string name, string privilege, bool isDedicated) =>
        new(
            ErrorCatalog.NotAllowed,
            $"'{name}' {privilege}, and a restore runs code of the database's owner, and of anyone who can write to the archive, with "
                + $"the privileges of '{name}'.",
            isDedicated
                ? "Revoke that from it: the role that runs restores needs no privilege except LOGIN."
                : "Use a dedicated role for restores: eng/postgresql-role.sql creates one, restore.user (--restore-user) sets it, "
                    + "and docs/postgresql.md explains it. Or allow a privileged role, if you trust all of these."
        );
}
