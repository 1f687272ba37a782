using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>Connects to the servers of one source, with its role and password.</summary>
internal sealed class Connector(PostgreSqlSourceConfig config) : IAsyncDisposable
{
    private const int MaxPooled = 2;
    private const int MaxPooledCommandSeconds = 60;
    private const int KeepAliveProbeSeconds = 10; // between two probes of a machine that no longer answers

    private readonly ConcurrentDictionary<PostgreSqlHost, NpgsqlDataSource> _pooledSources = new();

    // hosts whose pooler rejects settings in the startup packet
    private readonly ConcurrentDictionary<PostgreSqlHost, bool> _hostsRefusingOptions = new();

    // Whether the source's own password is used, rather than that of the environment.
    private bool HasPassword => config.Password is not null || config.PasswordFile is not null || !config.UsesEnvironment;

    /// <summary>Opens a connection.</summary>
    /// <param name="host">The server.</param>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <param name="watchdog">
    /// Monitors the session, which may then run statements of any duration and is kept alive while idle; null for short
    /// queries.
    /// </param>
    /// <param name="encoding">
    /// Encoding of the database, if names of it are read or sent as bytes; null for text that the server converts.
    /// </param>
    /// <exception cref="HoldfastException">
    /// The server is down or rejects this role, or the database does not exist (<see cref="ErrorCatalog.NotFound"/>).
    /// </exception>
    public async Task<NpgsqlConnection> ConnectAsync(
        PostgreSqlHost host,
        string database,
        CancellationToken cancellationToken,
        SessionWatchdog? watchdog = null,
        string? encoding = null
    )
    {
        try
        {
            return await OpenAsync(host, database, watchdog, encoding, cancellationToken);
        }
        catch (Exception e) when (!(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw TranslateError(e, host, database);
        }
    }

    /// <summary>
    /// Returns a connection to the maintenance database for short queries on shared catalogs: one that was used in the
    /// last seconds, or a new one. A new session costs the server as much as ten such queries, and each of many small
    /// databases needs some.
    /// </summary>
    /// <exception cref="HoldfastException">As for <see cref="ConnectAsync"/>.</exception>
    public async Task<NpgsqlConnection> ConnectPooledAsync(PostgreSqlHost host, CancellationToken cancellationToken)
    {
        try
        {
            var source = _pooledSources.GetOrAdd(host, CreatePooledDataSource);
            try
            {
                return await source.OpenConnectionAsync(cancellationToken);
            }
            catch (PostgresException e) when (RecordOptionsRefusal(e, host))
            {
                if (_pooledSources.TryRemove(new(host, source)))
                {
                    await source.DisposeAsync();
                }
                return await _pooledSources.GetOrAdd(host, CreatePooledDataSource).OpenConnectionAsync(cancellationToken);
            }
        }
        catch (Exception e) when (!(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            // The library wraps exceptions of the password provider, including cancellation, in one of its own.
            cancellationToken.ThrowIfCancellationRequested();
            throw TranslateError(e, host, config.MaintenanceDatabase);
        }
    }

    /// <summary>
    /// Makes the next <see cref="ConnectPooledAsync"/> open a new connection, because the pooled ones may be broken.
    /// </summary>
    public void ClearPool(PostgreSqlHost host)
    {
        if (_pooledSources.TryGetValue(host, out var source))
        {
            source.Clear();
        }
    }

    /// <summary>
    /// Returns the settings with which PostgreSQL's programs start their sessions; null if a pooler rejects them. The
    /// programs set what their safety depends on themselves. If the role is allowed to, it sets the language of
    /// messages to English.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="more">Further options.</param>
    public string? ToolOptions(Server server, string more = "") =>
        _hostsRefusingOptions.ContainsKey(server.Host)
            ? null
            : (
                SessionSettings.GetToolOptions(server.Major)
                + (server.LanguageOverrideRole == config.User ? " -c lc_messages=C" : "")
                + $" {more}"
            ).TrimEnd();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in _pooledSources.Values)
        {
            await source.DisposeAsync();
        }
    }

    /// <summary>Returns the password; null if there is none, or if it is in the pass file.</summary>
    public async ValueTask<string?> GetPasswordAsync(CancellationToken cancellationToken)
    {
        if (config.Password is not null)
        {
            return await config.Password(cancellationToken);
        }
        if (config.PasswordFile is null)
        {
            return config.UsesEnvironment && Environment.GetEnvironmentVariable("PGPASSWORD") is { Length: > 0 } given ? given : null;
        }
        try
        {
            using var file = File.OpenText(config.PasswordFile);
            return await file.ReadLineAsync(cancellationToken) is { Length: > 0 } line
                ? line
                : throw new HoldfastException(
                    ErrorCatalog.SourceUnreadable,
                    $"The password file '{config.PasswordFile}' is empty.",
                    "Put the password in its first line."
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"The password file '{config.PasswordFile}' cannot be read: {e.Message}",
                "Give the user that runs Holdfast read permission.",
                e
            );
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(
        PostgreSqlHost host,
        string database,
        SessionWatchdog? watchdog,
        string? encoding,
        CancellationToken cancellationToken
    )
    {
        // A data source per connection: those that Npgsql caches are never removed, and they contain the password.
        var text = BuildConnectionString(host, database);
        if (watchdog is not null)
        {
            (text.ApplicationName, text.CommandTimeout, text.KeepAlive) = (watchdog.ApplicationName, 0, Seconds(config.KeepAlive));
        }
        if (encoding is not null)
        {
            (text.ClientEncoding, text.Encoding) = (encoding, NameEncoding.GetEncoding(encoding).WebName);
        }
        await using var source = CreateDataSourceBuilder(text).Build(); // an open connection without a pool does not need its data source
        try
        {
            return await source.OpenConnectionAsync(cancellationToken);
        }
        catch (PostgresException e) when (RecordOptionsRefusal(e, host))
        {
            return await OpenAsync(host, database, watchdog, encoding, cancellationToken);
        }
    }

    // True once per host: later attempts do not send the settings.
    private bool RecordOptionsRefusal(PostgresException e, PostgreSqlHost host) =>
        SessionSettings.IsOptionsRefusal(e) && _hostsRefusingOptions.TryAdd(host, true);

    private NpgsqlDataSourceBuilder CreateDataSourceBuilder(NpgsqlConnectionStringBuilder text)
    {
        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
        // The provider is called for each new session, so a changed password is used; without a provider, the library
        // reads the environment.
        if (HasPassword)
        {
            builder.UsePasswordProvider(_ => throw new NotSupportedException(), async (_, token) => await GetPasswordAsync(token) ?? "");
        }
        if (!config.UsesEnvironment)
        {
            builder.UseSslClientAuthenticationOptionsCallback(o =>
                (o.ClientCertificates, o.LocalCertificateSelectionCallback) = (null, null)
            );
        }
        builder.ConfigureTypeLoading(t => t.EnableTypeLoading(false)); // user-defined types are never read
        builder.UsePhysicalConnectionInitializer(
            _ => throw new NotSupportedException(),
            c => SessionSettings.ApplyAsync(c, text.Timeout, CancellationToken.None)
        );
        return builder;
    }

    private NpgsqlDataSource CreatePooledDataSource(PostgreSqlHost host)
    {
        var text = BuildConnectionString(host, config.MaintenanceDatabase);
        // A session in a template database prevents others from creating databases from it.
        (text.Pooling, text.MaxPoolSize, text.NoResetOnClose) = (
            !config.MaintenanceDatabase.StartsWith("template", StringComparison.Ordinal),
            MaxPooled,
            true
        );
        text.CommandTimeout = Math.Min(MaxPooledCommandSeconds, text.CommandTimeout);
        (text.ConnectionIdleLifetime, text.ConnectionPruningInterval) = (2, 1); // in seconds
        (text.MaxAutoPrepare, text.AutoPrepareMinUsages) = (10, 2);
        return CreateDataSourceBuilder(text).Build();
    }

    private NpgsqlConnectionStringBuilder BuildConnectionString(PostgreSqlHost host, string database) =>
        new()
        {
            Host = host.Name,
            Port = host.Port,
            Username = config.User,
            Database = database,
            Passfile = HasPassword ? null : config.PassFile,
            ClientEncoding = "UTF8", // regardless of PGCLIENTENCODING and PGTZ
            Timezone = "UTC",
            SslMode = ToSslMode(config.Tls),
            RootCertificate = config.RootCertificate,
            Timeout = Seconds(config.ConnectTimeout),
            // nothing else detects a stopped server, or a network that drops packets
            CommandTimeout = Seconds(config.StallTimeout),
            TcpKeepAlive = !host.IsSocket, // sockets have no keepalive
            TcpKeepAliveTime = host.IsSocket ? 0 : Seconds(config.KeepAlive),
            TcpKeepAliveInterval = host.IsSocket ? 0 : KeepAliveProbeSeconds,
            ApplicationName = "holdfast",
            Options = _hostsRefusingOptions.ContainsKey(host) ? null : SessionSettings.Options,
            Pooling = false, // an open connection would block DROP DATABASE
            GssEncryptionMode = GssEncryptionMode.Disable,
        };

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);

    private HoldfastException TranslateError(Exception e, PostgreSqlHost host, string database)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is HoldfastException known)
            {
                return known;
            }
        }
        return e is ArgumentException ? Mismatch(e, host) : ServerErrorTranslator.TranslateConnectionError(e, host, config.User, database);
    }

    private static HoldfastException Mismatch(Exception e, PostgreSqlHost host) =>
        new(ErrorCatalog.Usage, $"The settings of {host} contradict each other: {e.Message}", "Check the source's settings.", e);

    private static SslMode ToSslMode(PostgreSqlTls tls) =>
        tls switch
        {
            PostgreSqlTls.Disable => SslMode.Disable,
            PostgreSqlTls.Prefer => SslMode.Prefer,
            PostgreSqlTls.Require => SslMode.Require,
            PostgreSqlTls.VerifyCa => SslMode.VerifyCA,
            PostgreSqlTls.VerifyFull => SslMode.VerifyFull,
            _ => throw new ArgumentOutOfRangeException(nameof(tls), tls, null),
        };
}
