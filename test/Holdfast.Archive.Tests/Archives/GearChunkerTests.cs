using Holdfast.Archive.Writing;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>Part boundaries, compared byte by byte with the rule in docs/format.md.</summary>
public sealed class GearChunkerTests
{
    [Theory]
    [InlineData(64 << 10, 1)]
    [InlineData(64 << 10, 2)]
    [InlineData(256 << 10, 3)]
    public void Parts_end_where_the_format_says_for_any_write_sizes(int mean, int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[6 << 20];
        random.NextBytes(bytes.AsSpan(0, 5 << 20)); // and zeros, in which the hash finds no boundary
        var expected = Ends(bytes, mean);
        Assert.True(expected.Count > 10);
        var cutter = new GearChunker(mean);
        var found = new List<int>();
        for (var at = 0; at < bytes.Length; )
        {
            var piece = bytes.AsSpan(at, Math.Min(bytes.Length - at, random.Next(10) == 0 ? random.Next(1, 8) : random.Next(1, 200_000)));
            while (!piece.IsEmpty)
            {
                var (taken, ends) = cutter.Consume(piece);
                at += taken;
                piece = piece[taken..];
                if (ends)
                {
                    found.Add(at);
                }
                else
                {
                    Assert.True(piece.IsEmpty);
                }
            }
        }

        Assert.Equal(expected, found);
    }

    private static List<int> Ends(byte[] bytes, int mean)
    {
        var gear = new ulong[256];
        var state = 0UL;
        for (var i = 0; i < 256; i++)
        {
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            gear[i] = z ^ (z >> 31);
        }

        var bits = int.Log2(mean);
        var ends = new List<int>();
        var (hash, length) = (0UL, 0);
        for (var i = 0; i < bytes.Length; i++)
        {
            length++;
            if (length <= mean / 4)
            {
                continue;
            }
            hash = (hash << 1) + gear[bytes[i]];
            var top = hash >> (64 - (length < mean ? bits + 1 : bits - 1));
            if (top != 0 && length < mean * 2)
            {
                continue;
            }
            ends.Add(i + 1);
            (hash, length) = (0, 0);
        }

        return ends;
    }
}
