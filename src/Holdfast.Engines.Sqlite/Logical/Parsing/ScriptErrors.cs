using System.Globalization;
using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>What to say of a script that is not one of ours, whoever finds it: a restore or a verification.</summary>
internal static class ScriptErrors
{
    /// <summary>More than a script's last statement.</summary>
    public const string AfterLast = "a statement behind the last one";

    /// <summary>A statement that neither a schema nor rows need.</summary>
    public const string UnknownKind = "a statement of a kind that no backup holds";

    private const string Hint = "Try an older restore point, or look at the script with 'holdfast extract'.";
    private const int BeginBytes = 60;

    /// <summary>A statement that is refused.</summary>
    /// <param name="number">Which one it is, from 1.</param>
    /// <param name="offset">Bytes of the script before it.</param>
    /// <param name="what">What is wrong with it.</param>
    /// <param name="begin">How it begins; see <see cref="GetBeginning"/>.</param>
    public static HoldfastException Refused(long number, long offset, string what, string begin) =>
        Create(ErrorCatalogue.Refused, $"is refused: {what}", number, offset, begin, null);

    /// <summary>A statement that SQLite cannot run.</summary>
    public static HoldfastException Failed(long number, long offset, string what, string begin, Exception cause) =>
        Create(ErrorCatalogue.Corrupt, $"fails: {what}", number, offset, begin, cause);

    /// <summary>A script without its last statement.</summary>
    public static HoldfastException Truncated(long number, long offset)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"after {number:N0} statements, at offset {offset:N0}");
        return new(ErrorCatalogue.Corrupt, $"The script is cut: it ends {where}, before its last statement.", Hint);
    }

    /// <summary>A script that makes more than it may.</summary>
    public static HoldfastException LimitExceeded(string what, Exception cause) =>
        new(ErrorCatalogue.Refused, $"What the script makes is refused: {what}.", Hint, cause);

    /// <summary>How a statement begins. Its literals are decoded where they stand, so it is taken before the statement runs.</summary>
    public static string GetBeginning(ReadOnlySpan<byte> sql) => Encoding.UTF8.GetString(sql[..Math.Min(sql.Length, BeginBytes)]);

    private static HoldfastException Create(Error error, string what, long number, long offset, string begin, Exception? cause)
    {
        var which = string.Create(CultureInfo.InvariantCulture, $"Statement {number:N0} of the script, at offset {offset:N0}");
        return new(error, $"{which}, {what}. It begins: {Escape(begin)}", Hint, cause);
    }

    private static string Escape(string text) => string.Concat(text.Select(c => IsHidden(c) ? $"\\u{(int)c:X4}" : c.ToString()));

    private static bool IsHidden(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) || c == '\uFFFD' || char.GetUnicodeCategory(c) == UnicodeCategory.Format;
}
