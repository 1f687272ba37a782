using System.Globalization;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>What the restoring role may do on the target.</summary>
/// <param name="Name">The role that the statements of a dump are run as: the one that connects, or the owner that was asked for.</param>
/// <param name="IsSuperuser">Whether the one that connects may do everything.</param>
/// <param name="AllRoles">All roles of the server.</param>
/// <param name="MemberOf">Those that <paramref name="Name"/> is a member of, itself too.</param>
internal sealed record TargetRole(string Name, bool IsSuperuser, IReadOnlySet<string> AllRoles, IReadOnlySet<string> MemberOf)
{
    private const string RolesQuery = """
        SELECT r.rolname::pg_catalog.text, r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name,
               CASE WHEN r.rolsuper THEN 'is a superuser' WHEN r.rolbypassrls THEN 'has BYPASSRLS' WHEN r.rolcreaterole THEN 'has CREATEROLE' WHEN r.rolreplication THEN 'has REPLICATION' END,
               r.rolsuper, pg_catalog.pg_has_role($1::pg_catalog.name, r.oid, 'MEMBER'),
               EXISTS (SELECT 1 FROM pg_catalog.pg_database d WHERE d.datdba OPERATOR(pg_catalog.=) r.oid), r.oid
        FROM pg_catalog.pg_roles r WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_roles me WHERE me.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name)
        ORDER BY r.rolname
        """;

    /// <summary>Numbers of the roles whose names are no valid UTF-8: statements find them by these.</summary>
    public IReadOnlyDictionary<string, uint> InvalidNameOids { get; init; } = new Dictionary<string, uint>();

    /// <summary>
    /// Asks for it, and refuses one that may do too much: what it may, code of the old database's owner may while it is
    /// restored.
    /// </summary>
    /// <param name="connection">A connection to the server.</param>
    /// <param name="name">The role that connects to load a dump.</param>
    /// <param name="isApart">
    /// Whether it is there for restores alone: then it is no member of a role that owns databases, and statements run
    /// as itself.
    /// </param>
    /// <param name="owner">The role that is to own what is restored; null for the one that connects.</param>
    /// <param name="config">How is restored.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">It is not there, or may do too much.</exception>
    public static async Task<TargetRole> ReadAsync(
        NpgsqlConnection connection,
        string name,
        bool isApart,
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
                    IsMe: r.GetBoolean(1),
                    Power: r.GetStringOrNull(2),
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
                ErrorCatalogue.NotFound,
                $"The role '{name}', which is to run restores, does not exist.",
                $"CREATE ROLE {Sql.QuoteIdentifier(name)} LOGIN; docs/postgresql.md tells what else it takes."
            );
        }
        var me = roles.Find(r => r.IsMe);
        if (!config.AllowPrivilegedRole)
        {
            // What PostgreSQL has roles of its own for is never needed to restore.
            var others = roles.Where(r => r is { IsMember: true, IsMe: false }).ToList();
            var power = me.Power
                ?? others.Where(r => r.Power is not null).Select(r => $"can become '{r.Name}', which {r.Power}").FirstOrDefault()
                ?? others
                    .Where(r => r.Name.StartsWith("pg_", StringComparison.Ordinal))
                    .Select(r => $"is a member of {r.Name}")
                    .FirstOrDefault()
                ?? (
                    isApart
                        ? others
                            .Where(r => r.OwnsDatabases || r.Name == owner)
                            .Select(r => $"can become '{r.Name}', which owns databases or what is restored")
                            .FirstOrDefault()
                        : null
                );
            if (power is not null)
            {
                throw TooPrivileged(me.Name, power, isApart);
            }
        }

        var own = roles.Where(r => r.IsMember).Select(r => r.Name);
        // By the stand-in, and by what archives of earlier versions have in its place.
        var noText = roles
            .Where(r => NameEncoding.TryDecodeUtf8(r.Bytes) is null)
            .SelectMany(r => (string[])[r.Name, Encoding.UTF8.GetString(r.Bytes)], (r, name) => (Name: name, r.Oid))
            .DistinctBy(r => r.Name)
            .ToDictionary(r => r.Name, r => r.Oid, StringComparer.Ordinal);
        var all = roles.Select(r => r.Name).Concat(noText.Keys).ToHashSet(StringComparer.Ordinal);
        if (config.Owner is null || isApart)
        {
            return new(me.Name, me.IsSuperuser, all, own.ToHashSet(StringComparer.Ordinal)) { InvalidNameOids = noText };
        }
        if (!roles.Exists(r => r.Name == config.Owner))
        {
            throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"The role '{config.Owner}', which is to own the new database, does not exist.",
                $"CREATE ROLE {Sql.QuoteIdentifier(config.Owner)}; or choose another owner."
            );
        }
        own = await connection.QueryAsync(
            "SELECT rolname::text FROM pg_roles WHERE pg_has_role($1::name, oid, 'MEMBER')",
            r => r.GetSharedName(0),
            cancellationToken,
            config.Owner
        );
        return new(config.Owner, me.IsSuperuser, all, own.ToHashSet(StringComparer.Ordinal)) { InvalidNameOids = noText };
    }

    /// <summary>A statement that names a role of the server.</summary>
    /// <param name="name">The role; null for everybody.</param>
    /// <param name="statement">Makes it of the quoted name.</param>
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
        // Within the server nobody asks what encoding a name is in.
        const string Here = "\0";
        var format = statement(Here).Replace("%", "%%", StringComparison.Ordinal).Replace(Here, "%I", StringComparison.Ordinal);
        var role = string.Create(
            CultureInfo.InvariantCulture,
            $"(SELECT rolname FROM pg_catalog.pg_roles WHERE oid OPERATOR(pg_catalog.=) {oid})"
        );
        return $"DO {Sql.QuoteLiteral($"BEGIN EXECUTE pg_catalog.format({Sql.QuoteLiteral(format)}, {role}); END")}";
    }

    private static HoldfastException TooPrivileged(string name, string power, bool isApart) =>
        new(
            ErrorCatalogue.NotAllowed,
            $"'{name}' {power}, and a restore runs code of whoever owned the database, or could write to the archive, with "
                + $"the rights of '{name}'.",
            isApart
                ? "Take that from it: the role that runs restores needs no right but to log in."
                : "Name a role for restores alone: eng/postgresql-role.sql makes one, restore.user (--restore-user) names it, "
                    + "and docs/postgresql.md has the rest. Or allow a powerful role, if you trust them all."
        );
}
