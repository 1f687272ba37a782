using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Around;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>Opens views: on a standby where there is one, and on the primary for a database that standbys could not hold twice.</summary>
internal sealed class ViewOpening(PostgreSqlSourceConfig config, Connector connector, ServerGroup group, ToolFinder tools)
{
    private const int MostConflicts = 2;

    // Below, that indexes are not in a dump makes no difference that anybody would see.
    private const long LargeBytes = 64 << 20;

    // What the server last counted of its indexes is exact enough; so is the size that discovery found, for to ask means a look at each file.
    private const string Facts = """
        SELECT greatest(0, CASE $1::bigint WHEN 0 THEN pg_database_size(current_database()) ELSE $1::bigint END - coalesce((SELECT sum(relpages::bigint) FROM pg_class WHERE relkind = 'i'), 0)::bigint * current_setting('block_size')::int),
               (SELECT count(*) FROM pg_class WHERE relpersistence = 'u' AND relkind IN ('r', 'm'))
        """;

    private readonly ConcurrentDictionary<string, int> _conflicts = new(StringComparer.Ordinal);

    /// <summary>Opens a view.</summary>
    public async Task<PostgreSqlView> OpenAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        if (database.Problem is { } problem) throw new HoldfastException(problem.Error, problem.Message, problem.Hint, problem);
        var (server, around, oid, failures) = await AskAsync(database.Name, cancellationToken);
        try
        {
            CheckIdentity(database, server, oid);
            var tool = await tools.FindAsync(Tool.Dump, server.Major, cancellationToken);
            List<string> warnings = [.. failures.Select(f => f.Message)];
            if (tool.Warning is not null) warnings.Add(tool.Warning);
            var bytes = database.SizeBytes;
            if (server.IsStandby || bytes is 0 or >= LargeBytes)
            {
                (bytes, var unlogged) = await FactsAsync(database, server, cancellationToken);
                if (server.IsStandby && unlogged > 0) warnings.Add($"{unlogged} unlogged {(unlogged == 1 ? "table is" : "tables are")} without rows in this backup: standbys do not have them.");
            }

            var dump = await DumpRun.StartAsync(tool, config, connector, server.Host, database.Name, bytes, cancellationToken);
            return new(
                new()
                {
                    Server = server,
                    CompleteAsync = (head, token) => CompleteAsync(database, server, around, head, token),
                    ExpectedBytes = bytes,
                    Asked = request.Type,
                    Warnings = warnings,
                    Ended = e => Remember(e, server, database.Name),
                },
                dump);
        }
        catch (HoldfastException e)
        {
            group.Forget();
            Remember(e, server, database.Name);
            throw;
        }
    }

    // What all databases share is asked of the maintenance database, and not of a session of its own: that would be a third of the work for a small one.
    private async Task<(Server Server, Surroundings Around, uint Oid, IReadOnlyList<HoldfastException> Failures)> AskAsync(string database, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var (servers, failures) = await group.RecallAsync(cancellationToken);
            var server = Choose(servers, database);
            try
            {
                await using var connection = await connector.ShareAsync(server.Host, cancellationToken);
                var (around, oid) = await SurroundingsReader.ReadAsync(connection, database, cancellationToken) ?? throw Gone(database, server);
                return (server, around, oid, failures);
            }
            catch (Exception e) when (e is NpgsqlException || (e is HoldfastException h && h.Error != ErrorCatalogue.NotFound))
            {
                group.Forget(); // it may have gone since it was asked; another may be there
                if (!isFirst) throw ServerFailure.Of(e, $"'{database}' on {server.Host}");
            }
        }
    }

    private async Task<(long Bytes, long Unlogged)> FactsAsync(DiscoveredDatabase database, Server server, CancellationToken cancellationToken)
    {
        await using var connection = await connector.ConnectAsync(server.Host, database.Name, cancellationToken);
        try
        {
            return (await connection.QueryAsync(Facts, r => (r.GetInt64(0), r.GetInt64(1)), cancellationToken, database.SizeBytes))[0];
        }
        catch (NpgsqlException e)
        {
            throw ServerFailure.Of(e, $"'{database.Name}' on {server.Host}");
        }
    }

    private async Task<Surroundings> CompleteAsync(DiscoveredDatabase database, Server server, Surroundings around, DumpHead head, CancellationToken cancellationToken)
    {
        try
        {
            await using (var shared = await connector.ShareAsync(server.Host, cancellationToken))
                CheckIdentity(database, server, await SurroundingsReader.OidAsync(shared, database.Name, cancellationToken) ?? throw Gone(database.Name, server));
            around = around with { Tablespaces = [.. around.Tablespaces.Union(head.Tablespaces).Order(StringComparer.Ordinal)] };
            if (!head.HasExtensions) return around;
            await using var connection = await connector.ConnectAsync(server.Host, database.Name, cancellationToken);
            return around with { Extensions = await SurroundingsReader.ExtensionsAsync(connection, cancellationToken) };
        }
        catch (NpgsqlException e)
        {
            throw ServerFailure.Of(e, $"'{database.Name}' on {server.Host}");
        }
    }

    // Asked before the dump and after it: between, its own session keeps the database.
    private static void CheckIdentity(DiscoveredDatabase database, Server server, uint oid)
    {
        if (database.Identity is not null && DatabaseFinder.Identity(server, oid) is { } identity && identity != database.Identity)
            throw new HoldfastException(ErrorCatalogue.NotFound, $"The database '{database.Name}' is not the one that was found: it was dropped, and another has its name.", "The next discovery tells them apart.");
    }

    private static HoldfastException Gone(string database, Server server) =>
        new(ErrorCatalogue.NotFound, $"The database '{database}' does not exist on {server.Host}.", "It was dropped or renamed; the next discovery tells.");

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
