using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>Version of one of PostgreSQL's programs: <c>15.18</c>.</summary>
/// <param name="Major">The first number: programs of one major belong together.</param>
/// <param name="Minor">The second number: how many rounds of fixes it has.</param>
internal readonly partial record struct ToolVersion(int Major, int Minor) : IComparable<ToolVersion>
{
    // The first release of each major without what its last grave hole was. CVE-2025-8714 and -8715: whoever may make objects in a database
    // can put commands into a dump of it, which run where the dump is restored as a script.
    private static readonly Dictionary<int, int> FirstSafe = new()
    {
        [13] = 22,
        [14] = 19,
        [15] = 14,
        [16] = 10,
        [17] = 6,
    };

    /// <summary>What is wrong with this version; null where nothing is known.</summary>
    public string? KnownVulnerability =>
        FirstSafe.TryGetValue(Major, out var minor) && Minor < minor
            ? $"has the holes CVE-2025-8714 and CVE-2025-8715, which {Major}.{minor} mends"
            : null;

    /// <summary>
    /// Reads what <c>--version</c> prints: <c>pg_dump (PostgreSQL) 15.18 (Debian …)</c>; null where it is something
    /// else.
    /// </summary>
    public static ToolVersion? Parse(string text) =>
        Pattern().Match(text) is { Success: true } match
            ? new(Number(match.Groups[1]), match.Groups[2].Success ? Number(match.Groups[2]) : 0)
            : null;

    /// <inheritdoc/>
    public int CompareTo(ToolVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    // Before a release the minor is a word: 19beta1, 19devel.
    [GeneratedRegex(@"\(PostgreSQL\) ([0-9]{1,4})(?:\.([0-9]{1,4}))?")]
    private static partial Regex Pattern();
}
