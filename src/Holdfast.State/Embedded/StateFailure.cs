using Holdfast.Core.Errors;
using Microsoft.Data.Sqlite;

namespace Holdfast.State.Embedded;

/// <summary>Says what went wrong at the file that keeps the state.</summary>
internal static class StateFailure
{
    // Result codes of SQLite (https://sqlite.org/rescode.html).
    private const int Busy = 5,
        Locked = 6,
        ReadOnly = 8,
        Damaged = 11,
        Full = 13,
        NoDatabase = 26;

    /// <summary>The failure that <paramref name="e"/> is at the file <paramref name="path"/>.</summary>
    public static HoldfastException Of(Exception e, string path) =>
        e switch
        {
            HoldfastException known => known,
            SqliteException { SqliteErrorCode: Full } => new(
                ErrorCatalogue.StateFull,
                $"There is no room left for the state in '{path}'.",
                "Make room on that file system. What was asked for has not been stored.",
                e
            ),
            SqliteException { SqliteErrorCode: Busy or Locked } => new(
                ErrorCatalogue.StateUnavailable,
                $"The state in '{path}' is in use.",
                "Another holdfast is running on this data folder: stop it, or give this one a folder of its own.",
                e
            ),
            SqliteException { SqliteErrorCode: Damaged or NoDatabase } => OfDamage(path, e.Message, e),
            SqliteException { SqliteErrorCode: ReadOnly } => new(
                ErrorCatalogue.StateUnavailable,
                $"The state in '{path}' may not be written.",
                "Give this user rights to the file and its folder, and mount it for writing.",
                e
            ),
            UnauthorizedAccessException => new(
                ErrorCatalogue.StateUnavailable,
                $"The state in '{path}' may not be read and written by this user: {e.Message}",
                "Give this user rights to the file and its folder.",
                e
            ),
            _ => new(
                ErrorCatalogue.StateUnavailable,
                $"The state in '{path}' cannot be read or written: {e.Message}",
                "Check the disk, the mount, and this user's rights to the file and its folder.",
                e
            ),
        };

    /// <summary>The file holds what SQLite or we would not have written.</summary>
    public static HoldfastException OfDamage(string path, string finding, Exception? cause = null) =>
        new(
            ErrorCatalogue.StateUnavailable,
            $"The state in '{path}' is damaged: {finding}",
            "Put back a copy of the file, without the -wal of the damaged one. Backups do not depend on it: without a copy, "
                + "move all files of the data folder away and configure anew.",
            cause
        );

    /// <summary>There is no state where one was.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What is wrong with it.</param>
    /// <param name="traces">What shows that a state was there.</param>
    public static HoldfastException OfMissing(string path, string what, IReadOnlyList<string> traces) =>
        new(
            ErrorCatalogue.StateUnavailable,
            $"The state '{path}' {what}, but there was one (it left "
                + $"{string.Join(", ", traces.Take(3).Select(t => $"'{t}'"))}): its tasks, users and keys are not begun anew.",
            "Put it back with its -wal, or a copy that holdfast server backup-state made. To really begin anew, move all "
                + "files of the data folder away first, and keep them: node.key opens what was encrypted for this node."
        );

    /// <summary>The state is another server's than the one that belongs there.</summary>
    public static HoldfastException OfForeignState(string path, string marker) =>
        new(
            ErrorCatalogue.StateUnavailable,
            $"The state '{path}' is not the one that '{marker}' says belongs there.",
            "Put back the right one. If this one is meant, with its own node.key, move that file away."
        );

    /// <summary>The file went away, or another stands in its place, while it was open.</summary>
    public static HoldfastException OfRemoved(string path) =>
        new(
            ErrorCatalogue.StateUnavailable,
            $"'{path}' was removed or replaced while the server runs: what would be stored now would be lost at its end.",
            "Save what the server still has open before it is stopped: holdfast server backup-state. Then stop it, put that "
                + "copy in place, and start it again."
        );

    /// <summary>The store was closed.</summary>
    public static HoldfastException OfClosed(string path) =>
        new(ErrorCatalogue.StateUnavailable, $"The state in '{path}' has been closed.", "Holdfast is stopping: ask again when it runs.");

    /// <summary>A lease that a change names has ended.</summary>
    public static HoldfastException OfEndedLease(string key) =>
        new(ErrorCatalogue.NotAllowed, $"The lease that '{key}' should be stored with has ended.", "Take a new one.");
}
