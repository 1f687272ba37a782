using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>Opens views: on a standby where there is one, and on the primary for a database that standbys could not hold twice.</summary>
internal sealed class ViewOpening(PostgreSqlSourceConfig config, Connector connector, ServerGroup group, ToolFinder tools)
{
    private const int MostConflicts = 2;

    // Indexes are not in a dump. What the server last counted of them is exact enough; so is the size that discovery found, for to ask means a look at each file.
    private const string Facts = """
        SELECT d.oid, greatest(0, CASE $1::bigint WHEN 0 THEN pg_database_size(d.oid) ELSE $1::bigint END - coalesce((SELECT sum(relpages::bigint) FROM pg_class WHERE relkind = 'i'), 0)::bigint * current_setting('block_size')::int),
               (SELECT count(*) FROM pg_class WHERE relpersistence = 'u' AND relkind IN ('r', 'm'))
        FROM pg_database d WHERE d.datname = current_database()
        """;

    private readonly ConcurrentDictionary<string, int> _conflicts = new(StringComparer.Ordinal);

    /// <summary>Opens a view.</summary>
    public async Task<PostgreSqlView> OpenAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        if (database.Problem is { } problem) throw new HoldfastException(problem.Error, problem.Message, problem.Hint, problem);
        var (server, connection, failures) = await ConnectAsync(database.Name, cancellationToken);
        try
        {
            var tool = await tools.FindAsync(Tool.Dump, server.Major, cancellationToken);
            await connection.RunAsync("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", cancellationToken);
            var snapshot = (await connection.QueryAsync("SELECT pg_export_snapshot()", r => r.GetString(0), cancellationToken))[0];
            var (oid, bytes, unlogged) = (await connection.QueryAsync(Facts, r => (r.GetFieldValue<uint>(0), r.GetInt64(1), r.GetInt64(2)), cancellationToken, database.SizeBytes))[0];
            if (database.Identity is not null && DatabaseFinder.Identity(server, oid) is { } identity && identity != database.Identity)
                throw new HoldfastException(ErrorCatalogue.NotFound, $"The database '{database.Name}' is not the one that was found: it was dropped, and another has its name.", "The next discovery tells them apart.");
            List<string> warnings = [.. failures.Select(f => f.Message)];
            if (tool.Warning is not null) warnings.Add(tool.Warning);
            if (server.IsStandby && unlogged > 0) warnings.Add($"{unlogged} unlogged {(unlogged == 1 ? "table is" : "tables are")} without rows in this backup: standbys do not have them.");
            var plan = new PostgreSqlViewPlan
            {
                Config = config,
                Connector = connector,
                Server = server,
                Database = database.Name,
                Tool = tool,
                Snapshot = snapshot,
                ExpectedBytes = bytes,
                Asked = request.Type,
                Warnings = warnings,
                Ended = e => Remember(e, server, database.Name),
            };
            return new(plan, connection);
        }
        catch (Exception e)
        {
            group.Forget();
            await connection.DisposeAsync();
            if (e is not NpgsqlException) throw;
            var failure = ServerFailure.Of(e, $"'{database.Name}' on {server.Host}");
            Remember(failure, server, database.Name);
            throw failure;
        }
    }

    private async Task<(Server Server, NpgsqlConnection Connection, IReadOnlyList<HoldfastException> Failures)> ConnectAsync(string database, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var (servers, failures) = await group.RecallAsync(cancellationToken);
            var server = Choose(servers, database);
            try
            {
                return (server, await connector.ConnectAsync(server.Host, database, cancellationToken), failures);
            }
            catch (HoldfastException) when (isFirst)
            {
                group.Forget(); // it may have gone since it was asked; another may be there
            }
        }
    }

    private Server Choose(IReadOnlyList<Server> servers, string database)
    {
        if (!_conflicts.TryGetValue(database, out var conflicts) || conflicts < MostConflicts) return servers[0];
        _conflicts.TryRemove(database, out _); // the next backup tries a standby again
        return servers.FirstOrDefault(s => !s.IsStandby) ?? servers[0];
    }

    private void Remember(HoldfastException failure, Server server, string database)
    {
        if (server.IsStandby && failure.Error == ErrorCatalogue.SourceConflict) _conflicts.AddOrUpdate(database, 1, (_, n) => n + 1);
    }
}
