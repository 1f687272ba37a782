using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>Tells what a server said in the words of Holdfast.</summary>
internal static class ServerErrorTranslator
{
    /// <summary>Of an attempt to connect.</summary>
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
                    ErrorCatalogue.SourceUnreadable,
                    $"{host} refused the password of '{user}'.",
                    "Check the password that the source is given."
                ),
                PostgresErrorCodes.InvalidAuthorizationSpecification => Make(
                    ErrorCatalogue.SourceUnreadable,
                    $"{host} does not let '{user}' into '{database}': {p.MessageText}",
                    $"The role has to exist, with the right to log in (ALTER ROLE {Sql.QuoteIdentifier(user)} LOGIN;), and pg_hba.conf "
                        + "has to let it in."
                ),
                PostgresErrorCodes.InsufficientPrivilege => Make(
                    ErrorCatalogue.SourceUnreadable,
                    $"'{user}' may not connect to '{database}' on {host}: {p.MessageText}",
                    $"GRANT CONNECT ON DATABASE {Sql.QuoteIdentifier(database)} TO {Sql.QuoteIdentifier(user)};"
                ),
                PostgresErrorCodes.TooManyConnections => Make(
                    ErrorCatalogue.SourceUnreadable,
                    $"{host} has no connection left: {p.MessageText}",
                    "Raise max_connections, or run fewer backups at once."
                ),
                PostgresErrorCodes.CannotConnectNow => Make(
                    ErrorCatalogue.SourceUnreadable,
                    $"{host} takes no connections now: {p.MessageText}",
                    "It is starting or stopping; try again."
                ),
                _ => Translate(e, $"'{database}' on {host}"),
            };
        }

        if (e.Message.Contains("No password has been provided", StringComparison.Ordinal))
        {
            return Make(
                ErrorCatalogue.SourceUnreadable,
                $"{host} wants a password of '{user}', and the source has none.",
                "Give a password file, a .pgpass file that has it, or the secret store."
            );
        }
        return Make(
            ErrorCatalogue.SourceUnreadable,
            $"{host} cannot be reached: {Innermost(e)}",
            "Check that the server runs there and that its address, port and TLS mode are right."
        );

        HoldfastException Make(Error error, string message, string hint) => new(error, message, hint, e);
    }

    /// <summary>Of a database that is not there.</summary>
    public static HoldfastException DatabaseNotFound(PostgreSqlHost host, string database, Exception? cause = null) =>
        new(
            ErrorCatalogue.NotFound,
            $"The database '{database}' does not exist on {host}.",
            "It was dropped or renamed; the next discovery tells.",
            cause
        );

    /// <summary>Of anything that was asked of a server.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="what">What was worked on: <c>'orders' on db1:5432</c>.</param>
    /// <param name="otherwise">
    /// The kind of failure where the server said something that is not known; unreadable where that is left out.
    /// </param>
    /// <param name="otherwiseHint">What to do in that case; null to look at the server's log.</param>
    public static HoldfastException Translate(Exception e, string what, Error? otherwise = null, string? otherwiseHint = null)
    {
        if (e is HoldfastException known)
        {
            return known;
        }
        if (e is NpgsqlException { InnerException: TimeoutException })
        {
            return new(
                ErrorCatalogue.SourceSilent,
                $"{what}: the server did not answer in time.",
                "Check that it is not stopped or overloaded, and the network to it.",
                e
            );
        }
        if (e is not PostgresException p)
        {
            return new(
                ErrorCatalogue.SourceUnreadable,
                $"The connection to {what} broke: {Innermost(e)}",
                "Check that the server runs, and its log.",
                e
            );
        }
        var said = p.Detail is null ? p.MessageText : $"{p.MessageText} ({p.Detail})";
        var (error, hint) = p.SqlState switch
        {
            PostgresErrorCodes.SerializationFailure => (
                ErrorCatalogue.SourceConflict,
                "The standby had to take up changes that the backup was still looking at: raise max_standby_streaming_delay "
                    + "there, or set hot_standby_feedback."
            ),
            PostgresErrorCodes.LockNotAvailable => (
                ErrorCatalogue.SourceLocked,
                "Something holds a lock for long: pg_stat_activity and pg_locks show what."
            ),
            PostgresErrorCodes.DiskFull => (ErrorCatalogue.DestinationFull, "Make room on the server."),
            PostgresErrorCodes.OutOfMemory when p.MessageText.Contains("shared memory", StringComparison.Ordinal) => (
                ErrorCatalogue.SourceUnreadable,
                "It has no room for so many locks: raise max_locks_per_transaction there, and restart it."
            ),
            PostgresErrorCodes.OutOfMemory => (
                ErrorCatalogue.SourceUnreadable,
                "The server holds a row three times, as text, while it loads it. Give the server more memory, or run fewer at once."
            ),
            PostgresErrorCodes.InsufficientPrivilege => (ErrorCatalogue.NotAllowed, "Grant the role what the message names."),
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => (
                ErrorCatalogue.SourceUnreadable,
                "The server was stopped, or somebody ended the session; try again when it runs."
            ),
            _ => (otherwise ?? ErrorCatalogue.SourceUnreadable, otherwiseHint ?? "The server's log says more."),
        };
        return new(error, $"{what}: {said}", hint, e);
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
