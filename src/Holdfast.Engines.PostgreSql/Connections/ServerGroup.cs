using System.Globalization;
using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>The servers of one source: which of them answer, and which is the primary.</summary>
internal sealed class ServerGroup(PostgreSqlSourceConfig config, Connector connector) : IDisposable
{
    private const int FirstWithParameterGrants = 15;

    // Roles can change, so the result is cached only briefly; it still saves a probe for each of many small databases
    // that are backed up at the same time.
    private static readonly TimeSpan CacheLifetime = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _probeLock = new(1);
    private (IReadOnlyList<Server> Servers, IReadOnlyList<HoldfastException> Failures)? _cachedServers;
    private long _cachedAt;

    /// <summary>
    /// Probes the servers, or returns the result of the last second. The probe lock is held during the probe, so that
    /// concurrent callers share it.
    /// </summary>
    /// <exception cref="HoldfastException">As for <see cref="ProbeAsync(CancellationToken)"/>.</exception>
    public async Task<(IReadOnlyList<Server> Servers, IReadOnlyList<HoldfastException> Failures)> GetServersAsync(
        CancellationToken cancellationToken
    )
    {
        await _probeLock.WaitAsync(cancellationToken);
        try
        {
            if (_cachedServers is { } answer && TimeProvider.System.GetElapsedTime(_cachedAt) < CacheLifetime)
            {
                return answer;
            }
            _cachedAt = TimeProvider.System.GetTimestamp(); // before the probe, so that the result is never older than it claims
            _cachedServers = null;
            _cachedServers = await ProbeAsync(cancellationToken);
            return _cachedServers.Value;
        }
        finally
        {
            _probeLock.Release();
        }
    }

    /// <summary>
    /// Makes the next <see cref="GetServersAsync"/> probe again, because the result has turned out to be stale.
    /// </summary>
    public void Invalidate() =>
        Volatile.Write(ref _cachedAt, TimeProvider.System.GetTimestamp() - (2 * TimeProvider.System.TimestampFrequency));

    /// <summary>Probes all servers.</summary>
    /// <returns>The servers that answered, standbys first, and why the others did not.</returns>
    /// <exception cref="HoldfastException">No server answered, or they do not belong to one group.</exception>
    public async Task<(IReadOnlyList<Server> Servers, IReadOnlyList<HoldfastException> Failures)> ProbeAsync(
        CancellationToken cancellationToken
    )
    {
        var answers = await Task.WhenAll(config.Hosts.Select(h => TryProbeAsync(h, cancellationToken)));
        List<Server> servers = [.. answers.Select(a => a.Server).OfType<Server>().OrderByDescending(s => s.IsStandby)];
        List<HoldfastException> failures = [.. answers.Select(a => a.Failure).OfType<HoldfastException>()];
        if (servers.Count == 0)
        {
            throw failures is [var only]
                ? only
                : new(failures[0].Error, string.Join(' ', failures.Select(f => f.Message)), failures[0].Hint, failures[0]);
        }
        var stranger = servers.Find(s => s.Identity != servers[0].Identity);
        if (stranger is not null)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"{servers[0].Host} and {stranger.Host} do not belong to one group: their system identifiers are "
                    + $"{servers[0].Identity ?? "unknown"} and {stranger.Identity ?? "unknown"}.",
                "A source is a primary and its standbys. Configure a separate source for each group."
            );
        }

        return (servers, failures);
    }

    /// <summary>Returns the primary.</summary>
    /// <exception cref="HoldfastException">None of the servers is a primary.</exception>
    public async Task<Server> GetPrimaryAsync(CancellationToken cancellationToken)
    {
        var (servers, failures) = await ProbeAsync(cancellationToken);
        return servers.FirstOrDefault(s => !s.IsStandby)
            ?? throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"{string.Join(", ", servers.Select(s => s.Host))} {(servers.Count == 1 ? "is a standby" : "are standbys")}, "
                    + $"which cannot create databases.{string.Concat(failures.Select(f => " " + f.Message))}",
                "Add the primary to the hosts of the source, or restore to it."
            );
    }

    /// <summary>Opens a connection to the maintenance database, for queries on shared catalogs.</summary>
    public Task<NpgsqlConnection> ConnectAsync(Server server, CancellationToken cancellationToken, SessionWatchdog? watchdog = null) =>
        connector.ConnectAsync(server.Host, config.MaintenanceDatabase, cancellationToken, watchdog);

    /// <summary>Creates a watchdog for work that may take long.</summary>
    /// <param name="server">The server that does it.</param>
    /// <param name="work">Name of the work.</param>
    /// <param name="database">The database.</param>
    /// <param name="other">Connector of a second role that takes part in the work; null if there is none.</param>
    public SessionWatchdog CreateWatchdog(Server server, string work, string database, Connector? other = null) =>
        new(config, connector, server.Host, work, database) { AdditionalConnector = other };

    /// <inheritdoc/>
    public void Dispose() => _probeLock.Dispose();

    private async Task<(Server? Server, HoldfastException? Failure)> TryProbeAsync(PostgreSqlHost host, CancellationToken cancellationToken)
    {
        try
        {
            return (await ProbeAsync(host, cancellationToken), null);
        }
        catch (HoldfastException e)
        {
            return (null, e);
        }
    }

    private async Task<Server> ProbeAsync(PostgreSqlHost host, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await connector.ConnectAsync(host, config.MaintenanceDatabase, cancellationToken);
            const string About =
                "SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000, "
                + "pg_is_in_recovery(), has_function_privilege('pg_control_system()', 'EXECUTE'), "
                + "current_setting('lc_messages')";
            var (server, mayAsk, language) = (
                await connection.QueryAsync(
                    About,
                    r => (new Server(host, r.GetString(0), r.GetInt32(1), r.GetBoolean(2), null), r.GetBoolean(3), r.GetString(4)),
                    cancellationToken
                )
            )[0];
            if (server.Major < Server.OldestMajor)
            {
                throw new HoldfastException(
                    ErrorCatalog.SourceUnreadable,
                    $"{host} is PostgreSQL {server.ShortVersion}, which is too old.",
                    string.Create(CultureInfo.InvariantCulture, $"Version {Server.OldestMajor} and newer are backed up.")
                );
            }
            if (!Server.IsEnglish(language))
            {
                server = server with
                {
                    MessageLanguage = language,
                    LanguageOverrideRole = await CanSetLanguageAsync(connection, server, cancellationToken) ? config.User : null,
                };
            }
            if (!mayAsk)
            {
                return server;
            }
            return server with
            {
                Identity = (
                    await connection.QueryAsync(
                        "SELECT system_identifier::text FROM pg_control_system()",
                        r => r.GetString(0),
                        cancellationToken
                    )
                )[0],
            };
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.NotFound)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                e.Message,
                "Set the source's maintenance database to one that exists.",
                e
            );
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(e, host.ToString());
        }
    }

    // Since version 15, roles other than superusers can be granted this.
    private static async Task<bool> CanSetLanguageAsync(NpgsqlConnection connection, Server server, CancellationToken cancellationToken) =>
        await connection.QueryAsync(
            "SELECT "
                + $"rolsuper{(server.Major >= FirstWithParameterGrants ? " OR has_parameter_privilege('lc_messages', 'SET')" : "")} "
                + "FROM pg_roles WHERE rolname = current_user",
            r => r.GetBoolean(0),
            cancellationToken
        )
            is [true];
}
