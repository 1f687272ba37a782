using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>Queries the metadata of a database from its server.</summary>
internal static class DatabaseMetadataReader
{
    // Through JSON, because the columns differ between versions: the provider was added in 15 and ICU rules in 16, and
    // 17 renamed the locale.
    private const string Properties = """
        SELECT d.datname, pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), d.datcollate::text, d.datctype::text,
               CASE to_jsonb(d)->>'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
               coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'), to_jsonb(d)->>'daticurules',
               d.datconnlimit, shobj_description(d.oid, 'pg_database'), d.datacl IS NOT NULL, current_setting('server_version'), d.oid
        FROM pg_database d WHERE d.datname = $1
        """;

    private const string Grants = """
        SELECT CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END, a.privilege_type, a.is_grantable
        FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = $1 AND a.grantee <> d.datdba
        ORDER BY 1 NULLS FIRST, 2, 3
        """;

    private const string Settings = """
        SELECT CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole) END, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
        FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c WHERE d.datname = $1
        ORDER BY 1 NULLS FIRST, 2, 3
        """;

    // Dependency types: o for owners, a and i for grants, r for policies.
    private const string Roles = """
        SELECT r.rolname, r.rolcanlogin, bool_or(s.deptype = 'o'), bool_or(s.deptype <> 'o')
        FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid, pg_database d
        WHERE d.datname = $1 AND s.refclassid = 'pg_authid'::regclass
          AND (s.dbid = d.oid OR s.dbid = 0 AND s.classid = 'pg_database'::regclass AND s.objid = d.oid)
        GROUP BY 1, 2 ORDER BY 1
        """;

    private const string DefaultTablespace =
        "SELECT t.spcname FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = $1 AND "
        + "t.spcname <> 'pg_default'";

    private const string Subscriptions =
        "SELECT count(*) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = $1";

    // Mappings of other users are visible without their options, as if they had none.
    private const string HiddenMappings = """
        SELECT pg_catalog.count(*) FROM pg_catalog.pg_user_mappings m
             JOIN pg_catalog.pg_foreign_server s ON s.oid OPERATOR(pg_catalog.=) m.srvid
        WHERE m.umoptions IS NULL AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) CURRENT_USER)
          AND NOT CASE WHEN m.umuser OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN pg_catalog.pg_has_role(s.srvowner, 'USAGE')
                  ELSE m.usename OPERATOR(pg_catalog.=) CURRENT_USER
                       AND (pg_catalog.pg_has_role(s.srvowner, 'USAGE') OR pg_catalog.has_server_privilege(s.oid, 'USAGE')) END
        """;

    private const string PublicGrants = """
        SELECT CASE WHEN a.grantee OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
                    THEN pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text END,
               a.privilege_type, a.is_grantable
        FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a
        WHERE n.nspname OPERATOR(pg_catalog.=) 'public' AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner
        ORDER BY 1 NULLS FIRST, 2, 3
        """;

    /// <summary>Reads the metadata from any database of the server: all of it is in shared catalogs.</summary>
    /// <returns>
    /// The metadata, without what only the database itself contains (tablespaces of single tables, extensions), and the
    /// database's OID. Null if the database does not exist.
    /// </returns>
    public static async Task<(DatabaseMetadata Metadata, uint Oid)?> ReadAsync(
        NpgsqlConnection connection,
        string database,
        CancellationToken cancellationToken
    )
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in (string[])[Properties, Grants, Settings, Roles, DefaultTablespace, Subscriptions])
        {
            batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = database } } });
        }
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var properties = await RowsAsync(r =>
            (
                new DatabaseMetadata
                {
                    Name = r.GetString(0),
                    Owner = r.GetSharedName(1),
                    Encoding = r.GetString(2),
                    Collate = r.GetString(3),
                    CharacterType = r.GetString(4),
                    LocaleProvider = r.GetString(5),
                    Locale = r.GetStringOrNull(6),
                    IcuRules = r.GetStringOrNull(7),
                    ConnectionLimit = r.GetInt32(8),
                    Comment = r.GetStringOrNull(9),
                    ServerVersion = r.GetString(11).Split(' ')[0],
                },
                HasGrants: r.GetBoolean(10),
                Oid: r.GetFieldValue<uint>(12)
            )
        );
        if (properties is not [var (metadata, hasGrants, oid)])
        {
            return null;
        }
        var grants = await RowsAsync(r => new DatabaseGrant(r.GetString(1), r.GetBoolean(2), r.GetSharedNameOrNull(0)));
        return (
            metadata with
            {
                Grants = hasGrants && !grants.SequenceEqual(DatabaseGrant.Defaults) ? grants : null,
                Settings = await RowsAsync(r => new DatabaseSetting(r.GetString(1), r.GetString(2), r.GetSharedNameOrNull(0))),
                Roles = await RowsAsync(r =>
                    CreateRoleReference(r.GetFieldValue<byte[]>(0), r.GetBoolean(1), r.GetBoolean(2), r.GetBoolean(3))
                ),
                Tablespaces = await RowsAsync(r => r.GetString(0)),
                Subscriptions = (await RowsAsync(r => r.GetInt64(0)))[0],
            },
            oid
        );

        async Task<List<T>> RowsAsync<T>(Func<NpgsqlDataReader, T> read)
        {
            var rows = new List<T>();
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(read(reader));
            }
            await reader.NextResultAsync(cancellationToken);
            return rows;
        }
    }

    private static RoleReference CreateRoleReference(byte[] name, bool canLogIn, bool isOwner, bool isNamed) =>
        new(NameEncoding.DecodeShared(name), canLogIn, isOwner, isNamed, NameEncoding.TryDecodeUtf8(name) is null ? name : null);

    /// <summary>Counts the user mappings in the current database whose options the role is not allowed to see.</summary>
    public static async Task<long> HiddenMappingsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await connection.QueryAsync(HiddenMappings, r => r.GetInt64(0), cancellationToken))[0];

    /// <summary>Reads the grants on the schema <c>public</c> of the current database, in its encoding.</summary>
    public static async Task<IReadOnlyList<DatabaseGrant>> PublicGrantsAsync(
        NpgsqlConnection connection,
        CancellationToken cancellationToken
    ) =>
        await connection.QueryAsync(
            PublicGrants,
            r => new DatabaseGrant(r.GetString(1), r.GetBoolean(2), r.GetSharedNameOrNull(0)),
            cancellationToken
        );

    /// <summary>Reads the extensions of the current database, with their versions.</summary>
    public static async Task<List<string>> ExtensionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            "SELECT extname::pg_catalog.text, extversion FROM pg_catalog.pg_extension",
            r => $"{r.GetString(0)} {r.GetString(1)}",
            cancellationToken
        );
        found.Sort(StringComparer.Ordinal);
        return found;
    }
}
