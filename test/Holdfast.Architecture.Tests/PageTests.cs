using System.Reflection;
using System.Text.RegularExpressions;
using Holdfast.Core.Alerts;

namespace Holdfast.Architecture.Tests;

/// <summary>Pages that name types and members stay true: every name is looked up.</summary>
public sealed class PageTests
{
    private const BindingFlags Any =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // A name of the code: Type or Type.Member, as those sections write them.
    private static readonly Regex Name = new(@"`([A-Z][A-Za-z0-9]+(?:\.[A-Z][A-Za-z0-9]+)?)(?:\(\))?`");

    private static readonly Regex Picture = new(@"images/([a-z-]+\.(?:png|svg))");

    [Theory]
    [InlineData("docs/architecture.md")]
    [InlineData("CONTRIBUTING.md")]
    public void Every_type_and_member_that_a_page_names_exists(string page)
    {
        var types = Product.Assemblies.SelectMany(a => a.GetTypes()).ToLookup(t => t.Name.Split('`')[0], StringComparer.Ordinal);
        var text = Repository.Read(page);
        var names = Name.Matches(text)
            .Select(m => m.Groups[1].Value)
            .Where(n => !n.StartsWith("Holdfast.", StringComparison.Ordinal))
            .Distinct()
            .ToList();
        if (page == "docs/architecture.md")
        {
            Assert.True(names.Count > 20, $"{page} should follow one backup by the names of the code.");
        }
        Assert.All(names, name =>
        {
            var parts = name.Split('.');
            Assert.True(
                types[parts[0]].Any(t => parts.Length == 1 || Has(t, parts[1])) || IsOfTheFramework(parts[0]),
                $"{page} names `{name}`, which the code does not have."
            );
        });
    }

    [Fact]
    public void Every_project_that_the_layer_picture_shows_as_present_exists()
    {
        var present = Repository.Projects("src").Keys.ToHashSet(StringComparer.Ordinal);
        var text = Repository.Read("docs/architecture.md");
        Assert.All(present, p => Assert.Contains($"`{p}`", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_alert_is_described_in_a_table()
    {
        var described = Repository
            .Read("docs/server.md")
            .Split('\n')
            .Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(l => Name.Matches(l.Split('|')[1]).Select(m => m.Groups[1].Value));
        Assert.Empty(Enum.GetNames<AlertKind>().Except(described));
    }

    [Fact]
    public void Every_picture_is_shown_by_a_page_and_every_picture_that_is_shown_exists()
    {
        var pages = Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md").Append(Path.Combine(Repository.Root, "README.md"));
        var shown = pages
            .SelectMany(p => Picture.Matches(File.ReadAllText(p)).Select(m => m.Groups[1].Value))
            .Distinct()
            .Order(StringComparer.Ordinal);
        var kept = Directory
            .GetFiles(Path.Combine(Repository.Root, "docs", "images"))
            .Select(f => Path.GetFileName(f))
            .Order(StringComparer.Ordinal);
        Assert.Equal(shown, kept);
    }

    private static bool IsOfTheFramework(string name) => new[] { "System", "System.IO" }.Any(n => Type.GetType($"{n}.{name}") is not null);

    private static bool Has(Type type, string member)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.GetMember(member, Any).Length > 0)
            {
                return true;
            }
        }

        return type.GetInterfaces().Any(i => i.GetMember(member, Any).Length > 0);
    }
}
