using System.Text.RegularExpressions;

namespace Holdfast.Architecture.Tests;

/// <summary>
/// The user guide's rules, and the faults that are promised to be survived, are linked to the tests named after them,
/// and those tests are there.
/// </summary>
public sealed partial class ProofTests
{
    private const string Guide = "docs/server-wide-backup.md";

    [Theory]
    [InlineData(Guide, 40)]
    [InlineData("docs/faults.md", 25)]
    [InlineData("docs/security.md", 12)]
    public void Every_test_that_a_page_links_to_is_in_the_file_it_names(string page, int least)
    {
        var links = Links(page);
        Assert.True(links.Count > least, $"{links.Count} lines are linked to a test.");
        foreach (var (file, test) in links)
        {
            var path = Path.Combine(Repository.Root, "docs", file);
            Assert.True(
                File.Exists(path) && Regex.IsMatch(File.ReadAllText(path), $@"(Task|void) {test}\("),
                $"{page} links to {test}, which is not in {file}."
            );
        }
    }

    [Fact]
    public void Every_fault_has_a_test()
    {
        var rows = File.ReadAllLines(Path.Combine(Repository.Root, "docs/faults.md"))
            .Where(l => l.StartsWith("| ", StringComparison.Ordinal) && !l.StartsWith("| fault", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(rows);
        Assert.All(rows, r => Assert.Matches(Link(), r));
    }

    [Fact]
    public void Every_rule_that_has_a_test_of_its_own_is_in_the_guide()
    {
        var linked = Links(Guide).Select(l => l.Test).ToHashSet(StringComparer.Ordinal);
        var rules = Method()
            .Matches(File.ReadAllText(Path.Combine(Repository.Root, "test/Holdfast.Api.Tests/ServerWideRuleTests.cs")))
            .Select(m => m.Groups[1].Value)
            .ToList();
        Assert.NotEmpty(rules);
        Assert.All(rules, r => Assert.True(linked.Contains(r), $"The rule of {r} is not linked in {Guide}."));
    }

    private static List<(string File, string Test)> Links(string page) =>
        [.. Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];

    [GeneratedRegex(@"\[✓\]\(([^ )]+) ""([A-Za-z0-9_]+)""\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"public async Task ([A-Za-z0-9_]+)\(")]
    private static partial Regex Method();
}
