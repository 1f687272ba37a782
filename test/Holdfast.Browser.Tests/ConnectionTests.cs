using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>What a page does when its server goes away.</summary>
public sealed class ConnectionTests(Chromium chromium)
{
    private const string Lost = "The connection to the server is lost.";
    private const string Back = "Connected again.";

    [Fact]
    public async Task After_a_restart_of_the_server_the_page_is_loaded_again_at_its_address_and_says_so()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium);
        await page.OpenAsync("/?search=orders");
        await Assertions.Expect(page.GetByText("orders-2025.db")).ToBeVisibleAsync();

        Assert.Equal(0, await studio.Server.StopAsync());
        await Assertions.Expect(page.GetByText(Lost)).ToBeVisibleAsync();
        await Axe.CheckAsync(page, "while the server is away");
        studio.Place.Make("orders-2027.db");
        await studio.Server.StartAsync();
        await Assertions.Expect(page.GetByText(Back)).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await Assertions.Expect(page.GetByText("orders-2027.db")).ToBeVisibleAsync();
        Assert.EndsWith("/?search=orders", page.Url, StringComparison.Ordinal);
        await Assertions.Expect(page.GetByText(Lost)).ToBeHiddenAsync();
    }

    [Fact]
    public async Task When_only_the_wire_was_cut_the_page_goes_on_where_it_was()
    {
        await using var studio = await StudioServer.StartAsync();
        using var relay = new Relay(studio.Address);
        var page = await studio.PageAsync(chromium);
        await page.OpenAsync($"{relay.Address}server/users?add=user");
        await page.GetByLabel("Name").FillAsync("half-typed");
        relay.Cut();
        await Assertions.Expect(page.GetByText(Lost)).ToBeVisibleAsync();
        relay.Mend();
        await Assertions.Expect(page.GetByText(Back)).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await Assertions.Expect(page.GetByLabel("Name")).ToHaveValueAsync("half-typed");
        await page.GetByLabel("Password").FillAsync("a first password, to be changed");
        await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Button, new() { Name = "Add user" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Cell, new() { Name = "half-typed", Exact = true })).ToBeVisibleAsync();
    }
}
