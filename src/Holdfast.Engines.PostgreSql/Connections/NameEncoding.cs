using System.Text;
using Holdfast.Core.Databases;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>
/// Encodes names that are exchanged between a database, its dump and this program. Names in UTF-8 are text. All others,
/// and those of a database without a defined encoding, are bytes: each byte is mapped to the character of the same
/// number, so names are never converted and come back unchanged.
/// </summary>
internal static class NameEncoding
{
    private const string Utf8 = "UTF8";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Returns how names in an encoding are decoded.</summary>
    /// <param name="encoding">PostgreSQL's name of the encoding.</param>
    public static Encoding GetEncoding(string encoding) => encoding == Utf8 ? Encoding.UTF8 : Encoding.Latin1;

    /// <summary>
    /// Decodes the name of a role or another shared object. It is stored as bytes in the encoding of whichever database
    /// it was created in: a name that is not valid UTF-8 gets a placeholder, and only equal bytes have equal
    /// placeholders.
    /// </summary>
    public static string DecodeShared(byte[] name) => TryDecodeUtf8(name) ?? PlaceholderName.Create(name);

    /// <summary>Decodes such a name; returns null if it is not valid UTF-8.</summary>
    public static string? TryDecodeUtf8(byte[] name)
    {
        try
        {
            return StrictUtf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Converts the name of a role, which is a shared object, to the form that it has inside a database.</summary>
    /// <param name="name">The name as text.</param>
    /// <param name="encoding">How names of that database are decoded.</param>
    public static string ToDatabaseEncoding(string name, Encoding encoding) => encoding.GetString(Encoding.UTF8.GetBytes(name));
}
