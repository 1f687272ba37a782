using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>What <c>pg_dump</c> and <c>pg_restore</c> warned of, and the server through them, although they ended well.</summary>
internal static partial class ToolWarningParser
{
    private const int MaxWarnings = 50;

    /// <summary>Finds the warnings in what a program said, each with the details that follow it.</summary>
    public static IReadOnlyList<string> Parse(string said)
    {
        var found = Warning()
            .Matches(said)
            .Select(m => SecretMasker.Mask(Lines().Replace(m.Value.Trim(), " ")))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return found.Count <= MaxWarnings
            ? found
            :
            [
                .. found.Take(MaxWarnings),
                string.Create(CultureInfo.InvariantCulture, $"… and {found.Count - MaxWarnings} more warnings."),
            ];
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
