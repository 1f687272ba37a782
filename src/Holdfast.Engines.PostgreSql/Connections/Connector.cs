using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>Connects to one source's servers, with its role and password.</summary>
internal sealed class Connector(PostgreSqlSourceConfig config) : IAsyncDisposable
{
    private const int MaxPooled = 2;
    private const int MaxPooledCommandSeconds = 60;
    private const int KeepAliveProbeSeconds = 10; // between two questions to a machine that does not answer any more

    private readonly ConcurrentDictionary<PostgreSqlHost, NpgsqlDataSource> _pooledSources = new();

    // whose pooler takes no settings with the start of a session
    private readonly ConcurrentDictionary<PostgreSqlHost, bool> _hostsRefusingOptions = new();

    // Whether what it is asked for counts alone.
    private bool HasPassword => config.Password is not null || config.PasswordFile is not null || !config.UsesEnvironment;

    /// <summary>Opens a connection.</summary>
    /// <param name="host">The server.</param>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="watch">
    /// Who watches over what is asked, which may then take any time, and keeps the session alive while it is idle; null
    /// for short questions.
    /// </param>
    /// <param name="encoding">
    /// The database's encoding, where names of it are asked for or sent; null for text, which the server converts.
    /// </param>
    /// <exception cref="HoldfastException">
    /// The server is down or does not let this role in; the database is gone (<see cref="ErrorCatalogue.NotFound"/>).
    /// </exception>
    public async Task<NpgsqlConnection> ConnectAsync(
        PostgreSqlHost host,
        string database,
        CancellationToken cancellationToken,
        SessionWatchdog? watch = null,
        string? encoding = null
    )
    {
        try
        {
            return await OpenAsync(host, database, watch, encoding, cancellationToken);
        }
        catch (Exception e) when (!(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw TranslateError(e, host, database);
        }
    }

    /// <summary>
    /// Gives a connection to the maintenance database for short questions about what all databases share: one that was
    /// used within the last seconds, or a
    /// new one. A new session costs a server as much as ten such questions, and of many small databases each has some.
    /// </summary>
    /// <exception cref="HoldfastException">As with <see cref="ConnectAsync"/>.</exception>
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
            // What the password's provider throws, cancellation too, comes in the library's own exception.
            cancellationToken.ThrowIfCancellationRequested();
            throw TranslateError(e, host, config.MaintenanceDatabase);
        }
    }

    /// <summary>Has the next <see cref="ConnectPooledAsync"/> make a new connection: something is wrong with those that were used.</summary>
    public void ClearPool(PostgreSqlHost host)
    {
        if (_pooledSources.TryGetValue(host, out var source))
        {
            source.Clear();
        }
    }

    /// <summary>
    /// The settings that PostgreSQL's programs begin their sessions with; null where a pooler refuses them. The
    /// programs set what their safety depends on by themselves. Where the role may, it has the server speak English.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="more">Further ones.</param>
    public string? ToolOptions(Server server, string more = "") =>
        _hostsRefusingOptions.ContainsKey(server.Host)
            ? null
            : $"{SessionSettings.GetToolOptions(server.Major)}{(server.LanguageOverrideRole == config.User ? " -c lc_messages=C" : "")} {more}".TrimEnd();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in _pooledSources.Values)
        {
            await source.DisposeAsync();
        }
    }

    /// <summary>The password; null where there is none, or where the pass file has it.</summary>
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
                    ErrorCatalogue.SourceUnreadable,
                    $"The password file '{config.PasswordFile}' is empty.",
                    "Its first line is the password."
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalogue.SourceUnreadable,
                $"The password file '{config.PasswordFile}' cannot be read: {e.Message}",
                "Let the user that Holdfast runs as read it.",
                e
            );
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(
        PostgreSqlHost host,
        string database,
        SessionWatchdog? watch,
        string? encoding,
        CancellationToken cancellationToken
    )
    {
        // A source of its own for each connection: those that Npgsql keeps by itself stay for ever, password included.
        var text = BuildConnectionString(host, database);
        if (watch is not null)
        {
            (text.ApplicationName, text.CommandTimeout, text.KeepAlive) = (watch.ApplicationName, 0, Seconds(config.KeepAlive));
        }
        if (encoding is not null)
        {
            (text.ClientEncoding, text.Encoding) = (encoding, NameEncoding.GetEncoding(encoding).WebName);
        }
        await using var source = CreateDataSourceBuilder(text).Build(); // it holds nothing that an open connection without a pool still needs
        try
        {
            return await source.OpenConnectionAsync(cancellationToken);
        }
        catch (PostgresException e) when (RecordOptionsRefusal(e, host))
        {
            return await OpenAsync(host, database, watch, encoding, cancellationToken);
        }
    }

    // Told once for each host: what is asked next does without.
    private bool RecordOptionsRefusal(PostgresException e, PostgreSqlHost host) =>
        SessionSettings.IsOptionsRefusal(e) && _hostsRefusingOptions.TryAdd(host, true);

    private NpgsqlDataSourceBuilder CreateDataSourceBuilder(NpgsqlConnectionStringBuilder text)
    {
        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
        // Asked for by each new session, so one that was changed is used; and left to itself the library looks into the
        // environment for one.
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
        builder.ConfigureTypeLoading(t => t.EnableTypeLoading(false)); // types of the databases' own are never read
        builder.UsePhysicalConnectionInitializer(
            _ => throw new NotSupportedException(),
            c => SessionSettings.ApplyAsync(c, text.Timeout, CancellationToken.None)
        );
        return builder;
    }

    private NpgsqlDataSource CreatePooledDataSource(PostgreSqlHost host)
    {
        var text = BuildConnectionString(host, config.MaintenanceDatabase);
        // While a template has a session, nobody can make a database from it.
        (text.Pooling, text.MaxPoolSize, text.NoResetOnClose) = (
            !config.MaintenanceDatabase.StartsWith("template", StringComparison.Ordinal),
            MaxPooled,
            true
        );
        text.CommandTimeout = Math.Min(MaxPooledCommandSeconds, text.CommandTimeout);
        (text.ConnectionIdleLifetime, text.ConnectionPruningInterval) = (2, 1); // seconds
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
            ClientEncoding = "UTF8", // whatever PGCLIENTENCODING and PGTZ say
            Timezone = "UTC",
            SslMode = ToSslMode(config.Tls),
            RootCertificate = config.RootCertificate,
            Timeout = Seconds(config.ConnectTimeout),
            // a server that is stopped, or a network that drops what is sent, is noticed by nothing else
            CommandTimeout = Seconds(config.StallTimeout),
            TcpKeepAlive = !host.IsSocket, // which knows none
            TcpKeepAliveTime = host.IsSocket ? 0 : Seconds(config.KeepAlive),
            TcpKeepAliveInterval = host.IsSocket ? 0 : KeepAliveProbeSeconds,
            ApplicationName = "holdfast",
            Options = _hostsRefusingOptions.ContainsKey(host) ? null : SessionSettings.Options,
            Pooling = false, // a connection left open would stand in the way of DROP DATABASE
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
        new(ErrorCatalogue.Usage, $"The settings of {host} do not go together: {e.Message}", "Check the source's settings.", e);

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
