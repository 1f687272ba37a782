using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests.Support;

/// <summary>Accessibility: the rules of WCAG 2.0 and 2.1, levels A and AA, as far as a program can tell.</summary>
internal static class Axe
{
    private const string Levels = "{ type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }";
    private const string Colours = "{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }";

    private static readonly string Script = new BundledAxeScriptProvider().GetScript();

    /// <summary>Expects that what is on the page now breaks none of them.</summary>
    public static Task CheckAsync(IPage page, string where = "") => ExpectNoneAsync(page, where, Levels);

    /// <summary>Expects that its colours break none of them: all that differs between dark and light.</summary>
    public static Task CheckColoursAsync(IPage page, string where) => ExpectNoneAsync(page, where, Colours);

    // In the page itself: Deque's own method opens another for each look, to put the results of frames together, and
    // there are no frames here.
    private static async Task ExpectNoneAsync(IPage page, string where, string rules)
    {
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window"))
        {
            await page.EvaluateAsync(Script);
        }
        var faults = await page.EvaluateAsync<string>(
            $$"""
            async () => (await axe.run(document, { runOnly: {{rules}}, resultTypes: ['violations'] })).violations
              .flatMap(rule => [`${rule.id}: ${rule.help}`, ...rule.nodes.map(n => `    ${n.html}\n    ${[...n.any, ...n.all, ...n.none].map(c => c.message).join('; ')}`)]).join('\n')
            """
        );
        Assert.True(faults.Length == 0, $"{page.Url} {where}\n{faults}");
    }
}
