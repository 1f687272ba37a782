using System.Text;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>A prepared statement. Spans that it returns are valid until the next step.</summary>
internal sealed unsafe class SqliteStatement(SqliteConnection connection, nint handle) : IDisposable
{
    private nint _handle = handle;

    /// <summary>SQLite's handle.</summary>
    public nint Handle => _handle;

    /// <summary>Number of columns in a row.</summary>
    public int ColumnCount => sqlite3_column_count(_handle);

    /// <summary>Moves to the next row; returns false at the end.</summary>
    public bool Step()
    {
        var code = sqlite3_step(_handle);
        if (code == Row)
        {
            return true;
        }
        if (code != Done)
        {
            connection.Check(code);
        }
        return false;
    }

    /// <summary>Resets the statement, so that it can run again.</summary>
    public void Reset() => sqlite3_reset(_handle);

    /// <summary>Binds text to the parameter at <paramref name="index"/>, counted from 1.</summary>
    public void BindText(int index, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* p = bytes.Length == 0 ? new byte[1] : bytes)
        {
            connection.Check(sqlite3_bind_text(_handle, index, p, bytes.Length, -1)); // -1: SQLite copies the text
        }
    }

    /// <summary>
    /// Binds a value of another statement's current row to the parameter at <paramref name="index"/>, counted from 1.
    /// </summary>
    public void BindValue(int index, SqliteStatement row, int column) =>
        connection.Check(sqlite3_bind_value(_handle, index, sqlite3_column_value(row._handle, column)));

    /// <summary>Returns the storage class of a value, one of <c>SqliteConstants.Type…</c>.</summary>
    public int GetStorageClass(int column) => sqlite3_column_type(_handle, column);

    /// <summary>Returns a value as an integer.</summary>
    public long GetInt64(int column) => sqlite3_column_int64(_handle, column);

    /// <summary>Returns a value as a floating-point number.</summary>
    public double GetDouble(int column) => sqlite3_column_double(_handle, column);

    /// <summary>Returns a value as text; null for NULL.</summary>
    public string? GetText(int column) => GetStorageClass(column) == TypeNull ? null : Encoding.UTF8.GetString(GetTextBytes(column));

    /// <summary>Returns a value's text as UTF-8.</summary>
    public ReadOnlySpan<byte> GetTextBytes(int column)
    {
        var text = sqlite3_column_text(_handle, column);
        return new(text, sqlite3_column_bytes(_handle, column));
    }

    /// <summary>Returns a value's bytes.</summary>
    public ReadOnlySpan<byte> GetBlob(int column)
    {
        var blob = sqlite3_column_blob(_handle, column);
        return new(blob, sqlite3_column_bytes(_handle, column));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_handle == 0)
        {
            return;
        }
        sqlite3_finalize(_handle);
        _handle = 0;
    }
}
