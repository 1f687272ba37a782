using System.Text.RegularExpressions;

namespace Holdfast.Docs.Tests;

/// <summary>
/// A page of the docs and its commands: code blocks marked <c>sh</c>, in order. A block in an HTML comment is run too,
/// so that a page can prepare its samples without showing it. Blocks marked <c>text</c> or <c>console</c> are only
/// shown.
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
