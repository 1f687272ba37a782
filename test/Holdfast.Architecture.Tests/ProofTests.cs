using System.Text.RegularExpressions;

namespace Holdfast.Architecture.Tests;

/// <summary>The user guide's rules are linked to the tests named after them, and those tests are there.</summary>
public sealed partial class ProofTests
{
    private const string Guide = "docs/server-wide-backup.md";

    [Fact]
    public void Every_test_that_the_guide_links_to_is_in_the_file_it_names()
    {
        var links = Links();
        Assert.True(links.Count > 40, $"{links.Count} rules are linked to a test.");
        foreach (var (file, test) in links)
        {
            var path = Path.Combine(Repository.Root, "docs", file);
            Assert.True(File.Exists(path) && Regex.IsMatch(File.ReadAllText(path), $@"(Task|void) {test}\("), $"{Guide} links to {test}, which is not in {file}.");
        }
    }

    [Fact]
    public void Every_rule_that_has_a_test_of_its_own_is_in_the_guide()
    {
        var linked = Links().Select(l => l.Test).ToHashSet(StringComparer.Ordinal);
        var rules = Method().Matches(File.ReadAllText(Path.Combine(Repository.Root, "test/Holdfast.Api.Tests/ServerWideRuleTests.cs"))).Select(m => m.Groups[1].Value).ToList();
        Assert.NotEmpty(rules);
        Assert.All(rules, r => Assert.True(linked.Contains(r), $"The rule of {r} is not linked in {Guide}."));
    }

    private static List<(string File, string Test)> Links() => [.. Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, Guide))).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];

    [GeneratedRegex(@"\[✓\]\(([^ )]+) ""([A-Za-z0-9_]+)""\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"public async Task ([A-Za-z0-9_]+)\(")]
    private static partial Regex Method();
}
