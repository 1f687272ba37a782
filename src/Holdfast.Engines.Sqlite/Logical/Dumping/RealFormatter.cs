using System.Buffers.Text;
using System.Globalization;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Formats doubles as SQL that every SQLite since 3.0 reads back bit for bit. SQLite's own parser is not exact: before
/// 3.43 it computes in 80 bits and rounds twice, later versions use pairs of doubles. So the shortest decimal form is
/// used only if it is clearly off the midpoint between two doubles; otherwise 18 digits are written, and below 1e-290,
/// where no number of digits helps, an exact quotient of powers of two.
/// </summary>
internal static unsafe class RealFormatter
{
    /// <summary>Maximum length of a formatted double in bytes.</summary>
    public const int MaxLength = 512;

    private const double Smallest = 1e-290;

    /// <summary>
    /// Writes <paramref name="value"/> to <paramref name="output"/>, which must have room for <see cref="MaxLength"/>
    /// bytes; returns the end.
    /// </summary>
    public static byte* Write(byte* output, double value)
    {
        if (double.IsNegative(value) && !double.IsNaN(value))
        {
            *output++ = (byte)'-';
            value = -value;
        }

        if (value == 0)
        {
            return Copy(output, "0.0"u8);
        }
        if (double.IsInfinity(value))
        {
            return Copy(output, "9e999"u8);
        }
        if (double.IsNaN(value))
        {
            return Copy(output, "NULL"u8);
        }
        if (value is >= 1e-4 and < 1e9 && WriteFixed(ref output, value))
        {
            return output;
        }
        if (value < Smallest)
        {
            return WriteQuotient(output, value);
        }
        value.TryFormat(new Span<byte>(output, 32), out var length, default, CultureInfo.InvariantCulture);
        var (digits, exponent, isReal) = Read(new(output, length));
        if (!PowersOfTen.RoundTrips(digits, exponent, value))
        {
            value.TryFormat(new Span<byte>(output, 32), out length, "E17", CultureInfo.InvariantCulture);
            isReal = true;
        }

        output += length;
        return isReal ? output : Copy(output, ".0"u8);
    }

    // Whole numbers and numbers with up to 6 decimals: most columns contain only these.
    private static bool WriteFixed(ref byte* output, double value)
    {
        var scaled = Math.Round(value * 1e6);
        if (scaled / 1e6 != value)
        {
            return false;
        }
        var digits = (ulong)scaled;
        if (!PowersOfTen.RoundTrips(digits, -6, value))
        {
            return false;
        }
        var (whole, fraction) = Math.DivRem(digits, 1_000_000UL);
        Utf8Formatter.TryFormat(whole, new Span<byte>(output, 24), out var length);
        output += length;
        *output++ = (byte)'.';
        var decimals = 6;
        for (; decimals > 1 && fraction % 10 == 0; decimals--)
        {
            fraction /= 10;
        }
        for (var i = decimals - 1; i >= 0; i--, fraction /= 10)
        {
            output[i] = (byte)('0' + (fraction % 10));
        }
        output += decimals;
        return true;
    }

    private static byte* WriteQuotient(byte* output, double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var field = (int)(bits >> 52);
        var mantissa = (bits & ((1UL << 52) - 1)) | (field == 0 ? 0 : 1UL << 52);
        var halvings = 1075 - Math.Max(field, 1);
        *output++ = (byte)'(';
        Utf8Formatter.TryFormat(mantissa, new Span<byte>(output, 24), out var length);
        output = Copy(output + length, ".0"u8);
        for (; halvings >= 53; halvings -= 53)
        {
            output = Copy(output, "/9007199254740992.0"u8);
        }
        if (halvings > 0)
        {
            *output++ = (byte)'/';
            Utf8Formatter.TryFormat(1UL << halvings, new Span<byte>(output, 24), out length);
            output = Copy(output + length, ".0"u8);
        }

        *output++ = (byte)')';
        return output;
    }

    private static (ulong Digits, int Exponent, bool IsReal) Read(ReadOnlySpan<byte> text)
    {
        var digits = 0UL;
        var exponent = 0;
        var point = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'.':
                    point = true;
                    break;
                case (byte)'E':
                    Utf8Parser.TryParse(text[(i + 1)..], out int parsedExponent, out _);
                    return (digits, exponent + parsedExponent, true);
                default:
                    digits = (digits * 10) + (ulong)(text[i] - '0');
                    if (point)
                    {
                        exponent--;
                    }
                    break;
            }
        }

        return (digits, exponent, point);
    }

    private static byte* Copy(byte* output, ReadOnlySpan<byte> text)
    {
        text.CopyTo(new Span<byte>(output, text.Length));
        return output + text.Length;
    }
}
