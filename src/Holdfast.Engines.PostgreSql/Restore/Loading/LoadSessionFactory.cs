using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// Opens sessions of a new database that load rows, and execute the functions that check and compute them, as the
/// restore role.
/// </summary>
/// <param name="connect">Opens a connection to the new database.</param>
/// <param name="role">The role to switch to; null to stay the role that connects.</param>
internal sealed class LoadSessionFactory(Func<CancellationToken, Task<NpgsqlConnection>> connect, string? role)
{
    /// <summary>
    /// Sets the search path to <c>pg_catalog</c> only, as <c>pg_restore</c> does, removes timeouts, and sets output
    /// formats that are read back exactly, as <c>pg_dump</c> does. Code of the database and settings of the role may
    /// have changed these.
    /// </summary>
    public const string PinSettingsSql = "SELECT pg_catalog.set_config('search_path', '', false)" + OtherSettings;

    /// <summary>
    /// The same for queries with unqualified names of <c>pg_catalog</c>, so that no other objects are found instead.
    /// </summary>
    public const string PinCatalogSettingsSql = "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)" + OtherSettings;

    private const string OtherSettings =
        ", pg_catalog.set_config('statement_timeout', '0', false), pg_catalog.set_config('lock_timeout', '0', false), "
        + "pg_catalog.set_config('default_transaction_read_only', 'off', false), pg_catalog.set_config('extra_float_digits', '3', false), "
        + "pg_catalog.set_config('datestyle', 'ISO', false), pg_catalog.set_config('intervalstyle', 'postgres', false)";

    // As pg_restore sets them, except the first: nothing needs to be durable before the statement that gives the
    // database its final name.
    private const string Settings =
        "SET synchronous_commit = off; SET row_security = off; SET xmloption = content; SET check_function_bodies = off; " + PinSettingsSql;

    /// <summary>Opens a session.</summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await connect(cancellationToken);
        try
        {
            await connection.ExecuteAsync(role is null ? Settings : $"{Settings}; SET ROLE {Sql.QuoteIdentifier(role)}", cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
