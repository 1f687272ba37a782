using System.Text.RegularExpressions;

namespace Holdfast.Docs.Tests;

/// <summary>
/// A page of the docs with its commands: what is fenced as <c>sh</c>, in the order of the page. A block in an HTML
/// comment is run like any other;
/// so a page prepares its samples unseen. What is fenced as <c>text</c> or <c>console</c> is only shown.
/// </summary>
internal sealed record Page(string Name, IReadOnlyList<string> Blocks)
{
    private static readonly Regex Fence = new(@"^```sh\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline);

    /// <summary>The root of the repository.</summary>
    public static string Root { get; } = RepositoryRoot.Folder;

    /// <summary>Every page that has commands.</summary>
    public static IEnumerable<Page> All() =>
        Directory
            .EnumerateFiles(Root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(f => Read(Path.GetRelativePath(Root, f)))
            .Where(p => p.Blocks.Count > 0)
            .OrderBy(p => p.Name, StringComparer.Ordinal);

    /// <summary>Reads a page.</summary>
    public static Page Read(string name) =>
        new(name, [.. Fence.Matches(File.ReadAllText(Path.Combine(Root, name))).Select(m => m.Groups[1].Value)]);
}
