namespace Holdfast.Core.Errors;

/// <summary>
/// Every kind of failure that Holdfast reports. Exit codes are part of the command line's contract (<c>holdfast --help</c>).
/// </summary>
public static class ErrorCatalog
{
    /// <summary>A failure that no other kind describes; the message names the exception.</summary>
    public static readonly Error Unexpected = new("unexpected", 1, 500);

    /// <summary>The request itself is malformed.</summary>
    public static readonly Error Usage = new("usage", 2, 400);

    /// <summary>Several backups match where one is expected.</summary>
    public static readonly Error Ambiguous = new("ambiguous", 2, 422);

    /// <summary>A path, database, restore point or archive does not exist.</summary>
    public static readonly Error NotFound = new("not-found", 3, 404);

    /// <summary>A key is required and none was given.</summary>
    public static readonly Error KeyMissing = new("key-missing", 4, 422);

    /// <summary>None of the given keys fits.</summary>
    public static readonly Error KeyWrong = new("key-wrong", 4, 422);

    /// <summary>Stored bytes differ from what was written.</summary>
    public static readonly Error Corrupt = new("corrupt", 5, 422);

    /// <summary>Stored bytes cannot be read from the disk, although the destination works.</summary>
    public static readonly Error Unreadable = new("unreadable", 5, 422);

    /// <summary>An archive is truncated.</summary>
    public static readonly Error Truncated = new("truncated", 5, 422);

    /// <summary>An archive that a restore point builds on is missing.</summary>
    public static readonly Error ChainIncomplete = new("chain-incomplete", 5, 422);

    /// <summary>An archive contains something that Holdfast never writes; it is refused as hostile.</summary>
    public static readonly Error Refused = new("refused-content", 5, 422);

    /// <summary>
    /// Code in the restored database changed the role that runs restores. The restored database is dropped, and no other copy is tried.
    /// </summary>
    public static readonly Error RestoreRoleChanged = new("restore-role-changed", 1, 409);

    /// <summary>A restored database has all rows, but lacks other parts of the database that was backed up. A list names them.</summary>
    public static readonly Error RestoreIncomplete = new("restore-incomplete", 1, 422);

    /// <summary>A restore would have to overwrite something.</summary>
    public static readonly Error TargetExists = new("target-exists", 6, 409);

    /// <summary>A source, or one database of it, cannot be read.</summary>
    public static readonly Error SourceUnreadable = new("source-unreadable", 7, 422);

    /// <summary>Another process keeps a database locked.</summary>
    public static readonly Error SourceLocked = new("source-locked", 7, 409);

    /// <summary>A database contains rows or schema that an SQL script cannot reproduce exactly. A snapshot can.</summary>
    public static readonly Error SourceNotScriptable = new("source-not-as-sql", 7, 422);

    /// <summary>
    /// The source cancelled the reads of a backup, as a standby does to follow its primary. The backup can be retried at once.
    /// </summary>
    public static readonly Error SourceConflict = new("source-conflict", 7, 409);

    /// <summary>The process that reads one database crashed.</summary>
    public static readonly Error SourceReaderCrashed = new("source-reader-ended", 7, 422);

    /// <summary>A source has another identity than the one registered under its name.</summary>
    public static readonly Error SourceIdentity = new("source-identity", 7, 409);

    /// <summary>A source has lost all or most of its databases, and no operator has confirmed it.</summary>
    public static readonly Error SourceShrunk = new("source-shrunk", 7, 409);

    /// <summary>Discovery of a source does not finish.</summary>
    public static readonly Error SourceSilent = new("source-silent", 7, 503);

    /// <summary>A destination cannot be written or read.</summary>
    public static readonly Error DestinationFailed = new("destination-failed", 8, 502);

    /// <summary>A destination is full.</summary>
    public static readonly Error DestinationFull = new("destination-full", 8, 507);

    /// <summary>A destination has another identity than the one that was defined, or it cannot be read.</summary>
    public static readonly Error DestinationIdentity = new("destination-identity", 8, 409);

    /// <summary>A destination asks to send fewer requests, and goes on asking after several attempts.</summary>
    public static readonly Error DestinationThrottled = new("destination-throttled", 8, 503);

    /// <summary>A destination refuses the credentials, or they lack a right.</summary>
    public static readonly Error DestinationDenied = new("destination-denied", 8, 502);

    /// <summary>A file is locked against deletion.</summary>
    public static readonly Error DestinationLocked = new("destination-locked", 8, 409);

    /// <summary>A file lies in a cold storage class and must be brought back before it can be read.</summary>
    public static readonly Error DestinationCold = new("destination-cold", 8, 409);

    /// <summary>A destination answered, but what it should have done is not proved.</summary>
    public static readonly Error DestinationUnverified = new("destination-unverified", 8, 502);

    /// <summary>The object has changed since it was read.</summary>
    public static readonly Error Conflict = new("conflict", 1, 412);

    /// <summary>The action is not possible in this state or for this object: it is running, derived, or in use.</summary>
    public static readonly Error NotAllowed = new("not-allowed", 1, 409);

    /// <summary>The caller is not authenticated.</summary>
    public static readonly Error AuthenticationRequired = new("sign-in-needed", 1, 401);

    /// <summary>The caller is not authorized for this action.</summary>
    public static readonly Error Forbidden = new("forbidden", 1, 403);

    /// <summary>Too many attempts; the caller has to wait.</summary>
    public static readonly Error TooManyAttempts = new("too-many-attempts", 1, 429);

    /// <summary>The state store cannot be read or written.</summary>
    public static readonly Error StateUnavailable = new("state-unavailable", 1, 503);

    /// <summary>The state store is full.</summary>
    public static readonly Error StateFull = new("state-full", 1, 507);

    /// <summary>An operator aborted the operation.</summary>
    public static readonly Error Aborted = new("aborted", 1, 409);

    /// <summary>The server stopped while the operation ran.</summary>
    public static readonly Error Interrupted = new("interrupted", 1, 500);

    /// <summary>The operation was cancelled because it made no progress for too long.</summary>
    public static readonly Error NoProgress = new("no-progress", 1, 504);

    /// <summary>The server does not respond.</summary>
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
        DestinationThrottled,
        DestinationDenied,
        DestinationLocked,
        DestinationCold,
        DestinationUnverified,
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

    /// <summary>Returns the kind with this code; <see cref="Unexpected"/> for an unknown code, such as one from a newer server.</summary>
    public static Error Find(string? code) => Array.Find(All, e => e.Code == code) ?? Unexpected;
}
