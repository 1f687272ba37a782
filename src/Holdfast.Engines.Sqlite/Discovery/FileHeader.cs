using System.Buffers.Binary;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>The first 100 bytes of a file (https://sqlite.org/fileformat2.html#the_database_header).</summary>
/// <param name="IsUnencrypted">Whether it begins as an unencrypted SQLite database.</param>
/// <param name="PageSize">Bytes in a page; 0 where the field makes no sense.</param>
/// <param name="ChangeCounter">Counts commits in rollback mode; in WAL mode not each.</param>
/// <param name="IsWal">Whether it is in WAL mode; without meaning where it is not plain.</param>
internal readonly record struct FileHeader(bool IsUnencrypted, int PageSize, uint ChangeCounter, bool IsWal)
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 100;

    /// <summary>The smallest file that is a database: one page of the smallest size.</summary>
    public const int SmallestDatabase = 512;

    // Of 100 random bytes some 83 are different, give or take 4, and 50 are above 127, give or take 5. Texts have few
    // of those, other formats many zeros.
    private const int MinDistinctBytes = 65;
    private const int MinHighBytes = 25;

    /// <summary>Whether its bytes look random, as those of an encrypted database do.</summary>
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

    /// <summary>Reads the header from its bytes.</summary>
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
