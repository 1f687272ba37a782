using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Core.Databases;

/// <summary>Identifies one database of one source: <c>source/name</c>, for example <c>shop/orders</c>.</summary>
/// <param name="Source">Name of the source: 1 to 64 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, the first a letter or digit.</param>
/// <param name="Name">Name within the source; for SQLite the path relative to the source's directory. Any characters.</param>
public sealed record DatabaseId(string Source, string Name)
{
    /// <summary>
    /// Maximum length of a name, in bytes of UTF-8: with the longest prefix and source it still fits into a key of the state store.
    /// </summary>
    public const int MaxNameBytes = 3968;

    /// <summary>Parses <c>source/name</c>. A source name contains no slash, so the first one is the separator.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if there is no slash or a part is empty.</exception>
    public static DatabaseId Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == text.Length - 1)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{text}' is not a database id.",
                "Write SOURCE/NAME, for example shop/orders."
            );
        }
        return new(text[..slash], text[(slash + 1)..]);
    }

    /// <summary>Whether <paramref name="name"/> is a valid source name.</summary>
    public static bool IsSourceName(string name) =>
        name.Length is >= 1 and <= 64
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>
    /// Whether <paramref name="name"/> is a valid database name: text that is not empty and not longer than <see cref="MaxNameBytes"/>.
    /// </summary>
    public static bool IsDatabaseName(string name)
    {
        if (name.Length is 0 or > MaxNameBytes)
        {
            return false;
        }
        return IsText(name) && Encoding.UTF8.GetByteCount(name) <= MaxNameBytes;
    }

    private static bool IsText(string name)
    {
        for (var rest = name.AsSpan(); rest.Length > 0; )
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }
            rest = rest[length..];
        }

        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Source}/{Name}";
}
