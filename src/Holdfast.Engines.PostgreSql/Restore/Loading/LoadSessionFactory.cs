using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// Sessions of a new database in which rows are loaded, and functions run that rows are checked and computed with: as
/// the role that restores.
/// </summary>
/// <param name="connect">Makes a connection to the new database.</param>
/// <param name="role">The role that it becomes; null for the one that connects.</param>
internal sealed class LoadSessionFactory(Func<CancellationToken, Task<NpgsqlConnection>> connect, string? role)
{
    /// <summary>
    /// Looks names up in <c>pg_catalog</c> alone, as <c>pg_restore</c> does, waits for what takes long, and has values written so that they
    /// are read back as they were, as <c>pg_dump</c> does. Code of the database may have changed that, and so may settings of the role.
    /// </summary>
    public const string PinSettingsSql = "SELECT pg_catalog.set_config('search_path', '', false)" + OtherSettings;

    /// <summary>The same for a query that names what <c>pg_catalog</c> has without its schema: nothing else is found instead.</summary>
    public const string PinCatalogSettingsSql = "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)" + OtherSettings;

    private const string OtherSettings =
        ", pg_catalog.set_config('statement_timeout', '0', false), pg_catalog.set_config('lock_timeout', '0', false), "
        + "pg_catalog.set_config('default_transaction_read_only', 'off', false), pg_catalog.set_config('extra_float_digits', '3', false), "
        + "pg_catalog.set_config('datestyle', 'ISO', false), pg_catalog.set_config('intervalstyle', 'postgres', false)";

    // What pg_restore sets too, but for the first: what is written becomes lasting with the statement that gives the database its name.
    private const string Settings =
        "SET synchronous_commit = off; SET row_security = off; SET xmloption = content; SET check_function_bodies = off; " + PinSettingsSql;

    /// <summary>Opens one.</summary>
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
