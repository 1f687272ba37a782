using System.Globalization;
using System.Text;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>One open database. Used by one thread at a time. Errors name the file, never the SQL or a key.</summary>
internal sealed unsafe class SqliteConnection : IDisposable
{
    private nint _db;

    private SqliteConnection(nint db, string path)
    {
        _db = db;
        FilePath = path;
    }

    /// <summary>Path of the database file; of the one that it is a copy of, where it is a copy.</summary>
    public string FilePath { get; private init; }

    /// <summary>Whether the database is in WAL mode, where SQLite cannot tell: it was read from memory. Else null.</summary>
    public bool? IsWal { get; private init; }

    /// <summary>SQLite's own handle.</summary>
    public nint Handle => _db != 0 ? _db : throw new ObjectDisposedException(nameof(SqliteConnection));

    /// <summary>
    /// Opens <paramref name="path"/> as a plain file name (never a URI), giving <paramref name="key"/> to it first
    /// where there is one.
    /// </summary>
    /// <exception cref="HoldfastException">It cannot be opened; a wrong key shows at the first read.</exception>
    /// <param name="path">The file.</param>
    /// <param name="flags">SQLite's flags.</param>
    /// <param name="key">The key.</param>
    /// <param name="busyTimeout">How long locks are waited for; default 10 s.</param>
    /// <param name="shownPath">What errors call the file: the one that it is a copy of. Default its own path.</param>
    public static SqliteConnection Open(
        string path,
        int flags,
        DatabaseKey? key = null,
        TimeSpan? busyTimeout = null,
        string? shownPath = null
    ) => Open(path, flags, key, busyTimeout, shownPath ?? path, null);

    /// <summary>Opens a database of a source, from the folder that holds it: its journal and log are found there too.</summary>
    public static SqliteConnection Open(DatabaseFile file, int flags, DatabaseKey? key, TimeSpan? busyTimeout = null) =>
        Open(file.Path, flags, key, busyTimeout, file.DisplayPath, AnchoredVfs.Name);

    private static SqliteConnection Open(
        string path,
        int flags,
        DatabaseKey? key,
        TimeSpan? busyTimeout,
        string shownPath,
        byte[]? fileLayer
    )
    {
        if (key is not null && !CipherSupport.IsAvailable)
        {
            throw CipherSupport.Unavailable(shownPath);
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
        var connection = new SqliteConnection(db, shownPath);
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
    /// Opens the image of an unencrypted database, which stays where it is and as it is until the connection is
    /// disposed.
    /// </summary>
    /// <param name="image">All its pages, at a fixed address. Its header is set to rollback mode: there is no log in memory.</param>
    /// <param name="length">Bytes of the image.</param>
    /// <param name="shownPath">What errors call it.</param>
    public static SqliteConnection OpenImage(byte* image, long length, string shownPath)
    {
        var isWal = image[18] == 2 || image[19] == 2;
        image[18] = image[19] = 1;
        nint db;
        int code;
        fixed (byte* name = ":memory:\0"u8)
        {
            code = sqlite3_open_v2(name, out db, OpenReadWrite | OpenNoMutex, null);
        }
        var connection = new SqliteConnection(db, shownPath) { IsWal = isWal };
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

    /// <summary>Runs statements that give no rows, or whose rows do not matter.</summary>
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

    /// <summary>Runs one statement; false, without running it, where something stands behind it.</summary>
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

    /// <summary>The first column of the first row as text; null where there is none.</summary>
    public string? QueryText(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.GetText(0) : null;
    }

    /// <summary>The first column of the first row as a number; 0 where there is none.</summary>
    public long QueryInt64(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.GetInt64(0) : 0;
    }

    /// <summary>Extended code of the last failure.</summary>
    public int ErrorCode => sqlite3_extended_errcode(Handle);

    /// <summary>SQLite's words for the last failure.</summary>
    public string ErrorMessage =>
        Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(sqlite3_errmsg(Handle)));

    /// <summary>Throws what a result code of SQLite means for this file.</summary>
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

    /// <summary>SQLite's words for a result code.</summary>
    public static string ErrorText(int code) =>
        Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(sqlite3_errstr(code)))
        + string.Create(CultureInfo.InvariantCulture, $" ({code})");

    /// <summary>UTF-8 with a NUL behind it.</summary>
    public static byte[] Utf8(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
