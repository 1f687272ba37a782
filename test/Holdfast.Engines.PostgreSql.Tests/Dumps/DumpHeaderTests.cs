using System.Buffers.Binary;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Dumps;

namespace Holdfast.Engines.PostgreSql.Tests.Dumps;

/// <summary>
/// Dumps of all versions for servers 13 to 18, composed byte by byte because one machine has only one pg_dump.
/// </summary>
public sealed class DumpHeaderTests
{
    [Theory]
    [InlineData(14, 1)]
    [InlineData(14, 1000)]
    [InlineData(15, 7)]
    [InlineData(16, 3)]
    public void A_dump_is_parsed_in_chunks_of_any_size(int version, int piece)
    {
        var dump = Dump(version);
        var scanner = new DumpScanner();
        for (var at = 0; at < dump.Length; at += piece)
        {
            scanner.Scan(dump.AsSpan(at, Math.Min(piece, dump.Length - at)));
        }
        scanner.Complete();
        Assert.Equal([7, 8, 9, 12], scanner.Header.Objects.Select(o => o.Id));
        Assert.Equal(["SEQUENCE SET", "TABLE DATA", "BLOBS"], scanner.Header.Entries.Select(e => e.Kind));
        Assert.Equal(("s", "t", 3L), (scanner.Header.Entries[1].Schema, scanner.Header.Entries[1].Name, scanner.Header.Entries[1].Rows));
        Assert.Equal(2, scanner.LargeObjects);
        Assert.Equal(Head(version).Length, scanner.Header.Length);
    }

    [Theory]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    public void The_timestamp_is_normalized_and_nothing_else_changes(int version)
    {
        var (dump, later) = (Dump(version, second: 5), Dump(version, second: 6));
        Assert.NotEqual(dump, later);
        DumpHeader.NormalizeTimestamp(dump);
        DumpHeader.NormalizeTimestamp(later);
        Assert.Equal(dump, later);
        var scanner = new DumpScanner();
        scanner.Scan(dump);
        scanner.Complete();
    }

    [Fact]
    public void A_truncated_dump_is_never_accepted_as_complete()
    {
        var dump = Dump(14);
        for (var length = 0; length < dump.Length; length++)
        {
            var scanner = new DumpScanner();
            scanner.Scan(dump.AsSpan(0, length));
            Assert.Equal(ErrorCatalog.Truncated, Assert.Throws<HoldfastException>(scanner.Complete).Error);
        }
    }

    [Fact]
    public void A_damaged_dump_is_rejected_and_never_crashes_the_parser()
    {
        var dump = Dump(15);
        for (var at = 0; at < dump.Length; at++)
        {
            foreach (var value in new byte[] { 0, 1, 127, 255 })
            {
                var damaged = (byte[])dump.Clone();
                damaged[at] = value;
                try
                {
                    var scanner = new DumpScanner();
                    scanner.Scan(damaged);
                    scanner.Complete();
                }
                catch (HoldfastException e)
                {
                    Assert.Contains(e.Error, new[] { ErrorCatalog.Refused, ErrorCatalog.Truncated });
                }
            }
        }
    }

    [Theory]
    [InlineData(5001)] // a chunk per row, as up to version 17
    [InlineData(320)] // chunks that split rows
    public void The_size_of_the_largest_row_is_measured_while_scanning(int chunk)
    {
        var rows = string.Concat(Enumerable.Range(0, 50).Select(i => $"{i}\tx\n")) + new string('y', 5000) + "\n2\tx\n\\.\n\n\n";
        byte[] dump = [.. Head(14), 1, .. Int(9), .. rows.Chunk(chunk).SelectMany(c => Chunk(new string(c))), .. Int(0)];
        const int Piece = 400;
        var scanner = new DumpScanner();
        for (var at = 0; at < dump.Length; at += Piece)
        {
            scanner.Scan(dump.AsSpan(at, Math.Min(Piece, dump.Length - at)));
        }
        Assert.InRange(scanner.Header.Entries.Single(e => e.Kind == TocEntry.TableData).LargestRow, 5000 - (2 * Piece), 5000);
        Assert.Equal(52, scanner.Header.Entries.Single(e => e.Kind == TocEntry.TableData).Rows);
    }

    private static byte[] Dump(int version, int second = 1) =>
        [
            .. Head(version, second),
            1,
            .. Int(9),
            .. Chunk("1\tx\n"),
            .. Chunk("2\t\\N\n3\ty\n"),
            .. Chunk("\\.\n\n\n"),
            .. Int(0),
            3,
            .. Int(12),
            .. Int(70),
            .. Chunk("\n\n"),
            .. Int(0),
            .. Int(71),
            .. Int(0),
            .. Int(0),
        ];

    private static byte[] Head(int version, int second = 1)
    {
        List<byte> bytes = [.. "PGDMP"u8, 1, (byte)version, 0, 4, 8, 1];
        if (version >= 15)
        {
            bytes.Add(0);
        }
        else
        {
            bytes.AddRange(Int(0));
        }
        foreach (var field in new[] { second, 2, 3, 4, 5, 126, 0 })
        {
            bytes.AddRange(Int(field));
        }
        foreach (var text in new[] { "base", "15.1", "15.2" })
        {
            bytes.AddRange(Text(text));
        }
        bytes.AddRange(Int(4));
        bytes.AddRange(Entry(version, 7, "VIEW", "v", false));
        bytes.AddRange(Entry(version, 8, "SEQUENCE SET", "q", false));
        bytes.AddRange(Entry(version, 9, "TABLE DATA", "t", true));
        bytes.AddRange(Entry(version, 12, "BLOBS", "BLOBS", true));
        return [.. bytes];
    }

    private static byte[] Entry(int version, int id, string kind, string name, bool hasData) =>
        [
            .. Int(id),
            .. Int(hasData ? 1 : 0),
            .. Text("1259"),
            .. Text("16384"),
            .. Text(name),
            .. Text(kind),
            .. Int(3),
            .. Text("SELECT 1;"),
            .. Text(null),
            .. Text("COPY"),
            .. Text("s"),
            .. Text(""),
            .. Text("heap"),
            .. version >= 16 ? Int('r') : [],
            .. Text("owner"),
            .. Text("false"),
            .. Text("7"),
            .. Text(null),
            1,
            .. new byte[8],
        ];

    private static byte[] Chunk(string text) => [.. Int(text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Text(string? text) => text is null ? Int(-1) : [.. Int(text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Int(int value)
    {
        var bytes = new byte[5];
        bytes[0] = value < 0 ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), Math.Abs(value));
        return bytes;
    }
}
