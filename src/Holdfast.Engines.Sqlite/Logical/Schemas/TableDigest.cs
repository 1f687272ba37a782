using System.Globalization;
using System.IO.Hashing;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>
/// What tells the rows of a table from others: every value counts, with its storage class. docs/format.md says what is hashed.
/// It is the sum of its rows' hashes, so their order does not count: a damaged file may hold them out of order, and a restored
/// one does not.
/// </summary>
internal sealed unsafe class TableDigest
{
    /// <summary>Begins the names of the facts that are digests.</summary>
    public const string Prefix = "values:";

    private const int NumberBytes = 1 + sizeof(long);
    private const int LengthBytes = 1 + sizeof(int);
    private readonly XxHash128 _long = new();
    private readonly byte[] _buffer = new byte[16 * 1024];
    private bool _isLong;
    private UInt128 _sum;

    /// <summary>The name of the fact that is a table's digest. To SQLite, letters A to Z of a name are the same large and small.</summary>
    public static string GetFingerprintKey(string table) => Prefix + string.Create(table.Length, table, (lower, name) =>
        {
            for (var i = 0; i < name.Length; i++)
            {
                lower[i] = char.IsAsciiLetterUpper(name[i]) ? (char)(name[i] | 0x20) : name[i];
            }
        });

    /// <summary>Takes a row in.</summary>
    public void Add(ReadOnlySpan<StoredValue> row)
    {
        fixed (byte* buffer = _buffer)
        {
            var at = buffer;
            var end = buffer + _buffer.Length;
            foreach (ref readonly var value in row)
            {
                if (end - at < NumberBytes)
                {
                    at = AppendLong(buffer, at);
                }
                *at = (byte)value.Type;
                switch (value.Type)
                {
                    case TypeInteger or TypeFloat:
                        *(long*)(at + 1) = value.Bits;
                        at += NumberBytes;
                        break;
                    case TypeText or TypeBlob:
                        *(int*)(at + 1) = value.Length;
                        at += LengthBytes;
                        if (value.Length > end - at)
                        {
                            at = AppendLong(buffer, at);
                            _long.Append(value.Bytes); // where SQLite holds them, however many they are
                            break;
                        }

                        Buffer.MemoryCopy(value.Start, at, value.Length, value.Length);
                        at += value.Length;
                        break;
                    default:
                        at++;
                        break;
                }
            }

            _sum += _isLong ? EndLong(buffer, at) : XxHash128.HashToUInt128(new(buffer, (int)(at - buffer)));
        }
    }

    /// <summary>The digest of the rows that were taken in, as hexadecimal digits; begins anew.</summary>
    public string Finish()
    {
        var text = _sum.ToString("x32", CultureInfo.InvariantCulture);
        _sum = 0;
        return text;
    }

    // A row that the buffer does not hold is hashed piece by piece.
    private byte* AppendLong(byte* start, byte* end)
    {
        _long.Append(new ReadOnlySpan<byte>(start, (int)(end - start)));
        _isLong = true;
        return start;
    }

    private UInt128 EndLong(byte* start, byte* end)
    {
        AppendLong(start, end);
        var hash = _long.GetCurrentHashAsUInt128();
        _long.Reset();
        _isLong = false;
        return hash;
    }
}
