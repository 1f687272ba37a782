using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>
/// Gives a loaded database its name and its grants, in one transaction. Whoever is connected to it stands in the way:
/// an agent that looks at every database, a superuser.
/// </summary>
/// <param name="connection">A connection to another database.</param>
/// <param name="temporaryName">The name that it has.</param>
/// <param name="name">The name that it gets.</param>
/// <param name="application">By which name the server knows the sessions that loaded it, which are about to end.</param>
/// <param name="grants">The grants: what each is, and its statement.</param>
internal sealed class DatabaseRename(
    NpgsqlConnection connection,
    string temporaryName,
    string name,
    string application,
    IReadOnlyList<(string What, string Sql)> grants
)
{
    /// <summary>Begins the comment on a database that is loaded and only lacks its name; a clean-up passes over it.</summary>
    public const string LoadedComment = "Loaded by Holdfast";

    // The server's own processes make way by themselves.
    private const string OtherSessionsQuery = """
        SELECT pid, pg_catalog.concat_ws(' ', usename, application_name) FROM pg_catalog.pg_stat_activity
        WHERE datname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND usesysid IS NOT NULL AND application_name OPERATOR(pg_catalog.<>) $2
        """;

    private readonly List<string> _leftOut = [];
    private readonly HashSet<string> _terminated = new(StringComparer.Ordinal);
    private string _blockers = "somebody";

    /// <summary>Grants that could not be restored, and why.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>Whose sessions were ended; null for nobody's.</summary>
    public string? TerminatedSessions =>
        _terminated.Count == 0
            ? null
            : "Sessions that were connected to the database in the making were ended: "
                + $"{string.Join(", ", _terminated.Order(StringComparer.Ordinal))}.";

    /// <summary>Does it.</summary>
    /// <param name="patience">How long others are waited for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether it has its name.</returns>
    public async Task<bool> RunAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        // no superuser comes in any more either
        await connection.ExecuteAsync($"ALTER DATABASE {Sql.QuoteIdentifier(temporaryName)} ALLOW_CONNECTIONS false", cancellationToken);
        var began = TimeProvider.System.GetTimestamp();
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
                if (TimeProvider.System.GetElapsedTime(began) >= patience)
                {
                    return false;
                }
            }
        }
    }

    /// <summary>Marks it as loaded, so that it stays.</summary>
    /// <returns>What the operator has to do.</returns>
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
            $"COMMENT ON DATABASE {before} IS {Sql.QuoteLiteral($"{LoadedComment}; it is to be renamed to {after}")}",
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
            ErrorCatalogue.SourceLocked,
            $"'{name}' is loaded and checked on {server.Host}, and could not be given its name: {_blockers} stayed connected to "
                + $"it. It is kept as '{temporaryName}'.",
            $"End that session, then: {string.Concat(finish.Select(s => s + "; "))}".TrimEnd()
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
        foreach (var (process, who) in others)
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
                    _terminated.Add(who);
                }
            }
            catch (PostgresException)
            {
                // Not allowed: it is waited for.
            }
        }
    }

    private async Task RenameAsync(CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync("BEGIN", cancellationToken);
        try
        {
            await connection.ExecuteAsync(
                $"ALTER DATABASE {Sql.QuoteIdentifier(temporaryName)} RENAME TO {Sql.QuoteIdentifier(name)}; ALTER DATABASE {Sql.QuoteIdentifier(name)} "
                    + "ALLOW_CONNECTIONS true",
                cancellationToken
            );
            foreach (var (what, sql) in grants)
            {
                try
                {
                    await connection.ExecuteAsync($"SAVEPOINT before; {sql}; RELEASE before", cancellationToken);
                }
                catch (PostgresException e)
                {
                    await connection.ExecuteAsync("ROLLBACK TO before", cancellationToken);
                    _leftOut.Add($"{char.ToUpperInvariant(what[0])}{what[1..]} could not be restored: {e.MessageText}.");
                }
            }

            await connection.ExecuteAsync("COMMIT", cancellationToken);
        }
        catch (PostgresException)
        {
            await connection.ExecuteAsync("ROLLBACK", CancellationToken.None);
            _leftOut.Clear();
            throw;
        }
    }
}
