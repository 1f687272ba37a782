using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Core.Databases;

/// <summary>
/// A readable placeholder for a database name that is not valid text, or too long to be stored. It is deterministic and unique for each
/// name, and used only to list the database, never to open it.
/// </summary>
public static class PlaceholderName
{
    /// <summary>Maximum length of a placeholder, in bytes of UTF-8.</summary>
    public const int MaxBytes = 160;

    private const int HashBytes = 4;

    /// <summary>
    /// Creates the placeholder of a name that should be UTF-8: invalid bytes become <c>%XX</c>, and a hash of all bytes is appended.
    /// </summary>
    public static string Create(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        var room = MaxBytes;
        for (var rest = name; rest.Length > 0; )
        {
            var isText = Rune.DecodeFromUtf8(rest, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (!TryAppend(text, isText ? rune : null, rest[..length], "X2", ref room))
            {
                break;
            }
            rest = rest[length..];
        }

        return End(text, SHA256.HashData(name));
    }

    /// <summary>Creates the placeholder of a name that is too long or contains an unpaired surrogate.</summary>
    public static string Create(string name)
    {
        var text = new StringBuilder();
        var room = MaxBytes;
        for (var rest = name.AsSpan(); rest.Length > 0; )
        {
            var isText = Rune.DecodeFromUtf16(rest, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (!TryAppend(text, isText ? rune : null, MemoryMarshal.Cast<char, ushort>(rest[..length]), "X4", ref room))
            {
                break;
            }
            rest = rest[length..];
        }

        return End(text, SHA256.HashData(MemoryMarshal.AsBytes(name.AsSpan())));
    }

    private static bool TryAppend<T>(StringBuilder text, Rune? rune, ReadOnlySpan<T> units, string format, ref int room)
        where T : unmanaged, IFormattable
    {
        var piece = "";
        if (rune is { } readable && !Rune.IsControl(readable))
        {
            piece = readable.ToString();
        }
        else
        {
            foreach (var unit in units)
            {
                piece += "%" + unit.ToString(format, CultureInfo.InvariantCulture);
            }
        }
        room -= Encoding.UTF8.GetByteCount(piece);
        if (room < (HashBytes * 2) + 1)
        {
            return false;
        }
        text.Append(piece);
        return true;
    }

    private static string End(StringBuilder text, byte[] hash) =>
        text.Append('~').Append(Convert.ToHexStringLower(hash, 0, HashBytes)).ToString();
}
