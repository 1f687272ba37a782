using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests.Support;

/// <summary>Checks the accessibility rules of WCAG 2.0 and 2.1, levels A and AA, that can be checked automatically.</summary>
internal static class Axe
{
    private const string Levels = "{ type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }";
    private const string Colours = "{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }";

    private static readonly string Script = new BundledAxeScriptProvider().GetScript();

    /// <summary>Asserts that the page violates none of the rules.</summary>
    public static Task CheckAsync(IPage page, string where = "") => ExpectNoneAsync(page, where, Levels);

    /// <summary>Asserts that the page violates none of the rules about colours, the only difference between light and dark mode.</summary>
    public static Task CheckColoursAsync(IPage page, string where) => ExpectNoneAsync(page, where, Colours);

    // Runs axe in the page itself. Deque's own method opens another page for each check to combine the results of frames, and
    // these pages have no frames.
    private static async Task ExpectNoneAsync(IPage page, string where, string rules)
    {
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window"))
        {
            await page.EvaluateAsync(Script);
        }
        var violations = await page.EvaluateAsync<string>(
            $$"""
            async () => (await axe.run(document, { runOnly: {{rules}}, resultTypes: ['violations'] })).violations
              .flatMap(rule => [
                `${rule.id}: ${rule.help}`,
                ...rule.nodes.map(n => `    ${n.html}\n    ${[...n.any, ...n.all, ...n.none].map(c => c.message).join('; ')}`),
              ]).join('\n')
            """
        );
        Assert.True(violations.Length == 0, $"{page.Url} {where}\n{violations}");
    }
}
