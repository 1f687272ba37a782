using System.Text;
using Holdfast.Core.Databases;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>
/// How names of one database go between it, its dump and here. Those of one in UTF-8 are text. All others, and those of
/// a database that vouches for no encoding, are
/// bytes: each stands for the character with its number, so that what is read comes back as it was, and nothing is ever converted.
/// </summary>
internal static class NameEncoding
{
    private const string Utf8 = "UTF8";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>How to read names that are in an encoding.</summary>
    /// <param name="encoding">Its name at PostgreSQL.</param>
    public static Encoding GetEncoding(string encoding) => encoding == Utf8 ? Encoding.UTF8 : Encoding.Latin1;

    /// <summary>
    /// The name of a role or another thing that all databases of a server share. It is bytes in the encoding of whichever database it was
    /// made in: what is no valid UTF-8 has a stand-in, and equal bytes alone have equal ones.
    /// </summary>
    public static string DecodeShared(byte[] name) => TryDecodeUtf8(name) ?? PlaceholderName.Create(name);

    /// <summary>Such a name as text; null where it is no valid UTF-8.</summary>
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

    /// <summary>A role's name, which belongs to the whole server, as it stands inside a database.</summary>
    /// <param name="name">The name as text.</param>
    /// <param name="encoding">How names of that database are read.</param>
    public static string ToDatabaseEncoding(string name, Encoding encoding) => encoding.GetString(Encoding.UTF8.GetBytes(name));
}
