using System.Text;

namespace Holdfast.Engines.PostgreSql.Connecting;

/// <summary>
/// How names of one database go between it, its dump and here. Those of one in UTF-8 are text. All others, and those of a database that vouches for no encoding, are
/// bytes: each stands for the character with its number, so that what is read comes back as it was, and nothing is ever converted.
/// </summary>
internal static class NameEncoding
{
    private const string Utf8 = "UTF8";

    /// <summary>How to read names that are in an encoding.</summary>
    /// <param name="encoding">Its name at PostgreSQL.</param>
    public static Encoding Of(string encoding) => encoding == Utf8 ? Encoding.UTF8 : Encoding.Latin1;

    /// <summary>A role's name, which belongs to the whole server, as it stands inside a database.</summary>
    /// <param name="name">The name as text.</param>
    /// <param name="encoding">How names of that database are read.</param>
    public static string Inside(string name, Encoding encoding) => encoding.GetString(Encoding.UTF8.GetBytes(name));
}
