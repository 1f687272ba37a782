using System.Globalization;
using System.Text;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>A database connection. Used by one thread at a time. Errors name the file, never the SQL or a key.</summary>
internal sealed unsafe class SqliteConnection : IDisposable
{
    private nint _db;

    private SqliteConnection(nint db, string path)
    {
        _db = db;
        FilePath = path;
    }

    /// <summary>Path of the database file; if the file is a copy, the path of its original.</summary>
    public string FilePath { get; private init; }

    /// <summary>
    /// Whether the database is in WAL mode, if it was opened from memory and SQLite cannot report it. Else null.
    /// </summary>
    public bool? IsWal { get; private init; }

    /// <summary>SQLite's handle.</summary>
    public nint Handle => _db != 0 ? _db : throw new ObjectDisposedException(nameof(SqliteConnection));

    /// <summary>
    /// Opens <paramref name="path"/> as a plain file name (never a URI), and sets <paramref name="key"/> first if there
    /// is one.
    /// </summary>
    /// <exception cref="HoldfastException">It cannot be opened. A wrong key is detected by the first read.</exception>
    /// <param name="path">The file.</param>
    /// <param name="flags">Flags for <c>sqlite3_open_v2</c>.</param>
    /// <param name="key">The encryption key, or null.</param>
    /// <param name="busyTimeout">How long to wait for locks; default 10 s.</param>
    /// <param name="displayPath">
    /// The path to show in errors: that of the original if this is a copy. Default: the path itself.
    /// </param>
    public static SqliteConnection Open(
        string path,
        int flags,
        DatabaseKey? key = null,
        TimeSpan? busyTimeout = null,
        string? displayPath = null
    ) => Open(path, flags, key, busyTimeout, displayPath ?? path, null);

    /// <summary>
    /// Opens a database of a source relative to its open folder; SQLite finds its journal and log there, too.
    /// </summary>
    public static SqliteConnection Open(DatabaseFile file, int flags, DatabaseKey? key, TimeSpan? busyTimeout = null) =>
        Open(file.Path, flags, key, busyTimeout, file.DisplayPath, AnchoredVfs.Name);

    private static SqliteConnection Open(
        string path,
        int flags,
        DatabaseKey? key,
        TimeSpan? busyTimeout,
        string displayPath,
        byte[]? fileLayer
    )
    {
        if (key is not null && !CipherSupport.IsAvailable)
        {
            throw CipherSupport.Unavailable(displayPath);
        }
        nint db;
        int code;
        fixed (
            byte* name = Utf8(path),
                layer = fileLayer
        )
        {
            code = sqlite3_open_v2(name, out db, flags | OpenNoMutex | OpenNoFollow, layer);
        }
        var connection = new SqliteConnection(db, displayPath);
        try
        {
            connection.Check(code);
            sqlite3_extended_result_codes(db, 1);
            sqlite3_busy_timeout(db, (int)(busyTimeout ?? TimeSpan.FromSeconds(10)).TotalMilliseconds);
            if (key is not null)
            {
                CipherSupport.ApplyKey(connection, key);
            }
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens the image of an unencrypted database in memory. The memory must not move or change until the connection is
    /// disposed.
    /// </summary>
    /// <param name="image">
    /// All its pages, at a fixed address. The header is set to rollback mode because there is no log in memory.
    /// </param>
    /// <param name="length">Length of the image in bytes.</param>
    /// <param name="displayPath">The path to show in errors.</param>
    public static SqliteConnection OpenImage(byte* image, long length, string displayPath)
    {
        var isWal = image[18] == 2 || image[19] == 2;
        image[18] = image[19] = 1;
        nint db;
        int code;
        fixed (byte* name = ":memory:\0"u8)
        {
            code = sqlite3_open_v2(name, out db, OpenReadWrite | OpenNoMutex, null);
        }
        var connection = new SqliteConnection(db, displayPath) { IsWal = isWal };
        try
        {
            connection.Check(code);
            sqlite3_extended_result_codes(db, 1);
            fixed (byte* main = "main\0"u8)
            {
                connection.Check(sqlite3_deserialize(db, main, image, length, length, DeserializeReadOnly));
            }
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs statements that return no rows, or whose rows are ignored.</summary>
    public void Execute(string sql)
    {
        fixed (byte* text = Utf8(sql))
        {
            var rest = text;
            while (*rest != 0)
            {
                Check(sqlite3_prepare_v3(Handle, rest, -1, 0, out var statement, &rest));
                if (statement == 0)
                {
                    continue; // white space or a comment
                }
                int code;
                do
                {
                    code = sqlite3_step(statement);
                } while (code == Row);
                sqlite3_finalize(statement);
                if (code != Done)
                {
                    Check(code);
                }
            }
        }
    }

    /// <summary>Runs one statement; returns false, without running it, if anything follows it.</summary>
    public bool TryExecuteOne(ReadOnlySpan<byte> sql)
    {
        fixed (byte* text = sql)
        {
            byte* tail;
            Check(sqlite3_prepare_v3(Handle, text, sql.Length, 0, out var handle, &tail));
            using var statement = new SqliteStatement(this, handle);
            if (handle == 0 || !sql[(int)(tail - text)..].Trim("; \n"u8).IsEmpty)
            {
                return false;
            }
            while (statement.Step()) { }

            return true;
        }
    }

    /// <summary>Prepares one statement. The caller disposes it before the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        fixed (byte* text = Utf8(sql))
        {
            Check(sqlite3_prepare_v3(Handle, text, -1, 0, out var statement, null));
            return new(this, statement);
        }
    }

    /// <summary>Returns the first column of the first row as text; null if there is no row.</summary>
    public string? QueryText(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.GetText(0) : null;
    }

    /// <summary>Returns the first column of the first row as a number; 0 if there is no row.</summary>
    public long QueryInt64(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.GetInt64(0) : 0;
    }

    /// <summary>Extended result code of the last failure.</summary>
    public int ErrorCode => sqlite3_extended_errcode(Handle);

    /// <summary>SQLite's message for the last failure.</summary>
    public string ErrorMessage =>
        Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(sqlite3_errmsg(Handle)));

    /// <summary>Throws the error that a result code means for this file.</summary>
    public void Check(int code)
    {
        if (code is Ok or Row or Done)
        {
            return;
        }
        var text =
            _db == 0
                ? ErrorText(code)
                : Encoding.UTF8.GetString(
                    System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(sqlite3_errmsg(_db))
                );
        throw SqliteErrorTranslator.Translate(code, FilePath, text);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_db == 0)
        {
            return;
        }
        sqlite3_close_v2(_db);
        _db = 0;
    }

    /// <summary>Returns SQLite's message for a result code.</summary>
    public static string ErrorText(int code) =>
        Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(sqlite3_errstr(code)))
        + string.Create(CultureInfo.InvariantCulture, $" ({code})");

    /// <summary>Encodes text as UTF-8 with a terminating NUL.</summary>
    public static byte[] Utf8(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
