using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// An image held by a read transaction of an ordinary connection, which also proves that the key fits. The pages themselves are read as they lie
/// on disk, through the plain VFS, because SQLite3 Multiple Ciphers decrypts what is read through the connection's own handle.
/// </summary>
internal sealed unsafe class ConnectionImage : HeldImage
{
    private const int FileControlHasMoved = 20;
    private const int ReadOnlyRollback = 776; // SQLITE_READONLY_ROLLBACK: a hot journal that cannot be rolled back
    private readonly VfsFile _main;
    private readonly WalPages? _wal;
    private bool _disposed;

    private ConnectionImage(SqliteConnection connection, bool encrypted, TimeProvider time)
    {
        Connection = connection;
        IsIncompressible = encrypted;
        var path = connection.FilePath;
        IsWal = IsWalMode(connection);
        var status = FileStatus.Of(path) ?? throw Gone(path);
        _main = VfsFile.Open(path);
        try
        {
            var moved = 0;
            fixed (byte* main = "main\0"u8) sqlite3_file_control(connection.Handle, main, FileControlHasMoved, &moved);
            if (moved != 0) throw Gone(path);

            Span<byte> bytes = stackalloc byte[FileHeader.Length];
            _main.Read(0, bytes, path);
            var header = FileHeader.Parse(bytes);
            PageSize = encrypted ? (int)connection.QueryNumber("PRAGMA page_size") : header.PageSize;
            var snapshot = IsWal ? Snapshot(connection) : default;
            if (snapshot.FrameCount > 0)
            {
                PageSize = snapshot.PageSize;
                PageCount = snapshot.PageCount;
                if (Frames(connection, snapshot) is { } frames) _wal = new(path, frames, snapshot);
            }
            else
            {
                if (PageSize == 0) throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"'{path}' has a page size that makes no sense.", "It is damaged. Check it with: sqlite3 FILE 'PRAGMA integrity_check'");
                PageCount = (status.Size + PageSize - 1) / PageSize;
            }

            var counter = encrypted ? (uint?)null : header.ChangeCounter;
            ChangeToken = snapshot.FrameCount > 0 || snapshot.Salts != 0
                ? ChangeTokens.OfWal(snapshot, status, counter ?? 0)
                : ChangeTokens.OfFile(status, counter, !IsWal && !encrypted, PageCount, time);
        }
        catch
        {
            _wal?.Dispose();
            _main.Dispose();
            throw;
        }
    }

    /// <summary>The connection, inside its read transaction. Used by one thread at a time.</summary>
    public SqliteConnection Connection { get; }

    /// <summary>Whether the database is in WAL mode.</summary>
    public bool IsWal { get; }

    /// <inheritdoc/>
    public override int PageSize { get; }

    /// <inheritdoc/>
    public override long PageCount { get; }

    /// <inheritdoc/>
    public override bool IsIncompressible { get; }

    /// <inheritdoc/>
    public override bool HoldsWriters => !IsWal;

    /// <inheritdoc/>
    public override string? ChangeToken { get; }

    /// <summary>Number of pages that come from the log.</summary>
    public int PagesFromWal => _wal?.Count ?? 0;

    /// <summary>Opens the database without reading or holding it. Locks are not waited for.</summary>
    public static SqliteConnection Connect(string path, DatabaseKey? key)
    {
        // A log that a crashed writer left is recovered, but moving it into the main file is not for a backup to do.
        var leftLog = FileStatus.Of(path + "-wal") is { Size: > 0 };
        var connection = SqliteConnection.Open(path, OpenReadWrite, key, TimeSpan.Zero);
        if (leftLog) _ = sqlite3_db_config(connection.Handle, ConfigNoCheckpointOnClose, 1, null);
        return connection;
    }

    /// <summary>Makes the image of a connection inside its read transaction, and takes the connection over.</summary>
    public static ConnectionImage Hold(SqliteConnection connection, DatabaseKey? key, TimeProvider time) => new(connection, key is not null, time);

    /// <summary>Starts a read transaction. It reads the first page, so a wrong key shows, but not the schema, so a damaged one is no hindrance.</summary>
    public static void Begin(SqliteConnection connection, DatabaseKey? key)
    {
        try
        {
            if (sqlite3_get_autocommit(connection.Handle) != 0) connection.Execute("BEGIN"); // an attempt before this one has begun
            _ = connection.QueryNumber("PRAGMA schema_version");
        }
        catch (HoldfastException e) when (key is not null && (sqlite3_extended_errcode(connection.Handle) & 0xFF) == NotADatabase)
        {
            throw new HoldfastException(ErrorCatalogue.KeyWrong, $"The given {key} does not open '{connection.FilePath}'.", "Give the key that the application uses; the format is SQLCipher 4 with its defaults.", e);
        }
        catch (HoldfastException e) when (CannotMakeLog(connection))
        {
            throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"'{connection.FilePath}' is in WAL mode, and its -wal and -shm files can neither be opened nor made: {e.Message}", "Let this user write to the folder, or have the application open the database first.", e);
        }
    }

    /// <inheritdoc/>
    public override void Read(long firstPage, Span<byte> pages)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _main.Read(firstPage * PageSize, pages, Connection.FilePath);
        _wal?.Overlay(firstPage, pages);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _wal?.Dispose();
        _main.Dispose();
        Connection.Dispose(); // ends the transaction
    }

    private static bool CannotMakeLog(SqliteConnection connection)
    {
        var code = sqlite3_extended_errcode(connection.Handle);
        return code != ReadOnlyRollback && (code & 0xFF) is (CantOpen or ReadOnly) && FileStatus.Of(connection.FilePath) is not null;
    }

    private static bool IsWalMode(SqliteConnection connection)
    {
        nint log = 0;
        fixed (byte* main = "main\0"u8) sqlite3_file_control(connection.Handle, main, FileControlJournalPointer, &log);
        return log != 0 && *(nint*)log != 0; // in rollback mode a reader has no journal open
    }

    private static WalHeader Snapshot(SqliteConnection connection)
    {
        nint snapshot;
        int code;
        fixed (byte* main = "main\0"u8) code = sqlite3_snapshot_get(connection.Handle, main, out snapshot);
        if (code != Ok) return default; // no frame was ever written
        var header = WalHeader.Parse(new ReadOnlySpan<byte>((byte*)snapshot, WalIndex.HeaderBytes));
        sqlite3_snapshot_free(snapshot);
        return header;
    }

    /// <summary>The frames of the snapshot; null where all of them are in the main file, which the read transaction then keeps as it is.</summary>
    private static ulong[]? Frames(SqliteConnection connection, in WalHeader snapshot)
    {
        nint file;
        fixed (byte* main = "main\0"u8) connection.Check(sqlite3_file_control(connection.Handle, main, FileControlFilePointer, &file));
        if (VfsFile.ShmMap(file, 0, out var region) != Ok || region is null) return WalPages.ReadFrames(connection.FilePath, snapshot);
        if (!WalIndex.HasPendingFrames(region, snapshot)) return null;
        var handle = file;
        return WalIndex.ReadFrames((int index, out byte* part) => VfsFile.ShmMap(handle, index, out part), snapshot.FrameCount) ?? WalPages.ReadFrames(connection.FilePath, snapshot);
    }

    private static HoldfastException Gone(string path) =>
        new(ErrorCatalogue.NotFound, $"'{path}' was removed or replaced while it was being opened.", "Try again.");
}
