using System.Buffers.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>Writes the values of a statement's row as SQL, without making an object for each.</summary>
/// <param name="select">The statement.</param>
/// <param name="utf16">Converts the database's texts; null where they are UTF-8.</param>
/// <param name="path">The file, for errors.</param>
internal sealed unsafe class ValueWriter(SqliteStatement select, Utf16Text? utf16, string path)
{
    private const int LongestStatement = 999_000_000;
    private readonly nint _row = select.Handle;

    /// <summary>Writes one value where it certainly fits.</summary>
    public bool TryWrite(ref byte* at, byte* end, int column)
    {
        switch (sqlite3_column_type(_row, column))
        {
            case TypeInteger:
                if (end - at < 32) return false;
                Utf8Formatter.TryFormat(sqlite3_column_int64(_row, column), new Span<byte>(at, 32), out var digits);
                at += digits;
                return true;
            case TypeFloat:
                if (end - at < RealText.MaxLength) return false;
                at = RealText.Write(at, sqlite3_column_double(_row, column));
                return true;
            case TypeText:
                return TryWriteText(ref at, end, column);
            case TypeBlob:
                var (bytes, length) = Bytes(column);
                if (end - at < (2L * length) + ValueText.Frame) return false;
                at = Whole(at, new(bytes, length), TextForm.Blob, 0);
                return true;
            default:
                if (end - at < 8) return false;
                at = ValueText.Copy(at, "NULL"u8);
                return true;
        }
    }

    /// <summary>Begins to write a text or blob for which there is no room at once.</summary>
    public LongValue Long(int column, string table)
    {
        var (bytes, length) = Bytes(column);
        var (form, substitute) = (TextForm.Blob, (byte)0);
        if (sqlite3_column_type(_row, column) == TypeText)
        {
            ReadOnlySpan<byte> text = new(bytes, length);
            (form, substitute) = utf16 is null || utf16.TryConvert(text, out text) ? ValueText.Choose(text) : (TextForm.Cast, (byte)0);
            if (form != TextForm.Cast)
            {
                fixed (byte* start = text) bytes = start; // SQLite's memory or a pinned array: it does not move
                length = text.Length;
            }
        }

        if ((form is TextForm.Plain or TextForm.Replace ? length : 2L * length) <= LongestStatement) return new((nint)bytes, length, form, substitute);
        throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"'{path}' has a value of {length:N0} bytes in table \"{table}\"; SQL text is limited to 1,000,000,000 bytes.", Sql.SnapshotHint);
    }

    private bool TryWriteText(ref byte* at, byte* end, int column)
    {
        var (bytes, length) = Bytes(column);
        if (end - at < (2L * length) + ValueText.Frame) return false;
        ReadOnlySpan<byte> text = new(bytes, length);
        if (utf16 is null)
        {
            var simple = ValueText.TryWriteSimple(at, bytes, length);
            if (simple is not null)
            {
                at = simple;
                return true;
            }
        }
        else if (!utf16.TryConvert(text, out text))
        {
            at = Whole(at, new(bytes, length), TextForm.Cast, 0);
            return true;
        }

        var (form, substitute) = ValueText.Choose(text);
        if (form == TextForm.Cast) text = new(bytes, length); // as it is stored
        if (end - at < (2L * text.Length) + ValueText.Frame) return false;
        at = Whole(at, text, form, substitute);
        return true;
    }

    // As it is stored, for texts too: asked for as a blob, SQLite converts nothing and copies nothing.
    private StoredBytes Bytes(int column)
    {
        var bytes = sqlite3_column_blob(_row, column);
        return new(bytes, sqlite3_column_bytes(_row, column));
    }

    private static byte* Whole(byte* at, ReadOnlySpan<byte> value, TextForm form, byte substitute) =>
        ValueText.Close(ValueText.Body(ValueText.Open(at, form), value, form, substitute), form, substitute);
}
