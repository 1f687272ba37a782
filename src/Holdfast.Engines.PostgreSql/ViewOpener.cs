using System.Collections.Concurrent;
using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Tools;
using Holdfast.Engines.Views;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>
/// Opens views: on a standby if there is one, and on the primary for a database whose dump has twice been cancelled on
/// a standby.
/// </summary>
internal sealed class ViewOpener(PostgreSqlSourceConfig config, Connector connector, ServerGroup group, ToolFinder tools)
{
    private const int MaxConflicts = 2;

    private const string LockStatement = "IN ACCESS SHARE MODE"; // part of the failed statement in pg_dump's message

    private static readonly TimeSpan ShortLockWait = TimeSpan.FromMilliseconds(500); // half of the server's default deadlock_timeout
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200),
        LongestPause = TimeSpan.FromSeconds(5);

    // For smaller databases, the size of the indexes, which are not in a dump, does not matter.
    private const long LargeBytes = 64 << 20;

    // The server's last statistics of its indexes are accurate enough; so is the size found by discovery, because
    // measuring it again means a stat of each file.
    private const string SizeQuery = """
        SELECT CASE WHEN $1 THEN pg_catalog.pg_database_size(pg_catalog.current_database()) END, pg_catalog.current_setting('block_size'),
               (SELECT pg_catalog.sum(relpages::bigint)::bigint FROM pg_catalog.pg_class WHERE relkind OPERATOR(pg_catalog.=) 'i'),
               (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class
                WHERE relpersistence OPERATOR(pg_catalog.=) 'u' AND relkind OPERATOR(pg_catalog.=) ANY ('{r,m}'::"char"[]))
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
        var usePrimary = _conflicts.TryGetValue(database.Name, out var conflicts) && conflicts >= MaxConflicts;
        var (server, metadata, oid, failures) = await ReadMetadataAsync(database.Name, usePrimary, cancellationToken);
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

            var dump = await DumpAsync(tool, server, metadata, bytes, cancellationToken);
            if (usePrimary)
            {
                _conflicts.TryRemove(database.Name, out _); // the next backup tries a standby again
            }
            return new(
                new()
                {
                    Server = server,
                    CompleteMetadataAsync = (header, token) => _metadataReader.CompleteAsync(server, metadata, oid, header, token),
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

    private async Task<(Server Server, DatabaseMetadata Metadata, uint Oid, IReadOnlyList<HoldfastException> Failures)> ReadMetadataAsync(
        string database,
        bool usePrimary,
        CancellationToken cancellationToken
    )
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var (servers, failures) = await group.GetServersAsync(cancellationToken);
            var server = (usePrimary ? servers.FirstOrDefault(s => !s.IsStandby) : null) ?? servers[0];
            try
            {
                var (metadata, oid) = await _metadataReader.ReadAsync(server, database, cancellationToken);
                return (server, metadata, oid, failures);
            }
            catch (HoldfastException e) when (e.Error != ErrorCatalog.NotFound)
            {
                group.Invalidate(); // it may have stopped after it was probed; another server may answer
                if (isFirst)
                {
                    continue;
                }
                RecordConflict(e, server, database);
                throw;
            }
        }
    }

    // A dump that waits for the lock of one table holds locks of others. A session that wants those and holds the first
    // would be cancelled by the server to resolve the deadlock, by default after a second: a migration would fail
    // because of a backup. So for half of the allowed time the dump waits briefly, releases all locks and starts again.
    // After that it waits without interruption: newer programs lock very many tables in one statement, which takes
    // time.
    private async Task<DumpProcess> DumpAsync(
        Tool tool,
        Server server,
        DatabaseMetadata metadata,
        long expectedBytes,
        CancellationToken cancellationToken
    )
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        var waitsUninterrupted = false;
        for (var pause = FirstPause; ; pause = pause < LongestPause ? 2 * pause : LongestPause)
        {
            var remaining = config.LockWait - TimeProvider.System.GetElapsedTime(startedAt);
            var isShort = (!waitsUninterrupted && remaining > config.LockWait / 2) || remaining < ShortLockWait;
            try
            {
                return await StartAsync(tool, server, metadata, expectedBytes, isShort ? ShortLockWait : remaining, cancellationToken);
            }
            catch (HoldfastException e) when (isShort && e.Error == ErrorCatalog.SourceLocked && MayWait())
            {
                await Task.Delay(pause, TimeProvider.System, cancellationToken);
            }
            catch (HoldfastException e) when (isShort && !waitsUninterrupted && e.Message.Contains(LockStatement, StringComparison.Ordinal))
            {
                // the message is in another language: the cause may be the lock, and further attempts show no more
                waitsUninterrupted = true;
            }
        }

        bool MayWait() => TimeProvider.System.GetElapsedTime(startedAt) < config.LockWait;
    }

    // If a connection is rejected, the SQLSTATE of a connection attempt is more reliable than the text that pg_dump
    // repeats, which may be in any language.
    private async Task<DumpProcess> StartAsync(
        Tool tool,
        Server server,
        DatabaseMetadata metadata,
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
                new(server, metadata.Name, metadata.Encoding, expectedBytes, lockWait),
                cancellationToken
            );
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.SourceUnreadable)
        {
            // In whatever language the message is: after waiting that long, the lock was not granted.
            if (
                lockWait > ShortLockWait
                && TimeProvider.System.GetElapsedTime(began) >= lockWait
                && e.Message.Contains(LockStatement, StringComparison.Ordinal)
            )
            {
                throw new HoldfastException(ErrorCatalog.SourceLocked, e.Message, ToolErrorTranslator.LockHint, e);
            }
            await using var connection = await connector.ConnectAsync(server.Host, metadata.Name, cancellationToken);
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
        if (server.IsStandby && failure.Error == ErrorCatalog.SourceConflict)
        {
            _conflicts.AddOrUpdate(database, 1, (_, n) => n + 1);
        }
    }
}
