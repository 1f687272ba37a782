using System.Text.RegularExpressions;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// A parameter that <c>pg_restore</c> sets since version 17, regardless of the server, and that older servers do not
/// have. In this combination the error is ignored; <c>pg_restore</c> then cannot stop at the first error, so other
/// errors are reported after it has exited.
/// </summary>
internal static partial class TransactionTimeoutError
{
    private const int FirstWith = 17;

    /// <summary>Whether the error is expected.</summary>
    public static bool IsExpected(Tool tool, Server server) => tool.Version.Major >= FirstWith && server.Major < FirstWith;

    /// <summary>Whether this is the only error.</summary>
    /// <param name="errors">The program's error output.</param>
    public static bool IsOnlyError(string errors) =>
        Sum().Match(errors) is { Success: true } summary
        && int.TryParse(summary.Groups[1].ValueSpan, out var ignored)
        && ignored <= Pattern().Count(errors)
        && !RemoveFrom(errors).Contains("pg_restore: error:", StringComparison.Ordinal);

    /// <summary>Counts this error in the program's output.</summary>
    public static int Count(string errors) => Pattern().Count(errors);

    /// <summary>Returns the output without this error.</summary>
    public static string RemoveFrom(string errors) => Pattern().Replace(errors, "").Trim();

    // Recognised by the command, because the message is in the server's language.
    [GeneratedRegex(
        "(?:pg_restore: while INITIALIZING:\\n)?pg_restore: error: could not execute query: "
            + ".*\\n(?:(?!pg_restore:).*\\n){0,4}?Command was: SET transaction_timeout = 0;\\n*"
    )]
    private static partial Regex Pattern();

    [GeneratedRegex("^pg_restore: warning: errors ignored on restore: ([0-9]{1,9})$", RegexOptions.Multiline)]
    private static partial Regex Sum();
}
