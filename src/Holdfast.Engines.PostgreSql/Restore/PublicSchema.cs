using Holdfast.Engines.PostgreSql.Around;
using Holdfast.Engines.PostgreSql.Connecting;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// The grants on the schema <c>public</c> of servers before version 15. A <c>pg_dump</c> of 15 and newer tells them as they differ from what newer servers begin with, where
/// only its owner may create in it: in a database of an older one everybody could again.
/// </summary>
internal static class PublicSchema
{
    /// <summary>The first major in which the owner of a database may change it.</summary>
    public const int FirstOwned = 15;

    private static readonly string[] Privileges = ["USAGE", "CREATE"];

    /// <summary>The statements that set them.</summary>
    /// <param name="grants">The grants to others than its owner.</param>
    /// <param name="roles">The roles that the target has.</param>
    public static string Statements(IReadOnlyList<DatabaseGrant> grants, IReadOnlySet<string> roles) => string.Join(' ', grants
        .Where(g => Privileges.Contains(g.Privilege) && (g.Role is null || roles.Contains(g.Role)))
        .Select(g => $"GRANT {g.Privilege} ON SCHEMA public TO {(g.Role is null ? "PUBLIC" : Sql.Name(g.Role))}{(g.CanGrant ? " WITH GRANT OPTION" : "")};").Prepend("REVOKE ALL ON SCHEMA public FROM PUBLIC;"));

    /// <summary>Sets them, in the database that is connected to.</summary>
    public static Task ApplyAsync(NpgsqlConnection connection, Surroundings around, TargetRole role, CancellationToken cancellationToken) =>
        around.PublicGrants is null ? Task.CompletedTask : connection.RunAsync(Statements(around.PublicGrants, role.All), cancellationToken);
}
