using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>The setup of a new server: source, destination, task.</summary>
public sealed class FirstStepsTests(Chromium chromium)
{
    [Fact]
    public async Task The_home_page_guides_from_an_empty_source_to_the_first_backup_and_then_hides_the_steps()
    {
        await using var studio = await StudioServer.StartAsync(place => Directory.CreateDirectory(place.Source));
        var page = await studio.PageAsync(chromium);
        await page.GotoAsync("/");
        var steps = page.GetByRole(AriaRole.Region, new() { Name = "Three steps to your first backup" });
        await Expect(steps).ToContainTextAsync("The source is configured, but no database has been found in it yet.");
        await Expect(page.GetByText("No databases found yet.")).ToBeVisibleAsync();
        await Axe.CheckAsync(page);
        await steps.GetByRole(AriaRole.Link, new() { Name = "Add a source" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sources" })).ToBeVisibleAsync();

        // A database is created, and the step completes automatically.
        await page.GetByRole(AriaRole.Link, new() { Name = "Databases", Exact = true }).ClickAsync();
        studio.Place.Make("orders.db", 200, mode: "wal");
        await Expect(steps).ToContainTextAsync("1 database found in 1 source.");
        await steps.GetByRole(AriaRole.Link, new() { Name = "Add a destination" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("nas");
        await page.GetByLabel("Folder", new() { Exact = true }).FillAsync($"{studio.Place.Destination}/nas");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add and test" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new("^nas") })).ToContainTextAsync("Works");

        await page.GetByRole(AriaRole.Link, new() { Name = "Databases", Exact = true }).ClickAsync();
        await Expect(steps).ToContainTextAsync("1 destination defined.");
        await steps.GetByRole(AriaRole.Link, new() { Name = "Add a server-wide backup task" }).ClickAsync();
        await page.GetByLabel("Task name").FillAsync("nightly");
        await page.GetByText("Snapshot: an image").ClickAsync();
        await page.GetByLabel("nas", new() { Exact = true }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Full backup of all databases" }).ClickAsync();
        await Expect(page.GetByText("1 protected")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Databases", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new("^orders.db") })).ToContainTextAsync("Protected");
        await Expect(steps).ToHaveCountAsync(0);
        Assert.Single(studio.Place.Archives());
        Assert.Empty(studio.Complaints);
    }
}
