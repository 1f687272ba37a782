using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>What <c>pg_dump</c> and <c>pg_restore</c> warned of, and the server through them, although they ended well.</summary>
internal static partial class ToolWarnings
{
    private const int Most = 50;

    /// <summary>Finds the warnings in what a program said, each with the details that follow it.</summary>
    public static IReadOnlyList<string> In(string said)
    {
        var found = Warning()
            .Matches(said)
            .Select(m => Secrets.Masked(Lines().Replace(m.Value.Trim(), " ")))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return found.Count <= Most
            ? found
            : [.. found.Take(Most), string.Create(CultureInfo.InvariantCulture, $"… and {found.Count - Most} more warnings.")];
    }

    // pg_dump: warning: …, or pg_restore: WARNING: … of the server, who says that, DETAIL and HINT in its language: in
    // capital letters, or such that know none.
    [GeneratedRegex(
        @"^pg_\w+: (?:warning: |(?!FATAL:|PANIC:|ERROR:)[^\sa-z:]+ ?:  ).*(?:\n(?:pg_\w+: (?:detail|hint): |[^\sa-z:]+ ?:  ).*)*",
        RegexOptions.Multiline
    )]
    private static partial Regex Warning();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Lines();
}
