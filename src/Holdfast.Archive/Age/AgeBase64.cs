using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Holdfast.Archive.Age;

/// <summary>Base64 as in age headers: the standard alphabet, no padding, canonical encoding only.</summary>
internal static class AgeBase64
{
    private static readonly SearchValues<byte> Alphabet = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8
    );

    /// <summary>Encodes <paramref name="bytes"/>.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <summary>Decodes text; false if it is not canonical Base64.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Alphabet))
        {
            return false;
        }
        var plain = Encoding.ASCII.GetString(text);
        var decoded = Convert.FromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='));
        if (Encode(decoded) != plain)
        {
            return false; // unused bits are not zero
        }
        bytes = decoded;
        return true;
    }
}
