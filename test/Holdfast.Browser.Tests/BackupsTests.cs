using System.Text.Json.Nodes;
using Holdfast.EndToEnd;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>A database's backups: its chains, and what each destination holds of them.</summary>
public sealed class BackupsTests(Chromium chromium)
{
    [Fact]
    public async Task Chains_say_what_each_destination_holds_and_each_point_can_be_restored()
    {
        await using var studio = await Studio.StartAsync();
        await studio.Server.SendAsync(HttpMethod.Put, "destinations/offsite", new JsonObject { ["kind"] = "local", ["path"] = $"{studio.Place.Destination}/offsite" });
        await studio.ProtectAsync();
        var template = (await studio.Server.GetAsync("server-wide-backups/nightly"))["definition"]!.DeepClone();
        template["destinations"] = new JsonArray("nas", "offsite");
        await studio.Server.SendAsync(HttpMethod.Put, "server-wide-backups/nightly", template);
        for (var i = 0; i < 6; i++)
        {
            studio.Place.Sql("orders.db", $"INSERT INTO t(v, s) SELECT randomblob(1000), 'more' FROM t LIMIT {20 * (i + 1)}");
            await studio.RunAsync(kind: i % 3 == 0 ? "Full" : "Incremental");
        }

        File.Delete(Workspace.Files($"{studio.Place.Destination}/offsite/local/orders.db").Last(f => f.EndsWith(".tar.zst", StringComparison.Ordinal)));
        var page = await studio.PageAsync(chromium);
        await page.GotoAsync("/databases/local%2Forders.db/backups");
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("6 in 2 chains");
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("misses 1 archive that another destination has");
        await Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("^Sizes of the last 6 archives") })).ToBeVisibleAsync();
        var chains = page.Locator(".chain");
        await Expect(chains).ToHaveCountAsync(2);
        await Expect(chains.First.GetByLabel("Destinations")).ToContainTextAsync("misses 1 of 3");
        await Look.TakeAsync(page, "backups");
        await Axe.CheckAsync(page);

        await chains.Last.Locator("button[aria-expanded]").ClickAsync();
        await Expect(chains.Last.Locator("tbody tr")).ToHaveCountAsync(3);
        await Expect(chains.First.Locator("tbody tr")).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(chains.Last.Locator("tbody tr")).ToHaveCountAsync(3); // what is open stands in the address
        await chains.Last.GetByRole(AriaRole.Link, new() { NameRegex = new("^Restore the point of") }).First.ClickAsync();
        await Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("orders-restored.db");

        // What comes while the page is open shows by itself.
        await page.GotoAsync("/databases/local%2Forders.db/backups");
        await Expect(chains).ToHaveCountAsync(2);
        await studio.RunAsync();
        await Expect(chains).ToHaveCountAsync(3);
        await page.SetViewportSizeAsync(390, 844);
        await Axe.CheckAsync(page, "phone");

        var viewer = await studio.PageAsync(chromium, "Viewer");
        await viewer.GotoAsync("/databases/local%2Forders.db/backups");
        await Expect(viewer.Locator(".chain")).ToHaveCountAsync(3);
        await Expect(viewer.GetByRole(AriaRole.Link, new() { NameRegex = new("^Restore") })).ToHaveCountAsync(0);
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task A_destination_that_is_down_is_named_and_a_database_without_backups_says_what_to_do()
    {
        await using var studio = await Studio.StartAsync();
        await studio.ProtectAsync();
        var page = await studio.PageAsync(chromium);
        await page.GotoAsync("/databases/local%2Farticles.db/backups");
        await Expect(page.GetByText("No destination holds a backup of this database.")).ToBeVisibleAsync();
        await Axe.CheckAsync(page);
        await File.WriteAllTextAsync($"{studio.Place.Destination}/file", "", TestContext.Current.CancellationToken);
        await studio.Server.SendAsync(HttpMethod.Put, "destinations/away", new JsonObject { ["kind"] = "local", ["path"] = $"{studio.Place.Destination}/file/away" });
        await page.ReloadAsync();
        await Expect(page.GetByText("Destination away cannot be looked at")).ToBeVisibleAsync();
    }
}
