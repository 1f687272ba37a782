using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>The wal-index, shared memory that says which page each frame of the write-ahead log holds (https://sqlite.org/walformat.html).</summary>
internal static unsafe class WalIndex
{
    /// <summary>Bytes in a region, the unit of mapping.</summary>
    public const int RegionBytes = 32768;

    /// <summary>Bytes in each of the two copies of the header.</summary>
    public const int HeaderBytes = 48;

    private const int BackfillOffset = 96;
    private const int FirstTableOffset = 136;
    private const int FramesInFirst = 4062;
    private const int FramesInOthers = 4096;

    /// <summary>Maps a region; returns a result code, and null where the region does not exist.</summary>
    public delegate int Mapper(int index, out byte* region);

    /// <summary>Reads the header as all see it; false while a writer is changing it.</summary>
    public static bool TryReadHeader(byte* region, out WalHeader header)
    {
        Span<byte> first = stackalloc byte[HeaderBytes], second = stackalloc byte[HeaderBytes];
        for (var attempt = 0; attempt < 100; attempt++)
        {
            new ReadOnlySpan<byte>(region, HeaderBytes).CopyTo(first);
            Interlocked.MemoryBarrier();
            new ReadOnlySpan<byte>(region + HeaderBytes, HeaderBytes).CopyTo(second);
            if (!first.SequenceEqual(second)) continue;
            header = WalHeader.Parse(first);
            return true;
        }

        header = default;
        return false;
    }

    /// <summary>
    /// Whether frames of this snapshot are still only in the log. The count of copied frames is read before the salts: whoever restarts the
    /// log writes new salts first, so equal salts mean that the count belongs to them.
    /// </summary>
    public static bool HasPendingFrames(byte* region, in WalHeader snapshot)
    {
        var copied = Volatile.Read(ref *(uint*)(region + BackfillOffset));
        Interlocked.MemoryBarrier();
        return copied < snapshot.FrameCount && BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(region + 32, 8)) == snapshot.Salts;
    }

    /// <summary>The page number of each frame from 1 to <paramref name="frameCount"/>; null where the index cannot be mapped that far.</summary>
    public static ulong[]? ReadFrames(Mapper map, uint frameCount)
    {
        var frames = new ulong[frameCount];
        var done = 0u;
        for (var index = 0; done < frameCount; index++)
        {
            if (map(index, out var region) != SqliteConstants.Ok || region is null) return null;
            var count = Math.Min(frameCount - done, (uint)(index == 0 ? FramesInFirst : FramesInOthers));
            var pages = MemoryMarshal.Cast<byte, uint>(new ReadOnlySpan<byte>(region + (index == 0 ? FirstTableOffset : 0), (int)count * 4));
            for (var i = 0; i < pages.Length; i++, done++) frames[done] = ((ulong)pages[i] << 32) | (done + 1);
        }

        return frames;
    }
}
