using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Core.Layout;

/// <summary>Turns any name into a folder name that no file system, object store or shell stumbles over.</summary>
public static class FolderName
{
    /// <summary>Longest folder name made, in bytes; longer ones are cut and told apart by a hash.</summary>
    public const int MaxBytes = 180;

    private const int LongHash = 32; // hexadecimal digits
    private const string Plain = "._-+=@,";

    /// <summary>
    /// Encodes <paramref name="name"/>: lower-case ASCII letters, digits and <c>._-+=@,</c> stay (not a leading dot or
    /// dash, nor a trailing dot);
    /// capitals stay too, every other byte of its UTF-8 form becomes <c>%XX</c>. A name with capitals, which a file system that ignores
    /// case could confuse with another, or with more than 180 bytes gets <c>~</c> and a hash of the name; two names never share a folder.
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

    /// <summary>
    /// The name that a folder stands for, for people: as far as the folder tells it. One that was cut ends with
    /// <c>…</c>.
    /// </summary>
    public static string Decode(string folder)
    {
        var tilde = folder.LastIndexOf('~');
        var isCut = tilde >= 0 && folder.Length - tilde - 1 == LongHash;
        var encoded = tilde >= 0 ? folder[..tilde] : folder;
        var name = encoded == "%" ? "" : Uri.UnescapeDataString(encoded);
        return isCut ? $"{name}…" : name;
    }
}
