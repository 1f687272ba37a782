using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Reads a log that no process has open, by the rules of SQLite's recovery: salts and checksums must be valid, up to
/// the last commit. Checksums cover the stored bytes, so no key is needed.
/// </summary>
internal static class WalScanner
{
    /// <summary>Reads the log of <paramref name="database"/>; null if there is none or it contains no commit.</summary>
    public static ulong[]? TryRead(DatabaseFile database, out WalHeader header, CancellationToken cancellationToken)
    {
        header = default;
        if (database.GetSideFileStatus("-wal") is not { IsRegular: true, Size: > WalPages.FileHeaderBytes })
        {
            return null;
        }
        using var file = WalPages.OpenFile(database, "-wal");
        Span<byte> fileHeader = stackalloc byte[WalPages.FileHeaderBytes];
        if (RandomAccess.Read(file, fileHeader, 0) != fileHeader.Length)
        {
            return null;
        }
        var magic = BinaryPrimitives.ReadUInt32BigEndian(fileHeader);
        var pageSize = (int)BinaryPrimitives.ReadUInt32BigEndian(fileHeader[8..]);
        if (magic is not (0x377f0682 or 0x377f0683) || BinaryPrimitives.ReadUInt32BigEndian(fileHeader[4..]) != 3007000)
        {
            return null;
        }
        if (pageSize is < 512 or > 65536 || !int.IsPow2(pageSize))
        {
            return null;
        }
        var bigEndian = (magic & 1) != 0;
        var sum = Add(default, fileHeader[..24], bigEndian);
        if (!Equals(sum, fileHeader[24..]))
        {
            return null;
        }

        var salts = BinaryPrimitives.ReadUInt64LittleEndian(fileHeader[16..]);
        var frames = new List<ulong>();
        var committed = 0;
        var frameBytes = WalPages.FrameHeaderBytes + pageSize;
        var buffer = new byte[Math.Max(1, (1 << 20) / frameBytes) * frameBytes];
        for (long offset = WalPages.FileHeaderBytes; ; )
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = RandomAccess.Read(file, buffer, offset);
            var whole = read / frameBytes;
            for (var i = 0; i < whole; i++)
            {
                var frame = buffer.AsSpan(i * frameBytes, frameBytes);
                var page = BinaryPrimitives.ReadUInt32BigEndian(frame);
                if (BinaryPrimitives.ReadUInt64LittleEndian(frame[8..]) != salts || page == 0)
                {
                    return TakeCommitted(frames, committed);
                }
                sum = Add(Add(sum, frame[..8], bigEndian), frame[WalPages.FrameHeaderBytes..], bigEndian);
                if (!Equals(sum, frame[16..]))
                {
                    return TakeCommitted(frames, committed);
                }
                frames.Add(((ulong)page << 32) | (uint)(frames.Count + 1));
                var size = BinaryPrimitives.ReadUInt32BigEndian(frame[4..]);
                if (size == 0)
                {
                    continue; // not the last frame of a commit
                }
                committed = frames.Count;
                header = new(pageSize, (uint)committed, size, ((ulong)sum.First << 32) | sum.Second, salts, true);
            }

            if (whole == 0)
            {
                return TakeCommitted(frames, committed);
            }
            offset += (long)whole * frameBytes;
        }
    }

    private static ulong[]? TakeCommitted(List<ulong> frames, int committed) => committed == 0 ? null : frames[..committed].ToArray();

    private static bool Equals((uint First, uint Second) sum, ReadOnlySpan<byte> stored) =>
        BinaryPrimitives.ReadUInt32BigEndian(stored) == sum.First && BinaryPrimitives.ReadUInt32BigEndian(stored[4..]) == sum.Second;

    private static (uint First, uint Second) Add((uint First, uint Second) sum, ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        var (first, second) = sum;
        var words = MemoryMarshal.Cast<byte, uint>(bytes);
        var swap = bigEndian == BitConverter.IsLittleEndian;
        for (var i = 0; i + 1 < words.Length; i += 2)
        {
            first += (swap ? BinaryPrimitives.ReverseEndianness(words[i]) : words[i]) + second;
            second += (swap ? BinaryPrimitives.ReverseEndianness(words[i + 1]) : words[i + 1]) + first;
        }

        return (first, second);
    }
}
