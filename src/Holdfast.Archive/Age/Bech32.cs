using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Holdfast.Archive.Age;

/// <summary>Bech32 (BIP-173) as age uses it for keys: any length, no mixed case, checksum required.</summary>
internal static class Bech32
{
    private const string Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;

    private static readonly uint[] Generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <summary>Encodes <paramref name="data"/> in lower case, with a lower-case <paramref name="prefix"/>.</summary>
    public static string Encode(string prefix, ReadOnlySpan<byte> data)
    {
        var values = new byte[((data.Length * 8) + 4) / 5];
        Regroup(data, 8, values, 5);
        var text = new char[prefix.Length + 1 + values.Length + ChecksumLength];
        prefix.CopyTo(text);
        text[prefix.Length] = '1';
        for (var i = 0; i < values.Length; i++)
        {
            text[prefix.Length + 1 + i] = Letters[values[i]];
        }
        var checksum = Feed(Feed(FeedPrefix(prefix), values), new byte[ChecksumLength]) ^ 1;
        for (var i = 0; i < ChecksumLength; i++)
        {
            text[^(ChecksumLength - i)] = Letters[(int)(checksum >> (5 * (ChecksumLength - 1 - i))) & 31];
        }
        CryptographicOperations.ZeroMemory(values);
        return new(text);
    }

    /// <summary>Decodes text with <paramref name="prefix"/>, in the same case. False if it is not valid.</summary>
    public static bool TryDecode(string text, string prefix, [NotNullWhen(true)] out byte[]? data)
    {
        data = null;
        var upper = prefix.Any(char.IsAsciiLetterUpper);
        if (!text.StartsWith(prefix + "1", StringComparison.Ordinal) || text.Length < prefix.Length + 1 + ChecksumLength)
        {
            return false;
        }
        var values = new byte[text.Length - prefix.Length - 1];
        for (var i = 0; i < values.Length; i++)
        {
            var c = text[prefix.Length + 1 + i];
            if (upper ? char.IsAsciiLetterLower(c) : char.IsAsciiLetterUpper(c))
            {
                return false;
            }
            var value = Letters.IndexOf(char.ToLowerInvariant(c), StringComparison.Ordinal);
            if (value < 0)
            {
                return false;
            }
            values[i] = (byte)value;
        }

        if (Feed(FeedPrefix(prefix.ToLowerInvariant()), values) != 1)
        {
            return false;
        }
        var payload = values.AsSpan(0, values.Length - ChecksumLength);
        var bytes = new byte[payload.Length * 5 / 8];
        if (Regroup(payload, 5, bytes, 8))
        {
            data = bytes;
        }
        CryptographicOperations.ZeroMemory(values);
        return data is not null;
    }

    /// <summary>Regroups bits, padding the last group with zeros. False if leftover bits are not padding.</summary>
    private static bool Regroup(ReadOnlySpan<byte> from, int fromBits, Span<byte> to, int toBits)
    {
        var (held, bits, written) = (0, 0, 0);
        foreach (var value in from)
        {
            held = ((held << fromBits) | value) & 0xfff;
            bits += fromBits;
            for (; bits >= toBits; bits -= toBits)
            {
                to[written++] = (byte)((held >> (bits - toBits)) & ((1 << toBits) - 1));
            }
        }

        if (toBits == 8)
        {
            return bits < fromBits && (held & ((1 << bits) - 1)) == 0;
        }
        if (bits > 0)
        {
            to[written] = (byte)((held << (toBits - bits)) & ((1 << toBits) - 1));
        }
        return true;
    }

    private static uint FeedPrefix(string prefix)
    {
        var high = Feed(1, [.. prefix.Select(c => (byte)(c >> 5))]);
        return Feed(high, [0, .. prefix.Select(c => (byte)(c & 31))]);
    }

    private static uint Feed(uint sum, ReadOnlySpan<byte> values)
    {
        foreach (var value in values)
        {
            var top = sum >> 25;
            sum = ((sum & 0x1ffffff) << 5) ^ value;
            for (var i = 0; i < Generator.Length; i++)
            {
                sum ^= ((top >> i) & 1) * Generator[i];
            }
        }

        return sum;
    }
}
