using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>Translates errors of servers to Holdfast's errors.</summary>
internal static class ServerErrorTranslator
{
    /// <summary>Translates the error of a connection attempt.</summary>
    public static HoldfastException TranslateConnectionError(Exception e, PostgreSqlHost host, string user, string database)
    {
        if (e is HoldfastException known)
        {
            return known;
        }
        if (e is PostgresException p)
        {
            return p.SqlState switch
            {
                PostgresErrorCodes.InvalidCatalogName => DatabaseNotFound(host, database, e),
                PostgresErrorCodes.InvalidPassword => Make(
                    ErrorCatalog.SourceUnreadable,
                    $"{host} refused the password of '{user}'.",
                    "Check the password of the source."
                ),
                PostgresErrorCodes.InvalidAuthorizationSpecification => Make(
                    ErrorCatalog.SourceUnreadable,
                    $"{host} does not allow '{user}' to log in to '{database}': {p.MessageText}",
                    $"The role must exist and be allowed to log in (ALTER ROLE {Sql.QuoteIdentifier(user)} LOGIN;), and pg_hba.conf "
                        + "must accept it."
                ),
                PostgresErrorCodes.InsufficientPrivilege => Make(
                    ErrorCatalog.SourceUnreadable,
                    $"'{user}' is not allowed to connect to '{database}' on {host}: {p.MessageText}",
                    $"GRANT CONNECT ON DATABASE {Sql.QuoteIdentifier(database)} TO {Sql.QuoteIdentifier(user)};"
                ),
                PostgresErrorCodes.TooManyConnections => Make(
                    ErrorCatalog.SourceUnreadable,
                    $"{host} has no free connection: {p.MessageText}",
                    "Raise max_connections, or run fewer backups at once."
                ),
                PostgresErrorCodes.CannotConnectNow => Make(
                    ErrorCatalog.SourceUnreadable,
                    $"{host} does not accept connections now: {p.MessageText}",
                    "It is starting or stopping; try again."
                ),
                _ => Translate(e, $"'{database}' on {host}"),
            };
        }

        if (e.Message.Contains("No password has been provided", StringComparison.Ordinal))
        {
            return Make(
                ErrorCatalog.SourceUnreadable,
                $"{host} requires a password for '{user}', but the source has none.",
                "Configure a password file, a .pgpass file, or the secret store."
            );
        }
        return Make(
            ErrorCatalog.SourceUnreadable,
            $"{host} cannot be reached: {Innermost(e)}",
            "Check that the server is running, and its address, port and TLS mode."
        );

        HoldfastException Make(Error error, string message, string hint) => new(error, message, hint, e);
    }

    /// <summary>Creates the error for a database that does not exist.</summary>
    public static HoldfastException DatabaseNotFound(PostgreSqlHost host, string database, Exception? cause = null) =>
        new(
            ErrorCatalog.NotFound,
            $"The database '{database}' does not exist on {host}.",
            "It was dropped or renamed; the next discovery shows which.",
            cause
        );

    /// <summary>Translates the error of any other operation on a server.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="what">The object of the operation, for example <c>'orders' on db1:5432</c>.</param>
    /// <param name="otherwise">Error for an unknown SQLSTATE; default unreadable.</param>
    /// <param name="otherwiseHint">Hint for that case; null to refer to the server's log.</param>
    public static HoldfastException Translate(Exception e, string what, Error? otherwise = null, string? otherwiseHint = null)
    {
        if (e is HoldfastException known)
        {
            return known;
        }
        if (e is NpgsqlException { InnerException: TimeoutException })
        {
            return new(
                ErrorCatalog.SourceSilent,
                $"{what}: the server did not answer in time.",
                "Check that it is not stopped or overloaded, and check the network.",
                e
            );
        }
        if (e is not PostgresException p)
        {
            return new(
                ErrorCatalog.SourceUnreadable,
                $"The connection to {what} broke: {Innermost(e)}",
                "Check that the server is running, and check its log.",
                e
            );
        }
        var text = p.Detail is null ? p.MessageText : $"{p.MessageText} ({p.Detail})";
        var (error, hint) = p.SqlState switch
        {
            PostgresErrorCodes.SerializationFailure => (
                ErrorCatalog.SourceConflict,
                "The standby had to replay changes to rows that the backup was still reading: raise max_standby_streaming_delay "
                    + "there, or set hot_standby_feedback."
            ),
            PostgresErrorCodes.LockNotAvailable => (
                ErrorCatalog.SourceLocked,
                "Another session holds a lock for a long time: pg_stat_activity and pg_locks show which."
            ),
            PostgresErrorCodes.DiskFull => (ErrorCatalog.DestinationFull, "Free some space on the server."),
            PostgresErrorCodes.OutOfMemory when p.MessageText.Contains("shared memory", StringComparison.Ordinal) => (
                ErrorCatalog.SourceUnreadable,
                "Its lock table is full: raise max_locks_per_transaction there, and restart it."
            ),
            PostgresErrorCodes.OutOfMemory => (
                ErrorCatalog.SourceUnreadable,
                "While loading a row, the server holds three copies of it as text. "
                    + "Give the server more memory, or run fewer restores at once."
            ),
            PostgresErrorCodes.InsufficientPrivilege => (ErrorCatalog.NotAllowed, "Grant the role the privilege that the message names."),
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => (
                ErrorCatalog.SourceUnreadable,
                "The server was stopped, or an administrator terminated the session; try again when it is running."
            ),
            _ => (otherwise ?? ErrorCatalog.SourceUnreadable, otherwiseHint ?? "See the server's log."),
        };
        return new(error, $"{what}: {text}", hint, e);
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is not null)
        {
            e = e.InnerException;
        }
        return e.Message;
    }
}
