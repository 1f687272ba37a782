using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Opens connections to databases that are backed up, in the few cases that need one, and provides what all connections
/// share.
/// </summary>
internal static unsafe class SourceConnection
{
    /// <summary>
    /// Opens a database whose image is pinned, if its pages cannot be copied. Side files that it needs exist already,
    /// so none is created.
    /// </summary>
    public static SqliteConnection Open(LockedImage image, DatabaseKey? key)
    {
        var connection = SqliteConnection.Open(image.Database, OpenReadWrite, key);
        try
        {
            _ = sqlite3_db_config(connection.Handle, ConfigNoCheckpointOnClose, 1, null);
            BeginRead(connection, key);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Rolls back an unfinished transaction after a crash, as the next connection to the database would, unless another
    /// process holds a lock. It uses exclusive locking mode, in which SQLite keeps the wal-index in its own memory: if
    /// the database has been switched to WAL mode meanwhile, no file is created.
    /// </summary>
    /// <exception cref="HoldfastException">The rollback fails, or <see cref="ErrorCatalog.KeyWrong"/>.</exception>
    public static void RollBack(DatabaseFile file, DatabaseKey? key)
    {
        using var connection = SqliteConnection.Open(file, OpenReadWrite, key, TimeSpan.Zero);
        try
        {
            connection.Execute("PRAGMA locking_mode=EXCLUSIVE");
            BeginRead(connection, key);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.SourceLocked)
        {
            // The caller tries again.
        }
    }

    /// <summary>
    /// Whether the database is in WAL mode, determined from a connection inside its read transaction. The schema is not
    /// read because its pages may lie behind the part that was copied.
    /// </summary>
    public static bool IsWal(SqliteConnection connection)
    {
        nint log = 0;
        fixed (byte* main = "main\0"u8)
        {
            sqlite3_file_control(connection.Handle, main, FileControlJournalPointer, &log);
        }
        return log != 0 && *(nint*)log != 0; // in rollback mode a reader has no open journal
    }

    /// <summary>
    /// Starts a read transaction. This reads the first page, so that a wrong key is detected, but not the schema, so a
    /// damaged schema does not matter.
    /// </summary>
    public static void BeginRead(SqliteConnection connection, DatabaseKey? key)
    {
        try
        {
            connection.Execute("BEGIN");
            _ = connection.QueryInt64("PRAGMA schema_version");
        }
        catch (HoldfastException e) when (key is not null && (sqlite3_extended_errcode(connection.Handle) & 0xFF) == NotADatabase)
        {
            throw new HoldfastException(
                ErrorCatalog.KeyWrong,
                $"The given {key} does not open '{connection.FilePath}'.",
                "Give the key that the application uses; the format is SQLCipher 4 with its defaults.",
                e
            );
        }
    }
}
