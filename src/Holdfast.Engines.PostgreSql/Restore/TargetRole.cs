using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>What the restoring role may do on the target.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsSuperuser">Whether it may do everything.</param>
/// <param name="All">All roles of the server.</param>
/// <param name="Own">Those that it is a member of, itself too.</param>
internal sealed record TargetRole(string Name, bool IsSuperuser, IReadOnlySet<string> All, IReadOnlySet<string> Own)
{
    // Whoever may do these runs commands as the system's user or becomes superuser by writing its files.
    private static readonly string[] Powers = ["pg_execute_server_program", "pg_write_server_files", "pg_read_server_files"];

    /// <summary>Asks for it, and refuses one that may do too much.</summary>
    public static async Task<TargetRole> AskAsync(NpgsqlConnection connection, bool allowSuperuser, CancellationToken cancellationToken)
    {
        var roles = await connection.QueryAsync(
            "SELECT rolname, rolname = current_user, rolsuper, pg_has_role(oid, 'MEMBER') FROM pg_roles",
            r => (Name: r.GetString(0), IsMe: r.GetBoolean(1), IsSuperuser: r.GetBoolean(2), IsMember: r.GetBoolean(3)),
            cancellationToken);
        var me = roles.Find(r => r.IsMe);
        var role = new TargetRole(me.Name, me.IsSuperuser, roles.Select(r => r.Name).ToHashSet(StringComparer.Ordinal), roles.Where(r => r.IsMember).Select(r => r.Name).ToHashSet(StringComparer.Ordinal));
        if (allowSuperuser) return role;
        var power = me.IsSuperuser ? "is a superuser" : Array.Find(Powers, role.Own.Contains) is { } found ? $"is a member of {found}" : roles.Exists(r => r is { IsSuperuser: true, IsMember: true }) ? "can become a superuser" : null;
        return power is null ? role : throw new HoldfastException(
            ErrorCatalogue.NotAllowed,
            $"'{me.Name}' {power}, and a dump is a program: one that somebody tampered with would run commands as the server's system user.",
            "Restore with a role that may make databases and no more (CREATE ROLE … LOGIN CREATEDB), or allow a superuser if you trust whoever could write to the archive.");
    }
}
