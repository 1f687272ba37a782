using Holdfast.Engines.Sqlite.Logical.Parsing;

namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>Decides which values a column would convert, equally for dumping and for loading.</summary>
internal static class AffinityRules
{
    /// <summary>Whether a column converts this value when it is written.</summary>
    public static unsafe bool WouldConvert(ColumnAffinity affinity, in Literal value) =>
        value.Kind switch
        {
            LiteralKind.Integer => affinity == ColumnAffinity.Text,
            LiteralKind.Real => affinity == ColumnAffinity.Text || (affinity == ColumnAffinity.Numeric && IsWhole(value.Real)),
            LiteralKind.Text or LiteralKind.CastText => affinity is ColumnAffinity.Numeric or ColumnAffinity.Real
                && LooksLikeNumber(new(value.Bytes, value.Length)),
            _ => false,
        };

    /// <summary>Whether a floating-point number is also an integer.</summary>
    public static bool IsWhole(double value) => value is > -9223372036854775808.0 and < 9223372036854775808.0 && value == (long)value;

    /// <summary>
    /// Whether UTF-8 text may be converted to a number: decimal digits surrounded by blanks; anything may follow a NUL.
    /// </summary>
    public static bool LooksLikeNumber(ReadOnlySpan<byte> text)
    {
        var i = 0;
        while (i < text.Length && IsBlank(text[i]))
        {
            i++;
        }
        if (i < text.Length && text[i] is (byte)'+' or (byte)'-')
        {
            i++;
        }
        var digits = SkipDigits(text, ref i);
        if (i < text.Length && text[i] == '.')
        {
            i++;
            digits += SkipDigits(text, ref i);
        }

        if (digits == 0)
        {
            return false;
        }
        if (i < text.Length && text[i] is (byte)'e' or (byte)'E')
        {
            var at = i + 1;
            if (at < text.Length && text[at] is (byte)'+' or (byte)'-')
            {
                at++;
            }
            if (SkipDigits(text, ref at) > 0)
            {
                i = at;
            }
        }

        while (i < text.Length && IsBlank(text[i]))
        {
            i++;
        }
        return i == text.Length || text[i] == 0;
    }

    private static bool IsBlank(byte b) => b is (byte)' ' or (>= 9 and <= 13);

    private static int SkipDigits(ReadOnlySpan<byte> text, ref int i)
    {
        var start = i;
        while (i < text.Length && char.IsAsciiDigit((char)text[i]))
        {
            i++;
        }
        return i - start;
    }
}
