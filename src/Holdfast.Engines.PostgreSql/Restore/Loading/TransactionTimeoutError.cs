using System.Text.RegularExpressions;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// A parameter that <c>pg_restore</c> sets from version 17 on, whatever the server, and that older servers do not have.
/// Where both meet, that one error is
/// passed over; <c>pg_restore</c> then cannot stop at the first error, so others are told when it has ended.
/// </summary>
internal static partial class TransactionTimeoutError
{
    private const int FirstWith = 17;

    /// <summary>Whether the error is to be expected.</summary>
    public static bool IsExpected(Tool tool, Server server) => tool.Version.Major >= FirstWith && server.Major < FirstWith;

    /// <summary>Whether nothing else went wrong.</summary>
    /// <param name="errors">What the program said.</param>
    public static bool IsOnlyError(string errors) =>
        Sum().Match(errors) is { Success: true } sum
        && int.TryParse(sum.Groups[1].ValueSpan, out var ignored)
        && ignored <= Pattern().Count(errors)
        && !RemoveFrom(errors).Contains("pg_restore: error:", StringComparison.Ordinal);

    /// <summary>How often it is in what the program said.</summary>
    public static int Count(string errors) => Pattern().Count(errors);

    /// <summary>What else it said.</summary>
    public static string RemoveFrom(string errors) => Pattern().Replace(errors, "").Trim();

    // Known by the command: the server's own words are in the server's language.
    [GeneratedRegex(
        "(?:pg_restore: while INITIALIZING:\\n)?pg_restore: error: could not execute query: "
            + ".*\\n(?:(?!pg_restore:).*\\n){0,4}?Command was: SET transaction_timeout = 0;\\n*"
    )]
    private static partial Regex Pattern();

    [GeneratedRegex("^pg_restore: warning: errors ignored on restore: ([0-9]{1,9})$", RegexOptions.Multiline)]
    private static partial Regex Sum();
}
