using System.Globalization;
using Holdfast.Engines.Sqlite.Logical.Dumping;

namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>
/// Reads the literals of an INSERT statement in the forms that <see cref="ValueWriter"/> writes, and no others. Texts
/// and blobs are decoded in place, since no form is shorter than its value.
/// </summary>
internal unsafe ref struct LiteralReader(byte* start, byte* end)
{
    private const long MaxDigits = 1_000_000_000_000_000_000;

    private static readonly double[] ExactPowers =
    [
        .. Enumerable.Range(0, 23).Select(power => double.Parse($"1e{power}", CultureInfo.InvariantCulture)),
    ];

    /// <summary>The current position.</summary>
    public byte* At { get; private set; } = start;

    /// <summary>Consumes <paramref name="text"/> if it is at the current position.</summary>
    public bool TryTake(ReadOnlySpan<byte> text)
    {
        if (!new ReadOnlySpan<byte>(At, (int)(end - At)).StartsWith(text))
        {
            return false;
        }
        At += text.Length;
        return true;
    }

    /// <summary>Reads one value; returns false if it has no known form.</summary>
    public bool TryRead(out Literal literal)
    {
        literal = default;
        if (At == end)
        {
            return false;
        }
        switch (*At)
        {
            case (byte)'\'':
                return TryString(ref literal);
            case (byte)'x':
                At++;
                return TryHex(ref literal, LiteralKind.Blob);
            case (byte)'N':
                return TryTake("NULL"u8);
            case (byte)'C':
                return TryTake("CAST(x"u8) && TryHex(ref literal, LiteralKind.CastText) && TryTake(" AS TEXT)"u8);
            case (byte)'r':
                return TryReplace(ref literal);
            default:
                return TryNumber(ref literal);
        }
    }

    private bool TryReplace(ref Literal literal)
    {
        if (!TryTake("replace("u8) || !TryString(ref literal) || !TryTake(",char("u8) || At == end)
        {
            return false;
        }
        var substitute = (byte)(*At++ - '0');
        if (substitute is < 1 or > 8 || !TryTake("),char(13))"u8))
        {
            return false;
        }
        new Span<byte>(literal.Bytes, literal.Length).Replace(substitute, (byte)'\r');
        return true;
    }

    private bool TryString(ref Literal literal)
    {
        if (At == end || *At != '\'')
        {
            return false;
        }
        var output = ++At;
        var length = 0;
        literal = new() { Kind = LiteralKind.Text, Bytes = output };
        while (true)
        {
            var run = new ReadOnlySpan<byte>(At, (int)(end - At)).IndexOf((byte)'\'');
            if (run < 0)
            {
                return false;
            }
            if (output + length != At)
            {
                Buffer.MemoryCopy(At, output + length, run, run);
            }
            length += run;
            At += run + 1;
            if (At == end || *At != '\'')
            {
                break;
            }
            output[length++] = (byte)'\'';
            At++;
        }

        literal.Length = length;
        return true;
    }

    private bool TryHex(ref Literal literal, LiteralKind kind)
    {
        if (!TryTake("'"u8))
        {
            return false;
        }
        var run = new ReadOnlySpan<byte>(At, (int)(end - At)).IndexOf((byte)'\'');
        if (run < 0 || run % 2 != 0)
        {
            return false;
        }
        literal = new()
        {
            Kind = kind,
            Bytes = At,
            Length = run / 2,
        };
        var decoded = stackalloc byte[512]; // the decoder does not support overlapping spans
        for (var done = 0; done < run; )
        {
            var piece = Math.Min(run - done, 1024);
            if (
                Convert.FromHexString(new ReadOnlySpan<byte>(At + done, piece), new Span<byte>(decoded, 512), out _, out var bytes)
                != System.Buffers.OperationStatus.Done
            )
            {
                return false;
            }
            Buffer.MemoryCopy(decoded, literal.Bytes + (done / 2), bytes, bytes);
            done += piece;
        }

        At += run + 1;
        return true;
    }

    private bool TryNumber(ref Literal literal)
    {
        var negative = TryTake("-"u8);
        if (At < end && *At == '(')
        {
            return TryQuotient(ref literal, negative);
        }
        var first = At;
        long digits = 0;
        var scale = 0;
        var isReal = false;
        for (; At < end; At++)
        {
            var b = *At;
            if (b is >= (byte)'0' and <= (byte)'9')
            {
                if (digits < MaxDigits)
                {
                    digits = (digits * 10) + (b - '0');
                }
                else
                {
                    scale = int.MinValue / 2; // too long for the fast path
                }
                if (isReal)
                {
                    scale++;
                }
            }
            else if (b == '.' && !isReal)
            {
                isReal = true;
            }
            else
            {
                break;
            }
        }

        if (At == first)
        {
            return false;
        }
        var exponent = At < end && *At is (byte)'E' or (byte)'e';
        if (isReal && !exponent && scale is >= 0 and <= 22 && digits < 1L << 53)
        {
            var real = digits / ExactPowers[scale];
            literal = new() { Kind = LiteralKind.Real, Real = negative ? -real : real };
            return true;
        }

        while (At < end && *At is (>= (byte)'0' and <= (byte)'9') or (byte)'E' or (byte)'e' or (byte)'+' or (byte)'-' or (byte)'.')
        {
            At++;
        }
        var text = new ReadOnlySpan<byte>(first, (int)(At - first));
        if (!isReal && !exponent)
        {
            if (
                !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number > (negative ? 1UL << 63 : long.MaxValue)
            )
            {
                return false;
            }
            literal = new() { Kind = LiteralKind.Integer, Integer = negative ? (long)(0 - number) : (long)number };
            return true;
        }

        if (
            !double.TryParse(
                text,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out var parsed
            )
        )
        {
            return false;
        }
        literal = new() { Kind = LiteralKind.Real, Real = negative ? -parsed : parsed };
        return true;
    }

    // (m.0/2^53.0/…/2^n.0), each step exact.
    private bool TryQuotient(ref Literal literal, bool negative)
    {
        At++;
        if (!TryNumber(ref literal) || literal.Kind != LiteralKind.Real)
        {
            return false;
        }
        var real = literal.Real;
        while (TryTake("/"u8))
        {
            if (!TryNumber(ref literal) || literal.Kind != LiteralKind.Real)
            {
                return false;
            }
            real /= literal.Real;
        }

        literal.Real = negative ? -real : real;
        return TryTake(")"u8);
    }
}
