using Microsoft.Playwright;

namespace Holdfast.Browser.Tests.Support;

/// <summary>What tests do with any page.</summary>
internal static class PageExtensions
{
    /// <summary>Opens an address, and returns when the page is drawn and nothing on it changes any more.</summary>
    public static async Task OpenAsync(this IPage page, string address)
    {
        await page.GotoAsync(address);
        await page.SettleAsync();
    }

    /// <summary>
    /// Returns when the page has its heading and nothing on it has changed for a moment; ages that count on are no
    /// change.
    /// </summary>
    public static async Task SettleAsync(this IPage page)
    {
        await page.Locator("h1").First.WaitForAsync();
        await page.EvaluateAsync(
            """
            () => new Promise(done => {
              const most = setTimeout(finish, 5000);
              let quiet = setTimeout(finish, 300);
              const watch = new MutationObserver(() => { clearTimeout(quiet); quiet = setTimeout(finish, 300); });
              function finish() { watch.disconnect(); clearTimeout(most); clearTimeout(quiet); done(); }
              watch.observe(document.body, { childList: true, subtree: true, attributes: true });
            })
            """
        );
    }

    /// <summary>Expects that the document is not wider than the window.</summary>
    public static async Task FitsAsync(this IPage page)
    {
        var widths = await page.EvaluateAsync<int[]>("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]");
        Assert.True(
            widths[0] <= widths[1],
            $"{page.Url} is {widths[0]} px wide in a window of {widths[1]} px: {await page.EvaluateAsync<string>(TooWide)}"
        );
    }

    // What sticks out, to find it fast.
    private const string TooWide =
        "() => [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > "
        + "document.documentElement.clientWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join('\\n')";
}
