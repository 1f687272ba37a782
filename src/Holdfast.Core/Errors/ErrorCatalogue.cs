namespace Holdfast.Core.Errors;

/// <summary>
/// Every kind of failure that Holdfast reports. Exit codes are part of the command line's contract (<c>holdfast
/// --help</c>).
/// </summary>
public static class ErrorCatalogue
{
    /// <summary>Something that no other kind describes; the message names the program's exception.</summary>
    public static readonly Error Unexpected = new("unexpected", 1, 500);

    /// <summary>The request itself is malformed.</summary>
    public static readonly Error Usage = new("usage", 2, 400);

    /// <summary>Several backups are there, and one is wanted.</summary>
    public static readonly Error Ambiguous = new("ambiguous", 2, 422);

    /// <summary>A path, database, restore point or archive is not there.</summary>
    public static readonly Error NotFound = new("not-found", 3, 404);

    /// <summary>A key is needed and none was given.</summary>
    public static readonly Error KeyMissing = new("key-missing", 4, 422);

    /// <summary>Keys were given and none of them fits.</summary>
    public static readonly Error KeyWrong = new("key-wrong", 4, 422);

    /// <summary>Stored bytes are not what was written.</summary>
    public static readonly Error Corrupt = new("corrupt", 5, 422);

    /// <summary>The disk does not give back stored bytes, though the destination works.</summary>
    public static readonly Error Unreadable = new("unreadable", 5, 422);

    /// <summary>An archive ends before its end.</summary>
    public static readonly Error Truncated = new("truncated", 5, 422);

    /// <summary>An archive that a restore point builds on is missing.</summary>
    public static readonly Error ChainIncomplete = new("chain-incomplete", 5, 422);

    /// <summary>An archive holds something that no backup of ours would hold; it is refused as hostile.</summary>
    public static readonly Error Refused = new("refused-content", 5, 422);

    /// <summary>
    /// Code of the database that was restored has changed the role that runs restores. Nothing of it is kept, and no
    /// other copy is tried.
    /// </summary>
    public static readonly Error RestoreRoleChanged = new("restore-role-changed", 1, 409);

    /// <summary>
    /// A restored database has all rows, and lacks something else of the one that was backed up. What that is stands in
    /// a list.
    /// </summary>
    public static readonly Error RestoreIncomplete = new("restore-incomplete", 1, 422);

    /// <summary>A restore would have to overwrite something.</summary>
    public static readonly Error TargetExists = new("target-exists", 6, 409);

    /// <summary>A source, or one database of it, cannot be read.</summary>
    public static readonly Error SourceUnreadable = new("source-unreadable", 7, 422);

    /// <summary>A database stays locked by another process.</summary>
    public static readonly Error SourceLocked = new("source-locked", 7, 409);

    /// <summary>
    /// A database holds what no SQL script can: its rows or its schema would not come back equal. A snapshot can hold
    /// it.
    /// </summary>
    public static readonly Error SourceNotScriptable = new("source-not-as-sql", 7, 422);

    /// <summary>
    /// The source itself cut the reading of a database off, as a standby does that must follow its primary; it can be
    /// tried again at once.
    /// </summary>
    public static readonly Error SourceConflict = new("source-conflict", 7, 409);

    /// <summary>Reading a database ended the process that read it, which had no other one.</summary>
    public static readonly Error SourceReaderCrashed = new("source-reader-ended", 7, 422);

    /// <summary>A source is not the one that was known by its name.</summary>
    public static readonly Error SourceIdentity = new("source-identity", 7, 409);

    /// <summary>A source has lost all or most of its databases at once, and nobody has confirmed it.</summary>
    public static readonly Error SourceShrunk = new("source-shrunk", 7, 409);

    /// <summary>A source does not finish to be looked at.</summary>
    public static readonly Error SourceSilent = new("source-silent", 7, 503);

    /// <summary>A destination cannot be written or read.</summary>
    public static readonly Error DestinationFailed = new("destination-failed", 8, 502);

    /// <summary>A destination has no room left.</summary>
    public static readonly Error DestinationFull = new("destination-full", 8, 507);

    /// <summary>A destination is not the one that was defined: its identity is another, or cannot be read.</summary>
    public static readonly Error DestinationIdentity = new("destination-identity", 8, 409);

    /// <summary>Somebody else has changed it since it was read.</summary>
    public static readonly Error Conflict = new("conflict", 1, 412);

    /// <summary>The thing cannot be done now, or not to this one: it is running, derived, or used by another.</summary>
    public static readonly Error NotAllowed = new("not-allowed", 1, 409);

    /// <summary>Who asks is not known.</summary>
    public static readonly Error AuthenticationRequired = new("sign-in-needed", 1, 401);

    /// <summary>Who asks may not do this.</summary>
    public static readonly Error Forbidden = new("forbidden", 1, 403);

    /// <summary>Too many attempts; wait.</summary>
    public static readonly Error TooManyAttempts = new("too-many-attempts", 1, 429);

    /// <summary>The state store cannot be read or written.</summary>
    public static readonly Error StateUnavailable = new("state-unavailable", 1, 503);

    /// <summary>The state store has no room left.</summary>
    public static readonly Error StateFull = new("state-full", 1, 507);

    /// <summary>The operation was aborted by an operator.</summary>
    public static readonly Error Aborted = new("aborted", 1, 409);

    /// <summary>The server stopped while the operation ran.</summary>
    public static readonly Error Interrupted = new("interrupted", 1, 500);

    /// <summary>The operation had not moved for so long that it was given up.</summary>
    public static readonly Error NoProgress = new("no-progress", 1, 504);

    /// <summary>The server does not answer.</summary>
    public static readonly Error ServerUnreachable = new("server-unreachable", 1, 503);

    private static readonly Error[] All =
    [
        Unexpected,
        Usage,
        Ambiguous,
        NotFound,
        KeyMissing,
        KeyWrong,
        Corrupt,
        Unreadable,
        Truncated,
        ChainIncomplete,
        Refused,
        RestoreRoleChanged,
        RestoreIncomplete,
        TargetExists,
        SourceUnreadable,
        SourceLocked,
        SourceNotScriptable,
        SourceConflict,
        SourceReaderCrashed,
        SourceIdentity,
        SourceShrunk,
        SourceSilent,
        DestinationFailed,
        DestinationFull,
        DestinationIdentity,
        Conflict,
        NotAllowed,
        AuthenticationRequired,
        Forbidden,
        TooManyAttempts,
        StateUnavailable,
        StateFull,
        Aborted,
        Interrupted,
        NoProgress,
        ServerUnreachable,
    ];

    /// <summary>The kind with this code; <see cref="Unexpected"/> for one that is not known here, as a newer server may send.</summary>
    public static Error Find(string? code) => Array.Find(All, e => e.Code == code) ?? Unexpected;
}
