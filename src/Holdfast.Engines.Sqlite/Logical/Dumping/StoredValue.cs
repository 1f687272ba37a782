using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>A value of a row with its storage class. Its bytes lie where SQLite holds them, until the next step.</summary>
internal readonly unsafe struct StoredValue
{
    private readonly long _content;
    private readonly int _length;
    private readonly int _type;

    private StoredValue(int type, long content, int length) => (_type, _content, _length) = (type, content, length);

    /// <summary>Storage class, one of <c>SqliteConstants.Type…</c>.</summary>
    public int Type => _type;

    /// <summary>Bytes of a text or blob.</summary>
    public int Length => _length;

    /// <summary>An integer, or the 64 bits of a floating-point number.</summary>
    public long Bits => _content;

    /// <summary>A floating-point number.</summary>
    public double Real => BitConverter.Int64BitsToDouble(_content);

    /// <summary>Where a text or blob begins.</summary>
    public byte* Start => (byte*)_content;

    /// <summary>A text, in the database's encoding, or a blob.</summary>
    public ReadOnlySpan<byte> Bytes => new(Start, Length);

    /// <summary>Reads one of the row that the statement <paramref name="row"/> is at.</summary>
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
                // For texts too: asked for as a blob, SQLite converts nothing and copies nothing.
                var bytes = sqlite3_column_blob(row, column);
                return new(type, (nint)bytes, sqlite3_column_bytes(row, column));
            default:
                return new(TypeNull, 0, 0);
        }
    }
}
