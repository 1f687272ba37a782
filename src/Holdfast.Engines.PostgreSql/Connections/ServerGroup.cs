using System.Globalization;
using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>The servers of one source: who answers, who leads, who follows.</summary>
internal sealed class ServerGroup(PostgreSqlSourceConfig config, Connector connector) : IDisposable
{
    private const int FirstWithParameterGrants = 15;

    // Roles change, so an answer is old soon; still, of many small databases that are backed up at once each would ask anew.
    private static readonly TimeSpan CacheLifetime = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _probeLock = new(1);
    private (IReadOnlyList<Server> Servers, IReadOnlyList<HoldfastException> Failures)? _cachedServers;
    private long _cachedAt;

    /// <summary>What the servers say, or said within the last second.</summary>
    /// <exception cref="HoldfastException">As with <see cref="ProbeAsync(CancellationToken)"/>.</exception>
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
            _cachedAt = TimeProvider.System.GetTimestamp(); // before they are asked: so old is what they say at most
            _cachedServers = null;
            _cachedServers = await ProbeAsync(cancellationToken);
            return _cachedServers.Value;
        }
        finally
        {
            _probeLock.Release();
        }
    }

    /// <summary>Has them asked anew by the next <see cref="GetServersAsync"/>: something was not as they said.</summary>
    public void Invalidate() =>
        Volatile.Write(ref _cachedAt, TimeProvider.System.GetTimestamp() - (2 * TimeProvider.System.TimestampFrequency));

    /// <summary>Asks all servers.</summary>
    /// <returns>Those that answered, standbys first, and why the others did not.</returns>
    /// <exception cref="HoldfastException">None answered, or they do not belong together.</exception>
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
                ErrorCatalogue.SourceUnreadable,
                $"{servers[0].Host} and {stranger.Host} are not of one group: their system identifiers are "
                    + $"{servers[0].Identity ?? "unknown"} and {stranger.Identity ?? "unknown"}.",
                "A source is a primary and its standbys. Make a source of its own for each group."
            );
        }

        return (servers, failures);
    }

    /// <summary>The server that takes writes.</summary>
    /// <exception cref="HoldfastException">None does.</exception>
    public async Task<Server> GetPrimaryAsync(CancellationToken cancellationToken)
    {
        var (servers, failures) = await ProbeAsync(cancellationToken);
        return servers.FirstOrDefault(s => !s.IsStandby)
            ?? throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"{string.Join(", ", servers.Select(s => s.Host))} {(servers.Count == 1 ? "is a standby" : "are standbys")}, "
                    + $"which take no new database.{string.Concat(failures.Select(f => " " + f.Message))}",
                "Name the primary as a host of the source too, or restore to it."
            );
    }

    /// <summary>Opens a connection to the database for what belongs to no single one.</summary>
    public Task<NpgsqlConnection> ConnectAsync(Server server, CancellationToken cancellationToken, SessionWatchdog? watch = null) =>
        connector.ConnectAsync(server.Host, config.MaintenanceDatabase, cancellationToken, watch);

    /// <summary>Makes a watch over work that may take long.</summary>
    /// <param name="server">Where it is done.</param>
    /// <param name="work">What is done.</param>
    /// <param name="database">What it is done to.</param>
    /// <param name="other">Connects as another role that works too; null where there is none.</param>
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
                    ErrorCatalogue.SourceUnreadable,
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
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.NotFound)
        {
            throw new HoldfastException(
                ErrorCatalogue.SourceUnreadable,
                e.Message,
                "Name a database that is there as the source's maintenance database.",
                e
            );
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(e, host.ToString());
        }
    }

    // From version 15 on others than superusers can be allowed to.
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
