using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Holdfast.Browser.Tests.Chromium))]

namespace Holdfast.Browser.Tests;

/// <summary>The system's Chromium, started once for all tests.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? _playwright;

    public IBrowser Browser { get; private set; } = default!;

    public async ValueTask InitializeAsync()
    {
        var program = Names.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException("There is no Chromium: apt install chromium.");
        Assertions.SetDefaultExpectTimeout(15_000); // disks of busy machines take their time
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox", "--disable-gpu"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null) await Browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
