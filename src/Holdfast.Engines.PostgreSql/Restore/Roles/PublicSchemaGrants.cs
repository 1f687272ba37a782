using System.Text;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Metadata;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>
/// The grants on the schema <c>public</c> of servers before version 15. Since version 15, <c>pg_dump</c> dumps them
/// relative to the defaults of newer servers, where only the owner can create objects in it: restored to a database of
/// an older server, they would let everybody.
/// </summary>
internal static class PublicSchemaGrants
{
    /// <summary>The first major version in which the schema public belongs to the owner of the database.</summary>
    public const int FirstMajorOwnedByDatabaseOwner = 15;

    private static readonly string[] Privileges = ["USAGE", "CREATE"];

    /// <summary>Returns the statements that set them.</summary>
    /// <param name="grants">The grants to roles other than its owner.</param>
    /// <param name="role">The restore role, which knows the roles of the target server.</param>
    /// <param name="encoding">How names of the database are decoded.</param>
    public static string BuildStatements(IReadOnlyList<DatabaseGrant> grants, TargetRole role, Encoding encoding)
    {
        var known = grants.Where(g => Privileges.Contains(g.Privilege) && (g.Role is null || role.AllRoles.Contains(g.Role)));
        return string.Join(' ', known.Select(Grant).Prepend("REVOKE ALL ON SCHEMA public FROM PUBLIC;"));

        string Grant(DatabaseGrant g) =>
            role.BuildStatement(
                g.Role is null || role.InvalidNameOids.ContainsKey(g.Role) ? g.Role : NameEncoding.ToDatabaseEncoding(g.Role, encoding),
                to => $"GRANT {g.Privilege} ON SCHEMA public TO {to}{(g.CanGrant ? " WITH GRANT OPTION" : "")}"
            ) + ";";
    }

    /// <summary>Applies them to the current database.</summary>
    public static Task ApplyAsync(
        NpgsqlConnection connection,
        DatabaseMetadata metadata,
        TargetRole role,
        CancellationToken cancellationToken
    ) =>
        metadata.PublicGrants is null
            ? Task.CompletedTask
            : connection.ExecuteAsync(
                BuildStatements(metadata.PublicGrants, role, NameEncoding.GetEncoding(metadata.Encoding)),
                cancellationToken
            );
}
