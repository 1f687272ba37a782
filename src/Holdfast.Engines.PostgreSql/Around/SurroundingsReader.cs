using Holdfast.Engines.PostgreSql.Connecting;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Around;

/// <summary>Asks a server what a database needs from outside of it.</summary>
internal static class SurroundingsReader
{
    // Through JSON, for the columns differ: the provider came with 15, rules with 16, and 17 gave the locale another name.
    private const string Properties = """
        SELECT d.datname, pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), d.datcollate::text, d.datctype::text,
               CASE to_jsonb(d)->>'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
               coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'), to_jsonb(d)->>'daticurules',
               d.datconnlimit, shobj_description(d.oid, 'pg_database'), d.datacl IS NOT NULL, current_setting('server_version')
        FROM pg_database d WHERE d.datname = current_database()
        """;

    private const string Grants = """
        SELECT CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END, a.privilege_type, a.is_grantable
        FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = current_database() AND a.grantee <> d.datdba
        ORDER BY 1 NULLS FIRST, 2, 3
        """;

    private const string Settings = """
        SELECT CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole) END, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
        FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c WHERE d.datname = current_database()
        ORDER BY 1 NULLS FIRST, 2, 3
        """;

    // o owns, a and i stand in grants, r in policies.
    private const string Roles = """
        SELECT r.rolname, r.rolcanlogin, bool_or(s.deptype = 'o'), bool_or(s.deptype <> 'o')
        FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid, pg_database d
        WHERE d.datname = current_database() AND s.refclassid = 'pg_authid'::regclass
          AND (s.dbid = d.oid OR s.dbid = 0 AND s.classid = 'pg_database'::regclass AND s.objid = d.oid)
        GROUP BY 1, 2 ORDER BY 1
        """;

    private const string Tablespaces = """
        SELECT t.spcname FROM pg_tablespace t WHERE t.spcname NOT IN ('pg_default', 'pg_global')
          AND (t.oid IN (SELECT reltablespace FROM pg_class) OR t.oid IN (SELECT dattablespace FROM pg_database WHERE datname = current_database()))
        ORDER BY 1
        """;

    /// <summary>Asks, within the snapshot that the connection holds.</summary>
    public static async Task<Surroundings> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (properties, hasGrants) = (await connection.QueryAsync(
            Properties,
            r => (new Surroundings
            {
                Name = r.GetString(0),
                Owner = r.GetString(1),
                Encoding = r.GetString(2),
                Collate = r.GetString(3),
                CharacterType = r.GetString(4),
                LocaleProvider = r.GetString(5),
                Locale = r.TextOrNull(6),
                IcuRules = r.TextOrNull(7),
                ConnectionLimit = r.GetInt32(8),
                Comment = r.TextOrNull(9),
                ServerVersion = r.GetString(11).Split(' ')[0],
            }, r.GetBoolean(10)),
            cancellationToken))[0];
        return properties with
        {
            Grants = hasGrants ? await connection.QueryAsync(Grants, r => new DatabaseGrant(r.GetString(1), r.GetBoolean(2), r.TextOrNull(0)), cancellationToken) : null,
            Settings = await connection.QueryAsync(Settings, r => new DatabaseSetting(r.GetString(1), r.GetString(2), r.TextOrNull(0)), cancellationToken),
            Roles = await connection.QueryAsync(Roles, r => new NamedRole(r.GetString(0), r.GetBoolean(1), r.GetBoolean(2), r.GetBoolean(3)), cancellationToken),
            Tablespaces = await connection.QueryAsync(Tablespaces, r => r.GetString(0), cancellationToken),
            Extensions = await connection.QueryAsync("SELECT extname || ' ' || extversion FROM pg_extension ORDER BY 1", r => r.GetString(0), cancellationToken),
        };
    }
}
