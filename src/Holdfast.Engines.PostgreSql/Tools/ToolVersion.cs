using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>Version of a PostgreSQL program, for example <c>15.18</c>.</summary>
/// <param name="Major">Major version: programs and servers of one major version are compatible.</param>
/// <param name="Minor">Minor version: the number of bug fix releases.</param>
internal readonly partial record struct ToolVersion(int Major, int Minor) : IComparable<ToolVersion>
{
    // The first release of each major version with the last severe vulnerability fixed. CVE-2025-8714 and -8715: a user
    // who can create objects in a database can put commands into its dump, which are executed where the dump is
    // restored as a script.
    private static readonly Dictionary<int, int> FirstSafe = new()
    {
        [13] = 22,
        [14] = 19,
        [15] = 14,
        [16] = 10,
        [17] = 6,
    };

    /// <summary>Known vulnerabilities of this version; null if there are none.</summary>
    public string? KnownVulnerability =>
        FirstSafe.TryGetValue(Major, out var minor) && Minor < minor
            ? $"has the vulnerabilities CVE-2025-8714 and CVE-2025-8715, fixed in {Major}.{minor}"
            : null;

    /// <summary>
    /// Parses the output of <c>--version</c>: <c>pg_dump (PostgreSQL) 15.18 (Debian …)</c>; returns null for anything
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

    // Before the release, the minor version is a word: 19beta1, 19devel.
    [GeneratedRegex(@"\(PostgreSQL\) ([0-9]{1,4})(?:\.([0-9]{1,4}))?")]
    private static partial Regex Pattern();
}
