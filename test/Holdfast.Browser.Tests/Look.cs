using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Pictures on the way through a flow, for a person to look at: with HOLDFAST_LOOK=FOLDER they are put there.</summary>
internal static class Look
{
    public static async Task TakeAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("HOLDFAST_LOOK") is not { } folder)
        {
            return;
        }
        await page.SettleAsync();
        var size = page.ViewportSize!;
        foreach (var (ending, width) in ((string, int)[])[("desktop", 1280), ("phone", 390)])
        {
            await page.SetViewportSizeAsync(width, 800);
            await page.SettleAsync();
            await page.ScreenshotAsync(new() { Path = $"{folder}/{name}-{ending}.png", FullPage = true });
        }

        await page.SetViewportSizeAsync(size.Width, size.Height);
        await page.SettleAsync();
    }
}
