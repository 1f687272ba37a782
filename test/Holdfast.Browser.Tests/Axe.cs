using System.Text;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Accessibility: the rules of WCAG 2.0 and 2.1, levels A and AA, as far as a program can tell.</summary>
internal static class Axe
{
    private static readonly AxeRunOptions Options = new() { RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] } };

    private static readonly AxeRunOptions Contrast = new() { RunOnly = new() { Type = "rule", Values = ["color-contrast", "link-in-text-block"] } };

    /// <summary>Expects that what is on the page now breaks none of them.</summary>
    public static Task CheckAsync(IPage page, string where = "") => CheckAsync(page, where, Options);

    /// <summary>Expects that its colours break none of them: all that differs between dark and light.</summary>
    public static Task CheckColoursAsync(IPage page, string where) => CheckAsync(page, where, Contrast);

    private static async Task CheckAsync(IPage page, string where, AxeRunOptions options)
    {
        var result = await page.RunAxe(options);
        var text = new StringBuilder();
        foreach (var rule in result.Violations)
        {
            text.AppendLine($"{rule.Id}: {rule.Help}");
            foreach (var node in rule.Nodes) text.AppendLine($"    {node.Html}\n    {string.Join("; ", node.Any.Concat(node.All).Concat(node.None).Select(c => c.Message))}");
        }

        Assert.True(text.Length == 0, $"{page.Url} {where}\n{text}");
    }
}
