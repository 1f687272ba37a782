namespace Holdfast.Browser.Tests;

/// <summary>The accessibility check detects violations.</summary>
public sealed class AxeTests(Chromium chromium)
{
    [Fact]
    public async Task A_violation_is_reported_with_its_element()
    {
        var page = await chromium.Browser.NewPageAsync();
        await page.SetContentAsync(
            "<!doctype html><html lang=en><title>A</title><main><h1>A</h1><img src=x><p "
                + "style='color:#bbb;background:#fff'>faint</p></main></html>"
        );
        var message = (await Assert.ThrowsAnyAsync<Exception>(() => Axe.CheckAsync(page, "here"))).Message;
        foreach (var part in (string[])["here", "image-alt: ", "<img src=\"x\">", "color-contrast: "])
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(
            "image-alt: ",
            (await Assert.ThrowsAnyAsync<Exception>(() => Axe.CheckColoursAsync(page, "here"))).Message,
            StringComparison.Ordinal
        );
        await page.CloseAsync();
    }
}
