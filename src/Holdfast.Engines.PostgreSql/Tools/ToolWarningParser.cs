using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// Parses the warnings of successful runs of <c>pg_dump</c> and <c>pg_restore</c>, and those of the server that they
/// repeat.
/// </summary>
internal static partial class ToolWarningParser
{
    private const int MaxWarnings = 50;

    /// <summary>Returns the warnings in the output of a program, each with its details.</summary>
    public static IReadOnlyList<string> Parse(string output)
    {
        var found = Warning()
            .Matches(output)
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

    // pg_dump: warning: …, or pg_restore: WARNING: … of the server, which writes that word, DETAIL and HINT in its
    // language: in capital letters, or in a script without them.
    [GeneratedRegex(
        @"^pg_\w+: (?:warning: |(?!FATAL:|PANIC:|ERROR:)[^\sa-z:]+ ?:  ).*(?:\n(?:pg_\w+: (?:detail|hint): |[^\sa-z:]+ ?:  ).*)*",
        RegexOptions.Multiline
    )]
    private static partial Regex Warning();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Lines();
}
