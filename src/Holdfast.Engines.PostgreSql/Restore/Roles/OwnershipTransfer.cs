using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>
/// Lets a role of its own make what is in a new database that it does not own, and hands all of that over in the end.
/// Done by the role that made the database, which
/// is a member of both; code of the old database runs nowhere here.
/// </summary>
/// <param name="connect">Connects to the new database as the role that made it.</param>
/// <param name="server">The server.</param>
/// <param name="restorer">The role that restores.</param>
/// <param name="owner">The one that is to own all.</param>
internal sealed class OwnershipTransfer(
    Func<CancellationToken, Task<NpgsqlConnection>> connect,
    Server server,
    string restorer,
    string owner
)
{
    private const string OwnerOfDatabase = "pg_database_owner";

    private const string Schemas = """
        SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
        WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name ORDER BY 1
        """;

    private const string RemainingQuery = """
        SELECT pg_catalog.count(*) FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) s.refobjid
        WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.deptype OPERATOR(pg_catalog.=) 'o'
          AND s.dbid OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())])
        """;

    /// <summary>
    /// Lends the restoring role the schema <c>public</c>, which a dump has statements for. Before version 15 it belongs
    /// to a superuser, and anybody may create in it.
    /// </summary>
    public async Task LendPublicSchemaAsync(CancellationToken cancellationToken)
    {
        if (server.Major < PublicSchemaGrants.FirstMajorOwnedByDatabaseOwner)
        {
            return;
        }
        await using var connection = await connect(cancellationToken);
        await connection.ExecuteAsync($"ALTER SCHEMA public OWNER TO {Sql.QuoteIdentifier(restorer)}", cancellationToken);
    }

    /// <summary>Hands all over.</summary>
    /// <returns>How many objects still belong to the restoring role.</returns>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await connect(cancellationToken);
        // Schemas first: who is to own a table needs to be allowed to create in its schema.
        foreach (var schema in await connection.QueryAsync(Schemas, r => r.GetString(0), cancellationToken, restorer))
        {
            await connection.ExecuteAsync(
                $"ALTER SCHEMA {Sql.QuoteIdentifier(schema)} OWNER TO "
                    + $"{(schema == "public" && server.Major >= PublicSchemaGrants.FirstMajorOwnedByDatabaseOwner ? OwnerOfDatabase : Sql.QuoteIdentifier(owner))}",
                cancellationToken
            );
        }
        await connection.ExecuteAsync(
            $"REASSIGN OWNED BY {Sql.QuoteIdentifier(restorer)} TO {Sql.QuoteIdentifier(owner)}",
            cancellationToken
        );
        return (await connection.QueryAsync(RemainingQuery, r => r.GetInt64(0), cancellationToken, restorer))[0];
    }
}
