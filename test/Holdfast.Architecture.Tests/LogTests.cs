using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Architecture.Tests;

/// <summary>Every event of the log has an id of its own, and stands on the page that operators read.</summary>
public sealed partial class LogTests
{
    [Fact]
    public void Every_event_id_is_given_once_and_documented()
    {
        var inCode = Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f =>
                EventId()
                    .Matches(File.ReadAllText(f))
                    .Select(m => (Id: Number(m.Groups[1].Value), File: Path.GetRelativePath(Repository.Root, f)))
            )
            .ToList();
        Assert.NotEmpty(inCode);
        Assert.Empty(inCode.CountBy(e => e.Id).Where(e => e.Value > 1).Select(e => $"{e.Key} is given {e.Value} times"));
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/server.md"));
        var table = page[page.IndexOf("## The log", StringComparison.Ordinal)..];
        var documented = Row()
            .Matches(table[..table.IndexOf("\n## ", 5, StringComparison.Ordinal)])
            .SelectMany(m => m.Groups[1].Value.Split(", "))
            .Select(Number)
            .ToList();
        Assert.Equal(inCode.Select(e => e.Id).Order(), documented.Order());
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[LoggerMessage\([^\]]*?EventId = (\d+)")]
    private static partial Regex EventId();

    [GeneratedRegex(@"^\| (\d{4}(?:, \d{4})*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
