using Holdfast.Engines.PostgreSql.Connecting;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// Sessions of a new database in which rows are loaded, and functions run that rows are checked and computed with: as the role that restores.
/// </summary>
/// <param name="connect">Makes a connection to the new database.</param>
/// <param name="role">The role that it becomes; null for the one that connects.</param>
internal sealed class LoadSessions(Func<CancellationToken, Task<NpgsqlConnection>> connect, string? role)
{
    /// <summary>Looks names up in <c>pg_catalog</c> alone, as <c>pg_restore</c> does. Code of the database may have changed that.</summary>
    public const string PinPath = "SELECT pg_catalog.set_config('search_path', '', false)";

    // What pg_restore sets too, but for the first: what is written becomes lasting with the statement that gives the database its name.
    private const string Settings =
        "SET synchronous_commit = off; SET lock_timeout = 0; SET row_security = off; SET xmloption = content; "
        + "SET check_function_bodies = off; " + PinPath;

    /// <summary>Opens one.</summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await connect(cancellationToken);
        try
        {
            await connection.RunAsync(role is null ? Settings : $"{Settings}; SET ROLE {Sql.Name(role)}", cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
