using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Core.Layout;

/// <summary>Encodes any name as a folder name that is safe on every file system, object store and shell.</summary>
public static class FolderName
{
    /// <summary>Maximum length of an encoded name, in bytes; longer ones are truncated and made unique by a hash.</summary>
    public const int MaxBytes = 180;

    private const int LongHash = 32; // hexadecimal digits
    private const string Plain = "._-+=@,";

    /// <summary>
    /// Encodes <paramref name="name"/>: ASCII letters, digits and <c>._-+=@,</c> are kept (except a leading dot or dash and a trailing
    /// dot); every other byte of its UTF-8 form becomes <c>%XX</c>. A name with capitals, which a case-insensitive file system could
    /// confuse with another, or with more than 180 bytes gets <c>~</c> and a hash of the name, so two names never share a folder.
    /// </summary>
    public static string Encode(string name)
    {
        var encoded = new StringBuilder(name.Length);
        var bytes = new UTF8Encoding(false).GetBytes(name);
        for (var i = 0; i < bytes.Length; i++)
        {
            var c = (char)bytes[i];
            var stumbles = (c is '.' or '-' && i == 0) || (c == '.' && i == bytes.Length - 1);
            if (!stumbles && (char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal)))
            {
                encoded.Append(c);
            }
            else
            {
                encoded.Append('%').Append(bytes[i].ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        var tooLong = encoded.Length > MaxBytes;
        if (!tooLong && !bytes.Any(b => char.IsAsciiLetterUpper((char)b)))
        {
            return encoded.Length == 0 ? "%" : encoded.ToString();
        }
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, tooLong ? LongHash / 2 : 4));
        var room = MaxBytes - hash.Length - 1;
        return $"{(encoded.Length > room ? encoded.ToString(0, room) : encoded)}~{hash}";
    }

    /// <summary>Decodes a folder name for display, as far as possible. A truncated name ends with <c>…</c>.</summary>
    public static string Decode(string folder)
    {
        var tilde = folder.LastIndexOf('~');
        var isCut = tilde >= 0 && folder.Length - tilde - 1 == LongHash;
        var encoded = tilde >= 0 ? folder[..tilde] : folder;
        var name = encoded == "%" ? "" : Uri.UnescapeDataString(encoded);
        return isCut ? $"{name}…" : name;
    }
}
