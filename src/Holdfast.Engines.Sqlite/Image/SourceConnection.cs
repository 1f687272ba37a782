using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>The few cases in which a connection opens a database that is backed up, and what is true of all connections.</summary>
internal static unsafe class SourceConnection
{
    /// <summary>
    /// Opens a database whose image is held, where its pages cannot be copied. Its side files are there if it has any,
    /// so none is made.
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
    /// Rolls back what a crash left in the middle of a transaction, as the next one who opens the database would,
    /// unless another process is in the way.
    /// In exclusive mode, in which SQLite keeps a wal-index in its own memory: should the database be in WAL mode by now, no file is made.
    /// </summary>
    /// <exception cref="HoldfastException">It cannot be, or <see cref="ErrorCatalogue.KeyWrong"/>.</exception>
    public static void RollBack(DatabaseFile file, DatabaseKey? key)
    {
        using var connection = SqliteConnection.Open(file, OpenReadWrite, key, TimeSpan.Zero);
        try
        {
            connection.Execute("PRAGMA locking_mode=EXCLUSIVE");
            BeginRead(connection, key);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.SourceLocked)
        {
            // Whoever calls looks again.
        }
    }

    /// <summary>
    /// Whether the database is in WAL mode, of a connection inside its read transaction. The schema is not read: it may
    /// lie behind what was copied.
    /// </summary>
    public static bool IsWal(SqliteConnection connection)
    {
        nint log = 0;
        fixed (byte* main = "main\0"u8)
        {
            sqlite3_file_control(connection.Handle, main, FileControlJournalPointer, &log);
        }
        return log != 0 && *(nint*)log != 0; // in rollback mode a reader has no journal open
    }

    /// <summary>
    /// Starts a read transaction. It reads the first page, so a wrong key shows, but not the schema, so a damaged one
    /// is no hindrance.
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
                ErrorCatalogue.KeyWrong,
                $"The given {key} does not open '{connection.FilePath}'.",
                "Give the key that the application uses; the format is SQLCipher 4 with its defaults.",
                e
            );
        }
    }
}
