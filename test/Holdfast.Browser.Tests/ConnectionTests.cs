using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Pages that lose the connection to their server.</summary>
public sealed class ConnectionTests(Chromium chromium)
{
    private const string Lost = "The connection to the server is lost.";
    private const string Back = "Connected again.";

    [Fact]
    public async Task After_a_restart_of_the_server_the_page_is_reloaded_at_its_url_and_shows_it()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium);
        await page.OpenAsync("/?search=orders");
        await Assertions.Expect(page.GetByText("orders-2025.db")).ToBeVisibleAsync();

        Assert.Equal(0, await studio.Server.StopAsync());
        await Assertions.Expect(page.GetByText(Lost)).ToBeVisibleAsync();
        await Axe.CheckAsync(page, "while the server is down");
        studio.Place.Make("orders-2027.db");
        await studio.Server.StartAsync();
        await studio.Transient.WaitAsync(Back);
        await Assertions.Expect(page.GetByText("orders-2027.db")).ToBeVisibleAsync();
        Assert.EndsWith("/?search=orders", page.Url, StringComparison.Ordinal);
        await Assertions.Expect(page.GetByText(Lost)).ToBeHiddenAsync();
    }

    [Fact]
    public async Task After_an_interruption_of_the_network_the_page_continues_with_its_state()
    {
        await using var studio = await StudioServer.StartAsync();
        using var relay = new Relay(studio.Address);
        var page = await studio.PageAsync(chromium);
        await page.OpenAsync($"{relay.Address}server/users?add=user");
        await page.GetByLabel("Name").FillAsync("half-typed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Password")).ToHaveValueAsync(new Regex("^.{12,}$")); // the server has answered
        relay.Cut();
        await Assertions.Expect(page.GetByText(Lost)).ToBeVisibleAsync();
        relay.Restore();
        await studio.Transient.WaitAsync(Back);
        await Assertions.Expect(page.GetByLabel("Name")).ToHaveValueAsync("half-typed");
        await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Button, new() { Name = "Add user" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Cell, new() { Name = "half-typed", Exact = true })).ToBeVisibleAsync();
    }
}
