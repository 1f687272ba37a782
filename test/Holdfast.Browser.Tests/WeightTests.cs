namespace Holdfast.Browser.Tests;

/// <summary>Number of bytes that a browser with an empty cache loads.</summary>
public sealed class WeightTests(Chromium chromium)
{
    private const int Most = 400 * 1000;

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/")]
    public async Task The_first_load_is_small(string address)
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium);
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Network.enable");
        var addresses = new Dictionary<string, string>(StringComparer.Ordinal);
        var loaded = new Dictionary<string, long>(StringComparer.Ordinal);
        session.Event("Network.requestWillBeSent").OnEvent += (_, e) =>
            addresses[e!.Value.GetProperty("requestId").GetString()!] = e.Value.GetProperty("request").GetProperty("url").GetString()!;
        session.Event("Network.loadingFinished").OnEvent += (_, e) =>
            loaded[e!.Value.GetProperty("requestId").GetString()!] = (long)e.Value.GetProperty("encodedDataLength").GetDouble();
        await page.OpenAsync(address);
        var sum = loaded.Values.Sum();
        var list = string.Join(
            '\n',
            loaded.OrderByDescending(l => l.Value).Select(l => $"{l.Value, 8} {addresses.GetValueOrDefault(l.Key)}")
        );
        TestContext.Current.TestOutputHelper?.WriteLine($"{sum} bytes\n{list}");
        Assert.True(sum is > 10_000 and < Most, $"{sum} bytes\n{list}");
    }
}
