using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// The wal-index: shared memory that says which page each frame of the write-ahead log contains
/// (https://sqlite.org/walformat.html). It belongs to the owner of the database, who may shrink it at any time, so it
/// is never read in place but copied by the kernel.
/// </summary>
internal static unsafe class WalIndex
{
    /// <summary>Size of a region, the unit of mapping, in bytes.</summary>
    public const int RegionBytes = 32768;

    /// <summary>Size of each of the two copies of the header, in bytes.</summary>
    public const int HeaderBytes = 48;

    /// <summary>
    /// Maximum number of regions that are mapped: a process has 65,530 mappings, and this many frames are a log of
    /// about 16 GB.
    /// </summary>
    public const int MaxRegions = 1024;

    private const int BackfillOffset = 96;
    private const int FirstTableOffset = 136;
    private const int FramesInFirst = 4062;
    private const int FramesInOthers = 4096;

    /// <summary>Number of frames in <see cref="MaxRegions"/>.</summary>
    public const uint MaxFrames = FramesInFirst + ((MaxRegions - 1) * FramesInOthers);

    /// <summary>Maps a region; returns a result code, and null if the region does not exist.</summary>
    public delegate int Mapper(int index, out byte* region);

    /// <summary>Reads the header; returns false while a writer is changing it, or if it no longer exists.</summary>
    /// <param name="region">The first region.</param>
    /// <param name="header">The header.</param>
    /// <param name="copied">Number of frames that a checkpoint has already copied to the main file.</param>
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

    /// <summary>
    /// Returns the page number of each frame from 1 to <paramref name="frameCount"/>; null if the index does not reach
    /// that far.
    /// </summary>
    /// <param name="map">Maps a region.</param>
    /// <param name="frameCount">
    /// The frame count in the header. It is trusted only as far as <paramref name="containsFrame"/> confirms it.
    /// </param>
    /// <param name="containsFrame">
    /// Whether the log contains the frame of that number. Called for the last frame of each region before memory is
    /// allocated for the region.
    /// </param>
    public static ulong[]? ReadFrames(Mapper map, uint frameCount, Func<uint, bool> containsFrame)
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
            var tableBytes = bytes[..(count * sizeof(uint))];
            if (
                !containsFrame((uint)(frames.Count + count))
                || !GuardedMemory.TryCopy(region + (index == 0 ? FirstTableOffset : 0), tableBytes)
            )
            {
                return null;
            }
            foreach (var page in MemoryMarshal.Cast<byte, uint>(tableBytes))
            {
                frames.Add(((ulong)page << 32) | (uint)(frames.Count + 1));
            }
        }

        return [.. frames];
    }
}
