using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Holdfast.Archive.Writing;

/// <summary>
/// Cuts a stream where its content says so, so that equal content gives equal parts wherever it moves (Gear hashing with normalised
/// chunking, as in FastCDC, Xia et al. 2016). The same mean cuts the same bytes at the same places in every version of the format.
/// </summary>
internal sealed class GearChunker
{
    /// <summary>Smallest mean size of a part.</summary>
    public const int SmallestMean = 64 << 10;

    /// <summary>Largest mean size of a part.</summary>
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

    /// <summary>Largest part.</summary>
    public int Max { get; }

    /// <summary>
    /// The mean part size of a chain whose full stream has about <paramref name="bytes"/> bytes: bytes / 32,768, 64 KiB
    /// to 16 MiB, rounded down to a power of two.
    /// </summary>
    public static int MeanFor(long bytes) => 1 << (int)long.Log2(Math.Clamp(bytes / 32_768, SmallestMean, LargestMean));

    /// <summary>Takes bytes into the current part until it ends.</summary>
    /// <returns>How many were taken, and whether the part ends behind them.</returns>
    public (int Taken, bool Ends) Consume(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, Math.Max(0, _min - _length)); // below the minimum nothing is looked at
        var toMean = Math.Min(bytes.Length - taken, Math.Max(0, _mean - 1 - _length - taken));
        var looked = FindBoundary(bytes.Slice(taken, toMean), _strictMask);
        taken += looked.Taken;
        if (!looked.Ends)
        {
            looked = FindBoundary(bytes[taken..Math.Min(bytes.Length, Max - _length)], _looseMask);
            taken += looked.Taken;
        }

        _length += taken;
        if (!looked.Ends && _length < Max)
        {
            return (taken, false);
        }
        (_hash, _length) = (0, 0);
        return (taken, true);
    }

    // Each byte of a stream comes by here: nothing but the hash, in a register, and four bytes for each turn.
    private (int Taken, bool Ends) FindBoundary(ReadOnlySpan<byte> bytes, ulong mask)
    {
        var hash = _hash;
        ref var gear = ref MemoryMarshal.GetArrayDataReference(Gear); // 256 numbers, one for each value of a byte
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
