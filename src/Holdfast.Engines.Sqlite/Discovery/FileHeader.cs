using System.Buffers.Binary;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>The first 100 bytes of a file (https://sqlite.org/fileformat2.html#the_database_header).</summary>
/// <param name="IsUnencrypted">Whether the file begins as an unencrypted SQLite database.</param>
/// <param name="PageSize">Bytes per page; 0 if the field is not valid.</param>
/// <param name="ChangeCounter">Counts commits in rollback mode; in WAL mode it does not count every commit.</param>
/// <param name="IsWal">Whether the database is in WAL mode; undefined if it is encrypted.</param>
internal readonly record struct FileHeader(bool IsUnencrypted, int PageSize, uint ChangeCounter, bool IsWal)
{
    /// <summary>Length of the header in bytes.</summary>
    public const int Length = 100;

    /// <summary>Size of the smallest possible database in bytes: one page of the smallest size.</summary>
    public const int SmallestDatabase = 512;

    // 100 random bytes have about 83 distinct values (± 4), and about 50 of them are above 127 (± 5). Text has few high
    // bytes, other formats have many zeros.
    private const int MinDistinctBytes = 65;
    private const int MinHighBytes = 25;

    /// <summary>Whether the bytes look random, like those of an encrypted database.</summary>
    public bool LooksRandom { get; init; }

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>Reads the header of <paramref name="path"/>; returns SQLite's result code.</summary>
    public static int TryRead(string path, out FileHeader header)
    {
        header = default;
        var code = VfsFile.TryOpen(path, out var file);
        if (file is null)
        {
            return code;
        }
        using (file)
        {
            Span<byte> bytes = stackalloc byte[Length];
            code = file.TryRead(0, bytes);
            if (code == SqliteConstants.Ok)
            {
                header = Parse(bytes);
            }
            return code;
        }
    }

    /// <summary>Parses the header.</summary>
    public static FileHeader Parse(ReadOnlySpan<byte> bytes)
    {
        int size = BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]);
        if (size == 1)
        {
            size = 65536;
        }
        var pageSize = size is >= 512 and <= 65536 && int.IsPow2(size) ? size : 0;
        return new(bytes.StartsWith(Magic), pageSize, BinaryPrimitives.ReadUInt32BigEndian(bytes[24..]), bytes[18] == 2 || bytes[19] == 2)
        {
            LooksRandom = IsRandom(bytes[..Length]),
        };
    }

    private static bool IsRandom(ReadOnlySpan<byte> bytes)
    {
        Span<bool> seen = stackalloc bool[256];
        seen.Clear();
        var (different, high) = (0, 0);
        foreach (var value in bytes)
        {
            if (!seen[value])
            {
                different++;
            }
            seen[value] = true;
            if (value > 127)
            {
                high++;
            }
        }

        return different >= MinDistinctBytes && high >= MinHighBytes && high <= bytes.Length - MinHighBytes;
    }
}
