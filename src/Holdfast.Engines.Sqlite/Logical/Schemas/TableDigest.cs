using System.Globalization;
using System.IO.Hashing;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>
/// Computes a digest of the rows of a table: every value counts, with its storage class. docs/format.md specifies what
/// is hashed. The digest is the sum of the rows' hashes, so their order does not count: a damaged file may store them
/// out of order, and a restored one does not.
/// </summary>
internal sealed unsafe class TableDigest
{
    /// <summary>Prefix of the fingerprint keys that are digests.</summary>
    public const string Prefix = "values:";

    private const int NumberBytes = 1 + sizeof(long);
    private const int LengthBytes = 1 + sizeof(int);
    private readonly XxHash128 _long = new();
    private readonly byte[] _buffer = new byte[16 * 1024];
    private bool _isLong;
    private UInt128 _sum;

    /// <summary>
    /// Returns the fingerprint key of a table's digest. SQLite ignores the case of the letters A to Z in names.
    /// </summary>
    public static string GetFingerprintKey(string table) => Prefix + string.Create(table.Length, table, (lower, name) =>
        {
            for (var i = 0; i < name.Length; i++)
            {
                lower[i] = char.IsAsciiLetterUpper(name[i]) ? (char)(name[i] | 0x20) : name[i];
            }
        });

    /// <summary>Adds a row.</summary>
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
                            _long.Append(value.Bytes); // read directly from SQLite's memory, however long it is
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

    /// <summary>Returns the digest of the added rows as hexadecimal digits, and resets.</summary>
    public string Finish()
    {
        var text = _sum.ToString("x32", CultureInfo.InvariantCulture);
        _sum = 0;
        return text;
    }

    // A row that does not fit into the buffer is hashed in segments.
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
