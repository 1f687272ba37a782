using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// The wal-index, shared memory that says which page each frame of the write-ahead log holds
/// (https://sqlite.org/walformat.html). It belongs to whoever
/// owns the database, who may shrink it at any time: it is never read where it lies, but copied by the kernel.
/// </summary>
internal static unsafe class WalIndex
{
    /// <summary>Bytes in a region, the unit of mapping.</summary>
    public const int RegionBytes = 32768;

    /// <summary>Bytes in each of the two copies of the header.</summary>
    public const int HeaderBytes = 48;

    /// <summary>More regions are not mapped: a process has 65,530 mappings, and so many frames make a log of some 16 GB.</summary>
    public const int MaxRegions = 1024;

    private const int BackfillOffset = 96;
    private const int FirstTableOffset = 136;
    private const int FramesInFirst = 4062;
    private const int FramesInOthers = 4096;

    /// <summary>Frames that <see cref="MaxRegions"/> hold.</summary>
    public const uint MaxFrames = FramesInFirst + ((MaxRegions - 1) * FramesInOthers);

    /// <summary>Maps a region; returns a result code, and null where the region does not exist.</summary>
    public delegate int Mapper(int index, out byte* region);

    /// <summary>Reads the header as all see it; false while a writer is changing it, or where it is gone.</summary>
    /// <param name="region">The first region.</param>
    /// <param name="header">What it says.</param>
    /// <param name="copied">Frames that lie in the main file too.</param>
    public static bool TryReadHeader(byte* region, out WalHeader header, out uint copied)
    {
        Span<byte> bytes = stackalloc byte[BackfillOffset + sizeof(uint)];
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (!GuardedMemory.TryCopy(region, bytes))
            {
                break;
            }
            if (!bytes[..HeaderBytes].SequenceEqual(bytes.Slice(HeaderBytes, HeaderBytes)))
            {
                continue;
            }
            header = WalHeader.Parse(bytes[..HeaderBytes]);
            copied = MemoryMarshal.Read<uint>(bytes[BackfillOffset..]);
            return true;
        }

        (header, copied) = (default, 0);
        return false;
    }

    /// <summary>The page number of each frame from 1 to <paramref name="frameCount"/>; null where the index does not go that far.</summary>
    /// <param name="map">Maps a region.</param>
    /// <param name="frameCount">What the header says. It is believed as far as <paramref name="isThere"/> bears it out.</param>
    /// <param name="isThere">
    /// Whether the log holds a frame of that number; asked for the last one of each region, before room is made for
    /// what follows.
    /// </param>
    public static ulong[]? ReadFrames(Mapper map, uint frameCount, Func<uint, bool> isThere)
    {
        var frames = new List<ulong>();
        Span<byte> bytes = stackalloc byte[FramesInOthers * sizeof(uint)];
        for (var index = 0; frames.Count < frameCount; index++)
        {
            if (index == MaxRegions || map(index, out var region) != SqliteConstants.Ok || region is null)
            {
                return null;
            }
            var count = (int)Math.Min(frameCount - (uint)frames.Count, (uint)(index == 0 ? FramesInFirst : FramesInOthers));
            var part = bytes[..(count * sizeof(uint))];
            if (!isThere((uint)(frames.Count + count)) || !GuardedMemory.TryCopy(region + (index == 0 ? FirstTableOffset : 0), part))
            {
                return null;
            }
            foreach (var page in MemoryMarshal.Cast<byte, uint>(part))
            {
                frames.Add(((ulong)page << 32) | (uint)(frames.Count + 1));
            }
        }

        return [.. frames];
    }
}
