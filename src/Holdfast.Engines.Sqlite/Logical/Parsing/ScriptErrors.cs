using System.Globalization;
using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>Creates the errors for scripts that were not written by Holdfast, for restores and verifications.</summary>
internal static class ScriptErrors
{
    /// <summary>A statement after the last one of a script.</summary>
    public const string AfterLast = "a statement after the last one";

    /// <summary>A statement that neither a schema nor rows need.</summary>
    public const string UnknownKind = "a statement of a kind that no backup contains";

    private const string Hint = "Try an older restore point, or inspect the script with 'holdfast extract'.";
    private const int BeginBytes = 60;

    /// <summary>Creates the error for a statement that is refused.</summary>
    /// <param name="number">Number of the statement, from 1.</param>
    /// <param name="offset">Offset of the statement in the script, in bytes.</param>
    /// <param name="what">Why it is refused.</param>
    /// <param name="beginning">Its first characters; see <see cref="GetBeginning"/>.</param>
    public static HoldfastException Refused(long number, long offset, string what, string beginning) =>
        Create(ErrorCatalog.Refused, $"is refused: {what}", number, offset, beginning, null);

    /// <summary>Creates the error for a statement that SQLite cannot run.</summary>
    public static HoldfastException Failed(long number, long offset, string what, string beginning, Exception cause) =>
        Create(ErrorCatalog.Corrupt, $"fails: {what}", number, offset, beginning, cause);

    /// <summary>Creates the error for a script without its last statement.</summary>
    public static HoldfastException Truncated(long number, long offset)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"after {number:N0} statements, at offset {offset:N0}");
        return new(ErrorCatalog.Corrupt, $"The script is truncated: it ends {where}, before its last statement.", Hint);
    }

    /// <summary>Creates the error for a script that exceeds a limit.</summary>
    public static HoldfastException LimitExceeded(string what, Exception cause) =>
        new(ErrorCatalog.Refused, $"The database that the script creates is refused: {what}.", Hint, cause);

    /// <summary>
    /// Returns the first characters of a statement. Literals are decoded in place, so call this before the statement
    /// runs.
    /// </summary>
    public static string GetBeginning(ReadOnlySpan<byte> sql) => Encoding.UTF8.GetString(sql[..Math.Min(sql.Length, BeginBytes)]);

    private static HoldfastException Create(Error error, string what, long number, long offset, string beginning, Exception? cause)
    {
        var which = string.Create(CultureInfo.InvariantCulture, $"Statement {number:N0} of the script, at offset {offset:N0}");
        return new(error, $"{which}, {what}. It begins: {Escape(beginning)}", Hint, cause);
    }

    private static string Escape(string text) => string.Concat(text.Select(c => IsHidden(c) ? $"\\u{(int)c:X4}" : c.ToString()));

    private static bool IsHidden(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) || c == '\uFFFD' || char.GetUnicodeCategory(c) == UnicodeCategory.Format;
}
