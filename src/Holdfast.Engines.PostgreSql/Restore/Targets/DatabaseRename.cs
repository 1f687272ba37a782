using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>
/// Renames a loaded database to its final name and applies its grants, in one transaction. Other sessions in the
/// database prevent this: a monitoring agent that connects to every database, or a superuser.
/// </summary>
/// <param name="connection">A connection to another database.</param>
/// <param name="temporaryName">Its temporary name.</param>
/// <param name="name">Its final name.</param>
/// <param name="application">The application_name of the sessions that have loaded it, which are about to end.</param>
/// <param name="grants">The grants: description and statement.</param>
internal sealed class DatabaseRename(
    NpgsqlConnection connection,
    string temporaryName,
    string name,
    string application,
    IReadOnlyList<(string What, string Sql)> grants
)
{
    /// <summary>
    /// Prefix of the comment on a database that is loaded and only lacks its final name; a clean-up skips it.
    /// </summary>
    public const string LoadedComment = "Loaded by Holdfast";

    // The server's own processes leave by themselves.
    private const string OtherSessionsQuery = """
        SELECT pid, pg_catalog.concat_ws(' ', usename, application_name) FROM pg_catalog.pg_stat_activity
        WHERE datname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND usesysid IS NOT NULL AND application_name OPERATOR(pg_catalog.<>) $2
        """;

    private readonly List<string> _omissions = [];
    private readonly HashSet<string> _terminated = new(StringComparer.Ordinal);
    private string _blockers = "somebody";

    /// <summary>Grants that could not be restored, and why.</summary>
    public IReadOnlyList<string> Omissions => _omissions;

    /// <summary>A warning about sessions that were terminated; null if there were none.</summary>
    public string? TerminatedSessions =>
        _terminated.Count == 0
            ? null
            : "Sessions that were connected to the database that is being restored were terminated: "
                + $"{string.Join(", ", _terminated.Order(StringComparer.Ordinal))}.";

    /// <summary>Renames the database.</summary>
    /// <param name="timeout">How long to wait for other sessions.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Whether it has its final name.</returns>
    public async Task<bool> RunAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        // also keeps superusers out
        await connection.ExecuteAsync($"ALTER DATABASE {Sql.QuoteIdentifier(temporaryName)} ALLOW_CONNECTIONS false", cancellationToken);
        var startedAt = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await TerminateOthersAsync(cancellationToken);
            try
            {
                await RenameAsync(cancellationToken);
                return true;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
            {
                // The server has waited for them for five seconds.
                if (TimeProvider.System.GetElapsedTime(startedAt) >= timeout)
                {
                    return false;
                }
            }
        }
    }

    /// <summary>Marks the database as loaded, so that it is kept.</summary>
    /// <returns>The error, with the statements that complete the restore.</returns>
    public async Task<HoldfastException> KeepUnderTemporaryNameAsync(Server server, CancellationToken cancellationToken)
    {
        var (before, after) = (Sql.QuoteIdentifier(temporaryName), Sql.QuoteIdentifier(name));
        var comment = (
            await connection.QueryAsync(
                "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname "
                    + "OPERATOR(pg_catalog.=) $1::pg_catalog.name",
                r => r.GetStringOrNull(0),
                cancellationToken,
                temporaryName
            )
        )[0];
        await connection.ExecuteAsync(
            $"COMMENT ON DATABASE {before} IS {Sql.QuoteLiteral($"{LoadedComment}; to be renamed to {after}")}",
            cancellationToken
        );
        IEnumerable<string> finish =
        [
            $"ALTER DATABASE {before} RENAME TO {after}",
            $"ALTER DATABASE {after} ALLOW_CONNECTIONS true",
            .. grants.Select(g => g.Sql),
            $"COMMENT ON DATABASE {after} IS {(comment is null ? "NULL" : Sql.QuoteLiteral(comment))}",
        ];
        return new(
            ErrorCatalog.SourceLocked,
            $"'{name}' is loaded and checked on {server.Host}, but could not be renamed: {_blockers} stayed connected to "
                + $"it. It is kept as '{temporaryName}'.",
            $"Terminate that session, then run: {string.Concat(finish.Select(s => s + "; "))}".TrimEnd()
        );
    }

    private async Task TerminateOthersAsync(CancellationToken cancellationToken)
    {
        var others = await connection.QueryAsync(
            OtherSessionsQuery,
            r => (Process: r.GetInt32(0), Who: r.GetSharedName(1).Trim()),
            cancellationToken,
            temporaryName,
            application
        );
        if (others.Count > 0)
        {
            _blockers = string.Join(
                ", ",
                others.Select(o => string.Create(CultureInfo.InvariantCulture, $"process {o.Process} ({o.Who})"))
            );
        }
        foreach (var (process, session) in others)
        {
            try
            {
                if (
                    await connection.QueryAsync(
                        "SELECT pg_catalog.pg_terminate_backend($1)",
                        r => r.GetBoolean(0),
                        cancellationToken,
                        process
                    )
                    is [true]
                )
                {
                    _terminated.Add(session);
                }
            }
            catch (PostgresException)
            {
                // Not allowed: wait until the session ends.
            }
        }
    }

    private async Task RenameAsync(CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync("BEGIN", cancellationToken);
        try
        {
            await connection.ExecuteAsync(
                $"ALTER DATABASE {Sql.QuoteIdentifier(temporaryName)} RENAME TO {Sql.QuoteIdentifier(name)}; "
                    + $"ALTER DATABASE {Sql.QuoteIdentifier(name)} "
                    + "ALLOW_CONNECTIONS true",
                cancellationToken
            );
            foreach (var (description, sql) in grants)
            {
                try
                {
                    await connection.ExecuteAsync($"SAVEPOINT before; {sql}; RELEASE before", cancellationToken);
                }
                catch (PostgresException e)
                {
                    await connection.ExecuteAsync("ROLLBACK TO before", cancellationToken);
                    _omissions.Add($"{char.ToUpperInvariant(description[0])}{description[1..]} could not be restored: {e.MessageText}.");
                }
            }

            await connection.ExecuteAsync("COMMIT", cancellationToken);
        }
        catch (PostgresException)
        {
            await connection.ExecuteAsync("ROLLBACK", CancellationToken.None);
            _omissions.Clear();
            throw;
        }
    }
}
