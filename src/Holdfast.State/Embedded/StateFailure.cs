using Holdfast.Core.Errors;
using Microsoft.Data.Sqlite;

namespace Holdfast.State.Embedded;

/// <summary>Creates the failures of the state file.</summary>
internal static class StateFailure
{
    // Result codes of SQLite (https://sqlite.org/rescode.html).
    private const int Busy = 5,
        Locked = 6,
        ReadOnly = 8,
        Damaged = 11,
        Full = 13,
        NoDatabase = 26;

    /// <summary>Converts an exception at the file <paramref name="path"/>.</summary>
    public static HoldfastException Of(Exception e, string path) =>
        e switch
        {
            HoldfastException known => known,
            SqliteException { SqliteErrorCode: Full } => new(
                ErrorCatalog.StateFull,
                $"No space is left for the state in '{path}'.",
                "Free space on that file system. The change has not been stored.",
                e
            ),
            SqliteException { SqliteErrorCode: Busy or Locked } => new(
                ErrorCatalog.StateUnavailable,
                $"The state in '{path}' is in use.",
                "Another holdfast is running on this data folder: stop it, or use another folder.",
                e
            ),
            SqliteException { SqliteErrorCode: Damaged or NoDatabase } => OfDamage(path, e.Message, e),
            SqliteException { SqliteErrorCode: ReadOnly } => new(
                ErrorCatalog.StateUnavailable,
                $"The state in '{path}' is not writable.",
                "Grant this user access to the file and its folder, and mount the file system read-write.",
                e
            ),
            UnauthorizedAccessException => new(
                ErrorCatalog.StateUnavailable,
                $"This user may not read and write the state in '{path}': {e.Message}",
                "Grant this user access to the file and its folder.",
                e
            ),
            _ => new(
                ErrorCatalog.StateUnavailable,
                $"The state in '{path}' cannot be read or written: {e.Message}",
                "Check the disk, the mount, and this user's access to the file and its folder.",
                e
            ),
        };

    /// <summary>Creates the failure for a file with contents that neither SQLite nor Holdfast writes.</summary>
    public static HoldfastException OfDamage(string path, string finding, Exception? cause = null) =>
        new(
            ErrorCatalog.StateUnavailable,
            $"The state in '{path}' is damaged: {finding}",
            "Put back a copy of the file, without the -wal file of the damaged one. Backups do not depend on it: without a copy, "
                + "move all files out of the data folder and configure the server again.",
            cause
        );

    /// <summary>Creates the failure for a missing state.</summary>
    /// <param name="path">The file.</param>
    /// <param name="predicate">How it is missing, as the predicate of a sentence.</param>
    /// <param name="traces">Files that prove that a state existed.</param>
    public static HoldfastException OfMissing(string path, string predicate, IReadOnlyList<string> traces) =>
        new(
            ErrorCatalog.StateUnavailable,
            $"The state '{path}' {predicate}, but it existed before (it left {string.Join(", ", traces.Take(3).Select(t => $"'{t}'"))}): "
                + "no empty state is created in its place.",
            "Put it back with its -wal file, or put back a copy made by holdfast server backup-state. To start over, first move all "
                + "files out of the data folder, and keep them: node.key decrypts predicate was encrypted for this node."
        );

    /// <summary>Creates the failure for the state of another server.</summary>
    public static HoldfastException OfForeignState(string path, string marker) =>
        new(
            ErrorCatalog.StateUnavailable,
            $"The state '{path}' does not have the id in '{marker}'.",
            "Put back the right state. To use this one, with its own node.key, move that file away."
        );

    /// <summary>Creates the failure for a file that was removed or replaced while it was open.</summary>
    public static HoldfastException OfRemoved(string path) =>
        new(
            ErrorCatalog.StateUnavailable,
            $"'{path}' was removed or replaced while the server is running: changes stored now would be lost when it stops.",
            "Before you stop the server, save the state that it still has open: holdfast server backup-state. Then stop it, put that "
                + "copy in place, and start it again."
        );

    /// <summary>Creates the failure for a closed store.</summary>
    public static HoldfastException OfClosed(string path) =>
        new(
            ErrorCatalog.StateUnavailable,
            $"The state in '{path}' has been closed.",
            "Holdfast is stopping: retry when it is running again."
        );

    /// <summary>Creates the failure for a change whose lease has ended.</summary>
    public static HoldfastException OfEndedLease(string key) =>
        new(ErrorCatalog.NotAllowed, $"The lease for '{key}' has ended.", "Request a new lease.");
}
