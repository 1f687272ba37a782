using Holdfast.Core.Errors;
using Microsoft.Data.Sqlite;

namespace Holdfast.State.Embedded;

/// <summary>Says what went wrong at the file that keeps the state.</summary>
internal static class StateFailure
{
    // Result codes of SQLite (https://sqlite.org/rescode.html).
    private const int Busy = 5, Locked = 6, ReadOnly = 8, Damaged = 11, Full = 13, NoDatabase = 26;

    /// <summary>The failure that <paramref name="e"/> is at the file <paramref name="path"/>.</summary>
    public static HoldfastException Of(Exception e, string path) => e switch
    {
        HoldfastException known => known,
        SqliteException { SqliteErrorCode: Full } => new(ErrorCatalogue.StateFull, $"There is no room left for the state in '{path}'.", "Make room on that file system. What was asked for has not been stored.", e),
        SqliteException { SqliteErrorCode: Busy or Locked } => new(ErrorCatalogue.StateUnavailable, $"The state in '{path}' is in use.", "Another holdfast is running on this data folder: stop it, or give this one a folder of its own.", e),
        SqliteException { SqliteErrorCode: Damaged or NoDatabase } => OfDamage(path, e.Message, e),
        SqliteException { SqliteErrorCode: ReadOnly } => new(ErrorCatalogue.StateUnavailable, $"The state in '{path}' may not be written.", "Give this user rights to the file and its folder, and mount it for writing.", e),
        UnauthorizedAccessException => new(ErrorCatalogue.StateUnavailable, $"The state in '{path}' may not be read and written by this user: {e.Message}", "Give this user rights to the file and its folder.", e),
        _ => new(ErrorCatalogue.StateUnavailable, $"The state in '{path}' cannot be read or written: {e.Message}", "Check the disk, the mount, and this user's rights to the file and its folder.", e),
    };

    /// <summary>The file holds what SQLite or we would not have written.</summary>
    public static HoldfastException OfDamage(string path, string finding, Exception? cause = null) => new(
        ErrorCatalogue.StateUnavailable,
        $"The state in '{path}' is damaged: {finding}",
        "Put back a copy of the file, or move it and its -wal away and configure anew. Backups do not depend on it.",
        cause);

    /// <summary>The store was closed.</summary>
    public static HoldfastException OfClosed(string path) => new(ErrorCatalogue.StateUnavailable, $"The state in '{path}' has been closed.", "Holdfast is stopping: ask again when it runs.");

    /// <summary>A lease that a change names has ended.</summary>
    public static HoldfastException OfEndedLease(string key) => new(ErrorCatalogue.NotAllowed, $"The lease that '{key}' should be stored with has ended.", "Take a new one.");
}
