using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connecting;

/// <summary>Connects to one source's servers, with its role and password.</summary>
internal sealed class Connector(PostgreSqlSourceConfig config) : IAsyncDisposable
{
    private const int MostShared = 2;
    private const int MostSharedSeconds = 60;

    // A time-out that the role or database has for its users would end a long backup; the server's own limits on what others suffer stay.
    private const string SessionOptions = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=30000 -c client_min_messages=warning";

    private readonly ConcurrentDictionary<PostgreSqlHost, NpgsqlDataSource> _shared = new();

    /// <summary>Opens a connection.</summary>
    /// <exception cref="HoldfastException">The server is down or does not let this role in; the database is gone (<see cref="ErrorCatalogue.NotFound"/>).</exception>
    public async Task<NpgsqlConnection> ConnectAsync(PostgreSqlHost host, string database, CancellationToken cancellationToken)
    {
        NpgsqlDataSource? source = null;
        try
        {
            // A source of its own for each connection: those that Npgsql keeps by itself stay for ever, password included.
            var text = Text(host, database);
            text.Password = await PasswordAsync(cancellationToken);
            source = Builder(text).Build();
            return await source.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Failed(e, host, database);
        }
        finally
        {
            // It holds nothing that an open connection without a pool still needs.
            if (source is not null) await source.DisposeAsync();
        }
    }

    /// <summary>
    /// Gives a connection to the maintenance database for short questions about what all databases share: one that was used within the last seconds, or a
    /// new one. A new session costs a server as much as ten such questions, and of many small databases each has some.
    /// </summary>
    /// <exception cref="HoldfastException">As with <see cref="ConnectAsync"/>.</exception>
    public async Task<NpgsqlConnection> ShareAsync(PostgreSqlHost host, CancellationToken cancellationToken)
    {
        try
        {
            return await _shared.GetOrAdd(host, Shared).OpenConnectionAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // What the password's provider throws, cancellation too, comes in the library's own exception.
            cancellationToken.ThrowIfCancellationRequested();
            for (var inner = e.InnerException; inner is not null; inner = inner.InnerException) if (inner is HoldfastException known) throw known;
            throw Failed(e, host, config.MaintenanceDatabase);
        }
    }

    /// <summary>Has the next <see cref="ShareAsync"/> make a new connection: something is wrong with those that were used.</summary>
    public void Renew(PostgreSqlHost host)
    {
        if (_shared.TryGetValue(host, out var source)) source.Clear();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in _shared.Values) await source.DisposeAsync();
    }

    /// <summary>The password; null where there is none, or where the pass file has it.</summary>
    public async ValueTask<string?> PasswordAsync(CancellationToken cancellationToken)
    {
        if (config.Password is not null) return await config.Password(cancellationToken);
        if (config.PasswordFile is null) return null;
        try
        {
            using var file = File.OpenText(config.PasswordFile);
            return await file.ReadLineAsync(cancellationToken) is { Length: > 0 } line
                ? line
                : throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"The password file '{config.PasswordFile}' is empty.", "Its first line is the password.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"The password file '{config.PasswordFile}' cannot be read: {e.Message}", "Let the user that Holdfast runs as read it.", e);
        }
    }

    private static NpgsqlDataSourceBuilder Builder(NpgsqlConnectionStringBuilder text)
    {
        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
        builder.ConfigureTypeLoading(t => t.EnableTypeLoading(false)); // types of the databases' own are never read
        return builder;
    }

    private NpgsqlDataSource Shared(PostgreSqlHost host)
    {
        var text = Text(host, config.MaintenanceDatabase);
        // While a template has a session, nobody can make a database from it.
        (text.Pooling, text.MaxPoolSize, text.NoResetOnClose) = (!config.MaintenanceDatabase.StartsWith("template", StringComparison.Ordinal), MostShared, true);
        text.CommandTimeout = MostSharedSeconds; // a session to a machine that is gone is noticed by nothing else
        (text.ConnectionIdleLifetime, text.ConnectionPruningInterval) = (2, 1); // seconds
        (text.MaxAutoPrepare, text.AutoPrepareMinUsages) = (10, 2);
        var builder = Builder(text);
        // Asked for by each new session, so one that was changed is used.
        if (config.Password is not null || config.PasswordFile is not null) builder.UsePasswordProvider(_ => throw new NotSupportedException(), async (_, token) => await PasswordAsync(token) ?? "");
        return builder.Build();
    }

    private NpgsqlConnectionStringBuilder Text(PostgreSqlHost host, string database) => new()
    {
        Host = host.Name,
        Port = host.Port,
        Username = config.User,
        Database = database,
        Passfile = config.PassFile,
        SslMode = Tls(config.Tls),
        RootCertificate = config.RootCertificate,
        Timeout = (int)Math.Ceiling(config.ConnectTimeout.TotalSeconds),
        CommandTimeout = 0,
        ApplicationName = "holdfast",
        Options = SessionOptions,
        Pooling = false, // a connection left open would stand in the way of DROP DATABASE
        GssEncryptionMode = GssEncryptionMode.Disable,
    };

    private HoldfastException Failed(Exception e, PostgreSqlHost host, string database) => e is ArgumentException
        ? new(ErrorCatalogue.Usage, $"The settings of {host} do not go together: {e.Message}", "Check the source's settings.", e)
        : ServerFailure.OfConnecting(e, host, config.User, database);

    private static SslMode Tls(PostgreSqlTls tls) => tls switch
    {
        PostgreSqlTls.Disable => SslMode.Disable,
        PostgreSqlTls.Prefer => SslMode.Prefer,
        PostgreSqlTls.Require => SslMode.Require,
        PostgreSqlTls.VerifyCa => SslMode.VerifyCA,
        PostgreSqlTls.VerifyFull => SslMode.VerifyFull,
        _ => throw new ArgumentOutOfRangeException(nameof(tls), tls, null),
    };
}
