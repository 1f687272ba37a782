using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>A value of a row with its storage class. Its bytes are in SQLite's memory and valid until the next step.</summary>
internal readonly unsafe struct StoredValue
{
    private readonly long _content;
    private readonly int _length;
    private readonly int _type;

    private StoredValue(int type, long content, int length) => (_type, _content, _length) = (type, content, length);

    /// <summary>Storage class, one of <c>SqliteConstants.Type…</c>.</summary>
    public int Type => _type;

    /// <summary>Length of a text or blob in bytes.</summary>
    public int Length => _length;

    /// <summary>The integer, or the 64 bits of the floating-point number.</summary>
    public long Bits => _content;

    /// <summary>The floating-point number.</summary>
    public double Real => BitConverter.Int64BitsToDouble(_content);

    /// <summary>Address of the text or blob.</summary>
    public byte* Start => (byte*)_content;

    /// <summary>The text, in the database's encoding, or the blob.</summary>
    public ReadOnlySpan<byte> Bytes => new(Start, Length);

    /// <summary>Reads a value of the current row of the statement <paramref name="row"/>.</summary>
    public static StoredValue Read(nint row, int column)
    {
        var type = sqlite3_column_type(row, column);
        switch (type)
        {
            case TypeInteger:
                return new(type, sqlite3_column_int64(row, column), 0);
            case TypeFloat:
                return new(type, BitConverter.DoubleToInt64Bits(sqlite3_column_double(row, column)), 0);
            case TypeText or TypeBlob:
                // Text is read as a blob, too, so that SQLite neither converts nor copies it.
                var bytes = sqlite3_column_blob(row, column);
                return new(type, (nint)bytes, sqlite3_column_bytes(row, column));
            default:
                return new(TypeNull, 0, 0);
        }
    }
}
