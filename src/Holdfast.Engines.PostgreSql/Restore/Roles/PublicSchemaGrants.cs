using System.Text;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Metadata;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>
/// The grants on the schema <c>public</c> of servers before version 15. A <c>pg_dump</c> of 15 and newer tells them as
/// they differ from what newer servers begin with, where
/// only its owner may create in it: in a database of an older one everybody could again.
/// </summary>
internal static class PublicSchemaGrants
{
    /// <summary>The first major in which the owner of a database may change it.</summary>
    public const int FirstMajorOwnedByDatabaseOwner = 15;

    private static readonly string[] Privileges = ["USAGE", "CREATE"];

    /// <summary>The statements that set them.</summary>
    /// <param name="grants">The grants to others than its owner.</param>
    /// <param name="role">Knows the roles that the target has.</param>
    /// <param name="encoding">How names of the database are read.</param>
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

    /// <summary>Sets them, in the database that is connected to.</summary>
    public static Task ApplyAsync(
        NpgsqlConnection connection,
        DatabaseMetadata around,
        TargetRole role,
        CancellationToken cancellationToken
    ) =>
        around.PublicGrants is null
            ? Task.CompletedTask
            : connection.ExecuteAsync(
                BuildStatements(around.PublicGrants, role, NameEncoding.GetEncoding(around.Encoding)),
                cancellationToken
            );
}
