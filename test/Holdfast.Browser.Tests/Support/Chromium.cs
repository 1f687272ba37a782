using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Holdfast.Browser.Tests.Support.Chromium))]

namespace Holdfast.Browser.Tests.Support;

/// <summary>The system's Chromium, started once for all tests.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? _playwright;

    public IBrowser Browser { get; private set; } = default!;

    public async ValueTask InitializeAsync()
    {
        var program = Names.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException("There is no Chromium: apt install chromium.");
        Assertions.SetDefaultExpectTimeout(45_000); // a machine that runs other tests at the same time is slow, not wrong
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox", "--disable-gpu"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }
        _playwright?.Dispose();
    }
}
