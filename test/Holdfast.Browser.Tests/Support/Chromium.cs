using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Holdfast.Browser.Tests.Support.Chromium))]

namespace Holdfast.Browser.Tests.Support;

/// <summary>The Chromium of the system, started once for all tests.</summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>Time limit for anything that a test waits for; long, because other tests may run at the same time.</summary>
    public const int TimeoutMilliseconds = 60_000;

    private static readonly string[] Names = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? _playwright;

    public IBrowser Browser { get; private set; } = default!;

    public async ValueTask InitializeAsync()
    {
        var program = Names.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException("Chromium is not installed: apt install chromium.");
        Assertions.SetDefaultExpectTimeout(TimeoutMilliseconds);
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
