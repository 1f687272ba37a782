namespace Holdfast.Archive.Writing;

/// <summary>
/// Cuts a stream where its content says so, so that equal content gives equal parts wherever it moves (Gear hashing with normalised
/// chunking, as in FastCDC, Xia et al. 2016). The same mean cuts the same bytes at the same places in every version of the format.
/// </summary>
internal sealed class GearCutter
{
    /// <summary>Smallest mean size of a part.</summary>
    public const int SmallestMean = 64 << 10;

    /// <summary>Largest mean size of a part.</summary>
    public const int LargestMean = 16 << 20;

    private static readonly ulong[] Gear = MakeGear();

    private readonly int _min;
    private readonly ulong _strict;
    private readonly ulong _loose;
    private readonly int _mean;
    private ulong _hash;
    private int _length;

    /// <param name="mean">Mean size of a part: a power of two.</param>
    public GearCutter(int mean)
    {
        var bits = int.Log2(mean);
        (_mean, _min, Max) = (mean, mean / 4, mean * 2);
        _strict = Top(bits + 1);
        _loose = Top(bits - 1);
    }

    /// <summary>Largest part.</summary>
    public int Max { get; }

    /// <summary>The mean part size of a chain whose full stream has about <paramref name="bytes"/> bytes: bytes / 32,768, 64 KiB to 16 MiB, rounded down to a power of two.</summary>
    public static int MeanFor(long bytes) => 1 << (int)long.Log2(Math.Clamp(bytes / 32_768, SmallestMean, LargestMean));

    /// <summary>Takes bytes into the current part until it ends.</summary>
    /// <returns>How many were taken, and whether the part ends behind them.</returns>
    public (int Taken, bool Ends) Take(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, Math.Max(0, _min - _length));
        _length += taken; // below the minimum nothing is looked at
        for (; taken < bytes.Length; taken++)
        {
            _hash = (_hash << 1) + Gear[bytes[taken]];
            _length++;
            if ((_hash & (_length < _mean ? _strict : _loose)) != 0 && _length < Max) continue;
            (_hash, _length) = (0, 0);
            return (taken + 1, true);
        }

        return (taken, false);
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
