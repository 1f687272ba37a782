using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Holdfast.Archive.Writing;

/// <summary>
/// Content-defined chunking: splits a stream at boundaries that depend on its content, so that content that moves gives the same parts
/// (Gear hashing with normalized chunking, as in FastCDC, Xia et al. 2016). The same mean gives the same boundaries in every version of the
/// format.
/// </summary>
internal sealed class GearChunker
{
    /// <summary>Minimum mean size of a part, in bytes.</summary>
    public const int SmallestMean = 64 << 10;

    /// <summary>Maximum mean size of a part, in bytes.</summary>
    public const int LargestMean = 16 << 20;

    private static readonly ulong[] Gear = MakeGear();

    private readonly int _min;
    private readonly ulong _strictMask;
    private readonly ulong _looseMask;
    private readonly int _mean;
    private ulong _hash;
    private int _length;

    /// <param name="mean">Mean size of a part: a power of two.</param>
    public GearChunker(int mean)
    {
        var bits = int.Log2(mean);
        (_mean, _min, Max) = (mean, mean / 4, mean * 2);
        _strictMask = Top(bits + 1);
        _looseMask = Top(bits - 1);
    }

    /// <summary>Maximum size of a part, in bytes.</summary>
    public int Max { get; }

    /// <summary>
    /// Returns the mean part size of a chain whose full stream has about <paramref name="bytes"/> bytes: bytes / 32,768, 64 KiB to 16 MiB,
    /// rounded down to a power of two.
    /// </summary>
    public static int MeanFor(long bytes) => 1 << (int)long.Log2(Math.Clamp(bytes / 32_768, SmallestMean, LargestMean));

    /// <summary>Adds bytes to the current part until it ends.</summary>
    /// <returns>The number of bytes added, and whether the part ends after them.</returns>
    public (int Consumed, bool IsEnd) Consume(ReadOnlySpan<byte> bytes)
    {
        var consumed = Math.Min(bytes.Length, Math.Max(0, _min - _length)); // bytes below the minimum are not examined
        var toMean = Math.Min(bytes.Length - consumed, Math.Max(0, _mean - 1 - _length - consumed));
        var scan = FindBoundary(bytes.Slice(consumed, toMean), _strictMask);
        consumed += scan.Consumed;
        if (!scan.IsEnd)
        {
            scan = FindBoundary(bytes[consumed..Math.Min(bytes.Length, Max - _length)], _looseMask);
            consumed += scan.Consumed;
        }

        _length += consumed;
        if (!scan.IsEnd && _length < Max)
        {
            return (consumed, false);
        }
        (_hash, _length) = (0, 0);
        return (consumed, true);
    }

    // The hot loop over every byte of a stream: keeps the hash in a register and processes four bytes per iteration.
    private (int Consumed, bool IsEnd) FindBoundary(ReadOnlySpan<byte> bytes, ulong mask)
    {
        var hash = _hash;
        ref var gear = ref MemoryMarshal.GetArrayDataReference(Gear); // 256 numbers, one for each byte value
        var i = 0;
        for (; i <= bytes.Length - 4; i += 4)
        {
            var first = (hash << 1) + Unsafe.Add(ref gear, bytes[i]);
            var second = (first << 1) + Unsafe.Add(ref gear, bytes[i + 1]);
            var third = (second << 1) + Unsafe.Add(ref gear, bytes[i + 2]);
            hash = (third << 1) + Unsafe.Add(ref gear, bytes[i + 3]);
            if ((first & mask) == 0)
            {
                return (i + 1, true);
            }
            if ((second & mask) == 0)
            {
                return (i + 2, true);
            }
            if ((third & mask) == 0)
            {
                return (i + 3, true);
            }
            if ((hash & mask) == 0)
            {
                return (i + 4, true);
            }
        }

        for (; i < bytes.Length; i++)
        {
            hash = (hash << 1) + Unsafe.Add(ref gear, bytes[i]);
            if ((hash & mask) == 0)
            {
                return (i + 1, true);
            }
        }

        _hash = hash;
        return (i, false);
    }

    private static ulong Top(int bits) => ulong.MaxValue << (64 - bits);

    // SplitMix64 from 0 (Steele, Lea, Flood 2014): 256 fixed numbers without a table in the source.
    private static ulong[] MakeGear()
    {
        var gear = new ulong[256];
        var state = 0UL;
        for (var i = 0; i < gear.Length; i++)
        {
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            gear[i] = z ^ (z >> 31);
        }

        return gear;
    }
}
