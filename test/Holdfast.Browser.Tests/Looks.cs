namespace Holdfast.Browser.Tests;

/// <summary>
/// Pictures for a person to look at: with HOLDFAST_LOOK=FOLDER the pages of HOLDFAST_LOOK_PAGES (paths, divided by
/// spaces) are put there.
/// </summary>
public sealed class Looks(Chromium chromium)
{
    [Fact]
    public async Task Pictures_of_pages()
    {
        var folder = Environment.GetEnvironmentVariable("HOLDFAST_LOOK");
        Assert.SkipWhen(folder is null, "HOLDFAST_LOOK is not set.");
        await using var studio = await Studio.StartAsync();
        await studio.ProtectAsync();
        await studio.RunAsync();
        foreach (var (name, width, dark) in ((string, int, bool)[])[("desktop", 1280, false), ("dark", 1280, true), ("phone", 390, false)])
        {
            var page = await studio.PageAsync(chromium, width: width, dark: dark);
            foreach (var path in (Environment.GetEnvironmentVariable("HOLDFAST_LOOK_PAGES") ?? "/").Split(' '))
            {
                await page.GotoAsync(path);
                await page.Locator("h1").WaitForAsync();
                await page.WaitForTimeoutAsync(400);
                await page.ScreenshotAsync(
                    new()
                    {
                        Path = $"{folder}/{(path == "/" ? "databases" : path.Trim('/').Replace('/', '-').Replace('%', '_'))}-{name}.png",
                        FullPage = true,
                    }
                );
            }
        }

        Assert.Empty(studio.Complaints);
    }
}
