using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Logical.Schemas;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

public sealed class TableDigestTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("t(a)", "(1)", "(1.0)")]
    [InlineData("t(a)", "(1)", "('1')")]
    [InlineData("t(a)", "('1')", "(x'31')")]
    [InlineData("t(a)", "('')", "(NULL)")]
    [InlineData("t(a)", "('')", "(x'')")]
    [InlineData("t(a)", "(0)", "(NULL)")]
    [InlineData("t(a)", "(0.0)", "(-0.0)")]
    [InlineData("t(a)", "(9e999)", "(-9e999)")]
    [InlineData("t(a)", "(0.1)", "(0.10000000000000002)")]
    [InlineData("t(a)", "('a')", "(char(97,0))")]
    [InlineData("t(a)", "(CAST(x'61ff' AS TEXT))", "(CAST(x'61fe' AS TEXT))")]
    [InlineData("t(a)", "('b'),('b')", "('b')")]
    [InlineData("t(a)", "(1),(2)", "(2),(1)")] // other rowids
    [InlineData("t(a, b)", "('ab','c')", "('a','bc')")]
    [InlineData("t(a, b)", "(1,2),(3,4)", "(1,4),(3,2)")]
    [InlineData("t(a, b)", "(NULL,1)", "(1,NULL)")]
    [InlineData("t(a, b)", "(zeroblob(40000),'a')", "(zeroblob(40000),'b')")]
    [InlineData("t(a, b)", "(zeroblob(40000),zeroblob(20))", "(zeroblob(20),zeroblob(40000))")]
    [InlineData("t(k PRIMARY KEY, b) WITHOUT ROWID", "(1,'x')", "(1,'y')")]
    public void Different_values_have_different_digests(string table, string left, string right)
    {
        foreach (var encoding in (string[])["UTF-8", "UTF-16le", "UTF-16be"])
        {
            Assert.NotEqual(Digest(table, left, encoding), Digest(table, right, encoding));
        }
    }

    [Theory]
    [InlineData("t(a REAL)", "(1),(2)", "(1.0),(2.0)")] // a REAL column may store them as integers
    [InlineData("t(a)", "(0.0/0.0)", "(NULL)")] // SQLite stores no NaN
    [InlineData("t(k INTEGER PRIMARY KEY, b)", "(1,'x'),(2,'y')", "(2,'y'),(1,'x')")]
    [InlineData("t(k PRIMARY KEY, b) WITHOUT ROWID", "(1,'x'),(2,'y')", "(2,'y'),(1,'x')")]
    public void Equal_values_have_equal_digests(string table, string left, string right) =>
        Assert.Equal(Digest(table, left), Digest(table, right));

    [Fact]
    public void Generated_columns_do_not_count() =>
        Assert.Equal(Digest("t(a, b AS (a + 1), c AS (a + 2) STORED)", "(1)", columns: "(a)"), Digest("t(a)", "(1)"));

    [Theory]
    [InlineData(3)]
    [InlineData(16_300)]
    [InlineData(16_384)]
    [InlineData(100_000)]
    public void The_digest_follows_the_format(int length)
    {
        var text = new string('x', length);
        var expected = UInt128.Zero;
        for (var row = 1L; row <= 2; row++)
        {
            using var bytes = new MemoryStream();
            Integer(1, row); // the rowid
            Integer(1, -row);
            Integer(2, BitConverter.DoubleToInt64Bits(1.5));
            Value(3, Encoding.UTF8.GetBytes(text));
            Value(4, [0, 255]);
            bytes.WriteByte(5);
            expected = unchecked(expected + XxHash128.HashToUInt128(bytes.ToArray()));

            void Integer(byte type, long value)
            {
                Span<byte> number = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(number, value);
                bytes.WriteByte(type);
                bytes.Write(number);
            }

            void Value(byte type, byte[] value)
            {
                Span<byte> number = stackalloc byte[4];
                BinaryPrimitives.WriteInt32LittleEndian(number, value.Length);
                bytes.WriteByte(type);
                bytes.Write(number);
                bytes.Write(value);
            }
        }

        Assert.Equal(
            expected.ToString("x32", CultureInfo.InvariantCulture),
            Digest("t(a, b, c, d, e)", $"(-1,1.5,'{text}',x'00ff',NULL),(-2,1.5,'{text}',x'00ff',NULL)")
        );
    }

    [Fact]
    public void The_algorithm_stays_the_same() => Assert.Equal("51d4cc5d35c962cb0b682ee73e6a1ee2", Digest("t(a, b)", "(1,'x'),(NULL,2.5)"));

    [Theory]
    [InlineData("orders", "values:orders")]
    [InlineData("ORDERS ÄÖ\"", "values:orders ÄÖ\"")]
    public void Tables_are_named_as_SQLite_compares_names(string table, string fact) =>
        Assert.Equal(fact, TableDigest.GetFingerprintKey(table));

    private string Digest(string table, string rows, string encoding = "UTF-8", string columns = "")
    {
        using var connection = Sandbox.Open(
            _sandbox.Create($"PRAGMA encoding='{encoding}'; CREATE TABLE {table}; INSERT INTO t{columns} VALUES {rows}")
        );
        var shape = TableInfo.Read(connection, "t", table.EndsWith("WITHOUT ROWID", StringComparison.Ordinal));
        using var select = connection.Prepare(shape.SelectSql);
        var digest = new TableDigest();
        var row = new StoredRow(select, shape.ValueCount, digest);
        while (row.MoveNext())
        {
            Assert.True(shape.ValueCount > 0);
        }
        return digest.Finish();
    }
}
