using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>
/// Lets a dedicated role create the contents of a new database that it does not own, and transfers the ownership in the
/// end. This is done by the role that created the database, which is a member of both; code of the old database is
/// never executed here.
/// </summary>
/// <param name="connect">Connects to the new database as the role that created it.</param>
/// <param name="server">The server.</param>
/// <param name="restoreRole">The role that restores.</param>
/// <param name="owner">The role that will own everything.</param>
internal sealed class OwnershipTransfer(
    Func<CancellationToken, Task<NpgsqlConnection>> connect,
    Server server,
    string restoreRole,
    string owner
)
{
    private const string OwnerOfDatabase = "pg_database_owner";

    private const string Schemas = """
        SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace n
             JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
        WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name ORDER BY 1
        """;

    private const string RemainingQuery = """
        SELECT pg_catalog.count(*) FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) s.refobjid
        WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name
          AND s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.deptype OPERATOR(pg_catalog.=) 'o'
          AND s.dbid OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, (
            SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())])
        """;

    /// <summary>
    /// Makes the restore role the temporary owner of the schema <c>public</c>, because a dump contains statements for
    /// it. Before version 15 it belongs to a superuser, and everybody can create objects in it.
    /// </summary>
    public async Task LendPublicSchemaAsync(CancellationToken cancellationToken)
    {
        if (server.Major < PublicSchemaGrants.FirstMajorOwnedByDatabaseOwner)
        {
            return;
        }
        await using var connection = await connect(cancellationToken);
        await connection.ExecuteAsync($"ALTER SCHEMA public OWNER TO {Sql.QuoteIdentifier(restoreRole)}", cancellationToken);
    }

    /// <summary>Transfers everything.</summary>
    /// <returns>The number of objects that still belong to the restore role.</returns>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await connect(cancellationToken);
        // Schemas first: the new owner of a table needs CREATE on its schema.
        foreach (var schema in await connection.QueryAsync(Schemas, r => r.GetString(0), cancellationToken, restoreRole))
        {
            var isOwnedByDatabaseOwner = schema == "public" && server.Major >= PublicSchemaGrants.FirstMajorOwnedByDatabaseOwner;
            var newOwner = isOwnedByDatabaseOwner ? OwnerOfDatabase : Sql.QuoteIdentifier(owner);
            await connection.ExecuteAsync($"ALTER SCHEMA {Sql.QuoteIdentifier(schema)} OWNER TO {newOwner}", cancellationToken);
        }
        await connection.ExecuteAsync(
            $"REASSIGN OWNED BY {Sql.QuoteIdentifier(restoreRole)} TO {Sql.QuoteIdentifier(owner)}",
            cancellationToken
        );
        return (await connection.QueryAsync(RemainingQuery, r => r.GetInt64(0), cancellationToken, restoreRole))[0];
    }
}
