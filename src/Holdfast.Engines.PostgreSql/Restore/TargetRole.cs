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
    // Whoever may do these runs commands as the system's user or becomes superuser by writing its files.
    private static readonly string[] Powers = ["pg_execute_server_program", "pg_write_server_files", "pg_read_server_files"];

    /// <summary>Asks for it, and refuses one that may do too much.</summary>
    public static async Task<TargetRole> AskAsync(NpgsqlConnection connection, PostgreSqlRestoreConfig config, CancellationToken cancellationToken)
    {
        var roles = await connection.QueryAsync(
            "SELECT rolname, rolname = current_user, rolsuper, pg_has_role(oid, 'MEMBER') FROM pg_roles",
            r => (Name: r.GetString(0), IsMe: r.GetBoolean(1), IsSuperuser: r.GetBoolean(2), IsMember: r.GetBoolean(3)),
            cancellationToken);
        var me = roles.Find(r => r.IsMe);
        if (!config.AllowSuperuser)
        {
            var power = me.IsSuperuser ? "is a superuser"
                : roles.Find(r => r.IsMember && Powers.Contains(r.Name)).Name is { } found ? $"is a member of {found}"
                : roles.Exists(r => r is { IsSuperuser: true, IsMember: true }) ? "can become a superuser" : null;
            if (power is not null) throw TooMuch(me.Name, power);
        }

        var own = roles.Where(r => r.IsMember).Select(r => r.Name);
        if (config.Owner is not null)
        {
            if (!roles.Exists(r => r.Name == config.Owner))
                throw new HoldfastException(ErrorCatalogue.NotFound, $"The role '{config.Owner}', which is to own the new database, does not exist.", $"CREATE ROLE {Sql.Name(config.Owner)}; or choose another owner.");
            own = await connection.QueryAsync("SELECT rolname FROM pg_roles WHERE pg_has_role($1, oid, 'MEMBER')", r => r.GetString(0), cancellationToken, config.Owner);
        }

        return new(config.Owner ?? me.Name, me.IsSuperuser, roles.Select(r => r.Name).ToHashSet(StringComparer.Ordinal), own.ToHashSet(StringComparer.Ordinal));
    }

    private static HoldfastException TooMuch(string name, string power) => new(
        ErrorCatalogue.NotAllowed,
        $"'{name}' {power}, and a dump is a program: one that somebody tampered with would run commands as the server's system user.",
        "Restore with a role that may make databases and no more (CREATE ROLE … LOGIN CREATEDB), or allow a superuser if you trust whoever could write to the archive.");
}
