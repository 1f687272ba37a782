using System.Numerics;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Powers of ten with 64 bits of precision, used to decide whether a decimal number reads back as a given double.
/// </summary>
internal static class PowersOfTen
{
    private const int Lowest = -330;
    private const int Highest = 310;

    // Parsers may be off by this many 2,048ths of the last bit: SQLite before 3.43 computes with 64-bit mantissas and
    // several roundings.
    private const int ErrorMargin = 32;

    private static readonly (ulong Mantissa, int Exponent)[] Powers = [.. Enumerable.Range(Lowest, Highest - Lowest + 1).Select(Power)];

    /// <summary>
    /// Whether digits × 10^exponent is so close to <paramref name="value"/> (positive) that every version of SQLite,
    /// whose parsers round more than once, reads exactly that double.
    /// </summary>
    public static bool RoundTrips(ulong digits, int exponent, double value)
    {
        if (exponent is < -307 or > Highest || digits == 0)
        {
            return false; // for smaller ones, SQLite before 3.43 scales with an inexact 1e308
        }
        var (mantissa, power) = Powers[exponent - Lowest];
        var zeros = BitOperations.LeadingZeroCount(digits);
        var high = Math.BigMul(digits << zeros, mantissa, out var low);
        var binary = power + 64 - zeros;
        if ((long)high >= 0)
        {
            high = (high << 1) | (low >> 63);
            binary--;
        }

        var rest = (int)(high & 2047);
        if (Math.Abs(rest - 1024) <= ErrorMargin)
        {
            return false; // nearly halfway between two doubles
        }
        var rounded = (high >> 11) + (rest > 1024 ? 1UL : 0);
        var biased = binary + 11 + 1075; // exponent field for a 53-bit mantissa
        if (rounded >> 53 != 0)
        {
            rounded >>= 1;
            biased++;
        }

        return biased is > 0 and < 2047
            && (((ulong)biased << 52) | (rounded & ((1UL << 52) - 1))) == BitConverter.DoubleToUInt64Bits(value);
    }

    private static (ulong Mantissa, int Exponent) Power(int exponent)
    {
        const int Scale = 1300; // in bits, enough to keep 64 significant ones of 1/10^330
        var number = exponent >= 0 ? BigInteger.Pow(10, exponent) << Scale : (BigInteger.One << Scale) / BigInteger.Pow(10, -exponent);
        var surplus = (int)number.GetBitLength() - 64;
        var rounded = (number + (BigInteger.One << (surplus - 1))) >> surplus;
        if (rounded.GetBitLength() > 64)
        {
            rounded >>= 1;
            surplus++;
        }

        return ((ulong)rounded, surplus - Scale);
    }
}
