using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connecting;

/// <summary>Connects to one source's servers, with its role and password.</summary>
internal sealed class Connector(PostgreSqlSourceConfig config)
{
    // A time-out that the role or database has for its users would end a long backup; the server's own limits on what others suffer stay.
    private const string SessionOptions = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=30000 -c client_min_messages=warning";

    /// <summary>Opens a connection.</summary>
    /// <exception cref="HoldfastException">The server is down or does not let this role in; the database is gone (<see cref="ErrorCatalogue.NotFound"/>).</exception>
    public async Task<NpgsqlConnection> ConnectAsync(PostgreSqlHost host, string database, CancellationToken cancellationToken)
    {
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = host.Name,
            Port = host.Port,
            Username = config.User,
            Database = database,
            Password = await PasswordAsync(cancellationToken),
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
        NpgsqlDataSource? source = null;
        try
        {
            // A source of its own for each connection: those that Npgsql keeps by itself stay for ever, password included.
            var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
            builder.ConfigureTypeLoading(t => t.EnableTypeLoading(false)); // types of the databases' own are never read
            source = builder.Build();
            return await source.OpenConnectionAsync(cancellationToken);
        }
        catch (ArgumentException e)
        {
            throw new HoldfastException(ErrorCatalogue.Usage, $"The settings of {host} do not go together: {e.Message}", "Check the source's settings.", e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw ServerFailure.OfConnecting(e, host, config.User, database);
        }
        finally
        {
            // It holds nothing that an open connection without a pool still needs.
            if (source is not null) await source.DisposeAsync();
        }
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
