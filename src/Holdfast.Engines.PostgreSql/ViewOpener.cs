using System.Collections.Concurrent;
using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>Opens views: on a standby where there is one, and on the primary for a database that standbys could not hold twice.</summary>
internal sealed class ViewOpener(PostgreSqlSourceConfig config, Connector connector, ServerGroup group, ToolFinder tools)
{
    private const int MaxConflicts = 2;

    private const string LockStatement = "IN ACCESS SHARE MODE"; // of the statement that failed, as pg_dump tells it

    private static readonly TimeSpan ShortLockWait = TimeSpan.FromMilliseconds(500); // half of the server's deadlock_timeout by default
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200),
        LongestPause = TimeSpan.FromSeconds(5);

    // Below, that indexes are not in a dump makes no difference that anybody would see.
    private const long LargeBytes = 64 << 20;

    // What the server last counted of its indexes is exact enough; so is the size that discovery found, for to ask
    // means a look at each file.
    private const string SizeQuery = """
        SELECT CASE WHEN $1 THEN pg_catalog.pg_database_size(pg_catalog.current_database()) END, pg_catalog.current_setting('block_size'),
               (SELECT pg_catalog.sum(relpages::bigint)::bigint FROM pg_catalog.pg_class WHERE relkind OPERATOR(pg_catalog.=) 'i'),
               (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class WHERE relpersistence OPERATOR(pg_catalog.=) 'u' AND relkind OPERATOR(pg_catalog.=) ANY ('{r,m}'::"char"[]))
        """;

    private readonly SharedCatalogReader _metadataReader = new(connector);
    private readonly ConcurrentDictionary<string, int> _conflicts = new(StringComparer.Ordinal);

    /// <summary>Opens a view.</summary>
    public async Task<PostgreSqlView> OpenAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        if (database.Problem is { } problem)
        {
            throw new HoldfastException(problem.Error, problem.Message, problem.Hint, problem);
        }
        var isPrimaryNext = _conflicts.TryGetValue(database.Name, out var conflicts) && conflicts >= MaxConflicts;
        var (server, around, oid, failures) = await ReadMetadataAsync(database.Name, isPrimaryNext, cancellationToken);
        try
        {
            if (
                database.Identity is not null
                && DatabaseFinder.CreateIdentity(server, oid) is { } identity
                && identity != database.Identity
            )
            {
                throw SharedCatalogReader.DatabaseReplaced(database.Name);
            }
            var tool = await tools.FindAsync(Tool.Dump, server.Major, cancellationToken);
            List<string> warnings = [.. failures.Select(f => f.Message)];
            if (tool.VulnerabilityWarning is not null)
            {
                warnings.Add(tool.VulnerabilityWarning);
            }
            var bytes = database.SizeBytes;
            if (server.IsStandby || bytes is 0 or >= LargeBytes)
            {
                (bytes, var unlogged) = await ReadSizeAsync(database, server, cancellationToken);
                if (server.IsStandby && unlogged > 0)
                {
                    warnings.Add(
                        $"{unlogged} unlogged {(unlogged == 1 ? "table is" : "tables are")} without rows in this backup: "
                            + "standbys do not have them."
                    );
                }
            }

            var dump = await DumpAsync(tool, server, around, bytes, cancellationToken);
            if (isPrimaryNext)
            {
                _conflicts.TryRemove(database.Name, out _); // the next backup tries a standby again
            }
            return new(
                new()
                {
                    Server = server,
                    CompleteMetadataAsync = (head, token) => _metadataReader.CompleteAsync(server, around, oid, head, token),
                    ExpectedBytes = bytes,
                    RequestedType = request.Type,
                    Warnings = warnings,
                    OnFailure = e => RecordConflict(e, server, database.Name),
                },
                dump
            );
        }
        catch (HoldfastException e)
        {
            group.Invalidate();
            RecordConflict(e, server, database.Name);
            throw;
        }
    }

    private async Task<(Server Server, DatabaseMetadata Around, uint Oid, IReadOnlyList<HoldfastException> Failures)> ReadMetadataAsync(
        string database,
        bool isPrimaryNext,
        CancellationToken cancellationToken
    )
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var (servers, failures) = await group.GetServersAsync(cancellationToken);
            var server = (isPrimaryNext ? servers.FirstOrDefault(s => !s.IsStandby) : null) ?? servers[0];
            try
            {
                var (around, oid) = await _metadataReader.ReadAsync(server, database, cancellationToken);
                return (server, around, oid, failures);
            }
            catch (HoldfastException e) when (e.Error != ErrorCatalogue.NotFound)
            {
                group.Invalidate(); // it may have gone since it was asked; another may be there
                if (isFirst)
                {
                    continue;
                }
                RecordConflict(e, server, database);
                throw;
            }
        }
    }

    // A dump that waits for the lock of one table holds those of others. Who wants these, and has that one, would be
    // ended by the server as part
    // of a deadlock, after a second by default: a migration that fails for a backup. So the dump waits for less, lets
    // go of all and begins again,
    // for half of the time that it may wait. Then it waits in one go: newer programs lock very many tables by one
    // statement, which takes its time.
    private async Task<DumpProcess> DumpAsync(
        Tool tool,
        Server server,
        DatabaseMetadata around,
        long expectedBytes,
        CancellationToken cancellationToken
    )
    {
        var begun = TimeProvider.System.GetTimestamp();
        var isAtOnce = false;
        for (var pause = FirstPause; ; pause = pause < LongestPause ? 2 * pause : LongestPause)
        {
            var left = config.LockWait - TimeProvider.System.GetElapsedTime(begun);
            var isShort = (!isAtOnce && left > config.LockWait / 2) || left < ShortLockWait;
            try
            {
                return await StartAsync(tool, server, around, expectedBytes, isShort ? ShortLockWait : left, cancellationToken);
            }
            catch (HoldfastException e) when (isShort && e.Error == ErrorCatalogue.SourceLocked && MayWait())
            {
                await Task.Delay(pause, TimeProvider.System, cancellationToken);
            }
            catch (HoldfastException e) when (isShort && !isAtOnce && e.Message.Contains(LockStatement, StringComparison.Ordinal))
            {
                isAtOnce = true; // a server that speaks another language: it may be the lock, and more than one try tells nothing more
            }
        }

        bool MayWait() => TimeProvider.System.GetElapsedTime(begun) < config.LockWait;
    }

    // Why nobody is let in, the server's codes tell better than the text that pg_dump repeats, which may be in any language.
    private async Task<DumpProcess> StartAsync(
        Tool tool,
        Server server,
        DatabaseMetadata around,
        long expectedBytes,
        TimeSpan lockWait,
        CancellationToken cancellationToken
    )
    {
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            return await DumpProcess.StartAsync(
                tool,
                config,
                connector,
                server,
                around.Name,
                around.Encoding,
                expectedBytes,
                lockWait,
                cancellationToken
            );
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.SourceUnreadable)
        {
            // Whatever language it is told in: who waits so long for a lock has not got it.
            if (
                lockWait > ShortLockWait
                && TimeProvider.System.GetElapsedTime(began) >= lockWait
                && e.Message.Contains(LockStatement, StringComparison.Ordinal)
            )
            {
                throw new HoldfastException(ErrorCatalogue.SourceLocked, e.Message, ToolErrorTranslator.LockHint, e);
            }
            await using var connection = await connector.ConnectAsync(server.Host, around.Name, cancellationToken);
            throw;
        }
    }

    private async Task<(long Bytes, long Unlogged)> ReadSizeAsync(
        DiscoveredDatabase database,
        Server server,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await connector.ConnectAsync(server.Host, database.Name, cancellationToken);
        try
        {
            var (size, block, indexPages, unlogged) = (
                await connection.QueryAsync(
                    SizeQuery,
                    r =>
                        (
                            r.IsDBNull(0) ? database.SizeBytes : r.GetInt64(0),
                            long.Parse(r.GetString(1), CultureInfo.InvariantCulture),
                            r.IsDBNull(2) ? 0 : r.GetInt64(2),
                            r.GetInt64(3)
                        ),
                    cancellationToken,
                    database.SizeBytes == 0
                )
            )[0];
            return (Math.Max(0, size - (indexPages * block)), unlogged);
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(e, $"'{database.Name}' on {server.Host}");
        }
    }

    private void RecordConflict(HoldfastException failure, Server server, string database)
    {
        if (server.IsStandby && failure.Error == ErrorCatalogue.SourceConflict)
        {
            _conflicts.AddOrUpdate(database, 1, (_, n) => n + 1);
        }
    }
}
