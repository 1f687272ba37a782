using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>Translates errors of <c>pg_dump</c> and <c>pg_restore</c> to Holdfast's errors.</summary>
internal static class ToolErrorTranslator
{
    /// <summary>The hint if an object cannot be restored for an unknown reason.</summary>
    public const string RestoreHint =
        "See the server's log. To restore everything possible, with a list of the rest, use --continue-on-error " + "(continueOnError).";

    /// <summary>The hint if a lock was not granted in time.</summary>
    public const string LockHint = "Another session holds a table lock for a long time: pg_stat_activity and pg_locks show which.";

    private const string LargeRowHint =
        "PostgreSQL cannot dump or load a row of 1 GiB or more as text, and as text a bytea has twice its size. "
        + "Split the value, or store it as a large object, which has no such limit.";

    private const string MemoryHint =
        "Memory ran out, see the system's or the server's log: pg_dump needs two copies of the largest row as text, the server three. "
        + "Add memory, or run fewer backups at once.";

    private const int MaxTextLength = 2000;

    // Text of the message, error and hint. The first match counts.
    private static readonly (string Text, Error Error, string Hint)[] KnownErrors =
    [
        ("connection slots", ErrorCatalog.SourceUnreadable, "Raise max_connections, or run fewer backups at once."),
        ("too many clients", ErrorCatalog.SourceUnreadable, "Raise max_connections, or run fewer backups at once."),
        (
            "conflict with recovery",
            ErrorCatalog.SourceConflict,
            "The standby had to replay changes to rows that the backup was still reading: raise max_standby_streaming_delay "
                + "there, or set hot_standby_feedback."
        ),
        ("statement timeout", ErrorCatalog.SourceLocked, LockHint), // pg_dump limits its wait for locks this way
        ("lock timeout", ErrorCatalog.SourceLocked, LockHint),
        ("deadlock detected", ErrorCatalog.SourceLocked, "The definitions of several tables were being changed; try again."),
        ("could not obtain lock", ErrorCatalog.SourceLocked, LockHint),
        ("invalid memory alloc request size", ErrorCatalog.SourceUnreadable, LargeRowHint),
        ("Cannot enlarge string buffer", ErrorCatalog.SourceUnreadable, LargeRowHint),
        ("out of memory", ErrorCatalog.SourceUnreadable, MemoryHint),
        ("killed by signal 9", ErrorCatalog.SourceUnreadable, MemoryHint),
        ("No space left on device", ErrorCatalog.DestinationFull, "Free some space on the server."),
        (
            "permission denied to create extension",
            ErrorCatalog.NotAllowed,
            "A superuser must create it: restore as a superuser (allow a privileged role), or mark the extension as trusted."
        ),
        ("is not available", ErrorCatalog.NotAllowed, "Install its package on the target server."),
        ("password authentication failed", ErrorCatalog.SourceUnreadable, "Check the password of the source."),
        (
            "terminating connection",
            ErrorCatalog.SourceUnreadable,
            "The server was stopped, or an administrator terminated the session; try again when it is running."
        ),
        ("server closed the connection", ErrorCatalog.SourceUnreadable, "The server was stopped or crashed; see its log."),
        (
            "has group or world access",
            ErrorCatalog.SourceUnreadable,
            "PostgreSQL's programs ignore a password file that others can read: chmod 0600 it."
        ),
        ("could not connect", ErrorCatalog.SourceUnreadable, "Check that the server is running."),
        ("unsupported version", ErrorCatalog.NotAllowed, "The backup was made by a newer pg_dump: install its pg_restore."),
    ];

    /// <summary>Translates the failure of a program.</summary>
    /// <param name="tool">The program.</param>
    /// <param name="database">The database.</param>
    /// <param name="errors">Its error output.</param>
    /// <param name="otherwise">The error for an unknown failure.</param>
    /// <param name="privilegeHint">The hint for a missing privilege; null if none is known to be missing.</param>
    /// <param name="languageHint">The hint for making the server's messages English; null if they are.</param>
    public static HoldfastException Translate(
        Tool tool,
        string database,
        string errors,
        Error otherwise,
        string? privilegeHint = null,
        string? languageHint = null
    )
    {
        errors = SecretMasker.Mask(errors);
        var output =
            errors.Length == 0 ? "it wrote no message"
            : errors.Length > MaxTextLength ? errors[..MaxTextLength] + " …"
            : errors;
        if (privilegeHint is not null)
        {
            return new(ErrorCatalog.SourceUnreadable, $"{tool.Name} of '{database}' failed: {output}", privilegeHint);
        }
        foreach (var (text, error, hint) in KnownErrors)
        {
            if (errors.Contains(text, StringComparison.Ordinal))
            {
                return new(error, $"{tool.Name} of '{database}' failed: {output}", hint);
            }
        }

        return new(
            otherwise,
            $"{tool.Name} of '{database}' failed: {output}",
            $"{(tool.Name == Tool.Restore ? RestoreHint : "See the server's log.")} {languageHint}".TrimEnd()
        );
    }
}
