using Microsoft.Playwright;

namespace Holdfast.Browser.Tests.Support;

/// <summary>Steps and checks for all pages.</summary>
internal static class PageExtensions
{
    /// <summary>Opens a URL and waits until the page has settled.</summary>
    public static async Task OpenAsync(this IPage page, string address)
    {
        await page.GotoAsync(address);
        await page.SettleAsync();
    }

    /// <summary>
    /// Waits until the page has its heading and has not changed for 300 ms, at most 5 s. For checks of a page as a whole; to wait
    /// for something specific, expect it.
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

    /// <summary>Asserts that the document is not wider than the window.</summary>
    public static async Task FitsAsync(this IPage page)
    {
        var widths = await page.EvaluateAsync<int[]>("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]");
        Assert.True(
            widths[0] <= widths[1],
            $"{page.Url} is {widths[0]} px wide in a window of {widths[1]} px: {await page.EvaluateAsync<string>(TooWide)}"
        );
    }

    // The elements that are too wide.
    private const string TooWide =
        "() => [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > "
        + "document.documentElement.clientWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join('\\n')";
}
