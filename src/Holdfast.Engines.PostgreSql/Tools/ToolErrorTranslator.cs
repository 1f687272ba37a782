using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>Tells what <c>pg_dump</c> and <c>pg_restore</c> said in the words of Holdfast.</summary>
internal static class ToolErrorTranslator
{
    /// <summary>What to do where something cannot be restored, for a reason that is not known.</summary>
    public const string RestoreHint =
        "The server's log says more. To have all that can be made, and a list of the rest, restore with --continue-on-error "
        + "(continueOnError).";

    /// <summary>What to do where a lock was waited for in vain.</summary>
    public const string LockHint = "Something holds a table for long: pg_stat_activity and pg_locks show what.";

    private const string LargeRowHint =
        "PostgreSQL dumps and loads no row of 1 GiB or more as text, and a bytea has twice its size then. "
        + "Split the value, or keep it as a large object, which has no such limit.";

    private const string MemoryHint =
        "Memory ran out, as the system's or the server's log says: pg_dump holds the largest row twice, the server three times, as text. "
        + "Give the machine more, or run fewer at once.";

    private const int MaxTextLength = 2000;

    // What stands in the text, the kind of failure, and what to do. The first that fits counts.
    private static readonly (string Text, Error Error, string Hint)[] KnownErrors =
    [
        ("connection slots", ErrorCatalogue.SourceUnreadable, "Raise max_connections, or run fewer backups at once."),
        ("too many clients", ErrorCatalogue.SourceUnreadable, "Raise max_connections, or run fewer backups at once."),
        (
            "conflict with recovery",
            ErrorCatalogue.SourceConflict,
            "The standby had to take up changes that the backup was still looking at: raise max_standby_streaming_delay "
                + "there, or set hot_standby_feedback."
        ),
        ("statement timeout", ErrorCatalogue.SourceLocked, LockHint), // how pg_dump bounds its wait for locks
        ("lock timeout", ErrorCatalogue.SourceLocked, LockHint),
        ("deadlock detected", ErrorCatalogue.SourceLocked, "The definitions of several tables were changed meanwhile; try again."),
        ("could not obtain lock", ErrorCatalogue.SourceLocked, LockHint),
        ("invalid memory alloc request size", ErrorCatalogue.SourceUnreadable, LargeRowHint),
        ("Cannot enlarge string buffer", ErrorCatalogue.SourceUnreadable, LargeRowHint),
        ("out of memory", ErrorCatalogue.SourceUnreadable, MemoryHint),
        ("ended by signal 9", ErrorCatalogue.SourceUnreadable, MemoryHint),
        ("No space left on device", ErrorCatalogue.DestinationFull, "Make room on the server."),
        (
            "permission denied to create extension",
            ErrorCatalogue.NotAllowed,
            "A superuser must make it: let one restore (allow superuser), or mark the extension as trusted."
        ),
        ("is not available", ErrorCatalogue.NotAllowed, "Install the package with it on the target's machine."),
        ("password authentication failed", ErrorCatalogue.SourceUnreadable, "Check the password that the source is given."),
        (
            "terminating connection",
            ErrorCatalogue.SourceUnreadable,
            "The server was stopped, or somebody ended the session; try again when it runs."
        ),
        ("server closed the connection", ErrorCatalogue.SourceUnreadable, "The server was stopped or crashed; its log says more."),
        (
            "has group or world access",
            ErrorCatalogue.SourceUnreadable,
            "PostgreSQL's programs take no password from a file that others may read: chmod 0600 it."
        ),
        ("could not connect", ErrorCatalogue.SourceUnreadable, "Check that the server runs."),
        ("unsupported version", ErrorCatalogue.NotAllowed, "The backup was made by a newer pg_dump: install its pg_restore."),
    ];

    /// <summary>Of a program that failed.</summary>
    /// <param name="tool">The program.</param>
    /// <param name="database">What it worked on.</param>
    /// <param name="errors">What it said.</param>
    /// <param name="otherwise">The kind of failure where nothing better is known.</param>
    /// <param name="missing">What to do about a right that the role lacks; null where it lacks none that is known.</param>
    /// <param name="language">What to do so that the server's words are understood; null where they are.</param>
    public static HoldfastException Translate(
        Tool tool,
        string database,
        string errors,
        Error otherwise,
        string? missing = null,
        string? language = null
    )
    {
        errors = SecretMasker.Mask(errors);
        var said =
            errors.Length == 0 ? "it said nothing"
            : errors.Length > MaxTextLength ? errors[..MaxTextLength] + " …"
            : errors;
        if (missing is not null)
        {
            return new(ErrorCatalogue.SourceUnreadable, $"{tool.Name} of '{database}' failed: {said}", missing);
        }
        foreach (var (text, error, hint) in KnownErrors)
        {
            if (errors.Contains(text, StringComparison.Ordinal))
            {
                return new(error, $"{tool.Name} of '{database}' failed: {said}", hint);
            }
        }

        return new(
            otherwise,
            $"{tool.Name} of '{database}' failed: {said}",
            $"{(tool.Name == Tool.Restore ? RestoreHint : "The server's log says more.")} {language}".TrimEnd()
        );
    }
}
