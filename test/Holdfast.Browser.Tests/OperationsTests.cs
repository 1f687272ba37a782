using System.Text.Json.Nodes;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>Operations: what runs, live, and what has run.</summary>
public sealed class OperationsTests(Chromium chromium)
{
    [Fact]
    public async Task What_runs_is_shown_live_and_can_be_aborted_and_delayed()
    {
        // its writers and its backup wait for each other
        await using var studio = await StudioServer.StartAsync(place => place.Make("busy.db", 200));
        await studio.ProtectAsync();
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/operations");
        await Expect(page.GetByText("Nothing runs.")).ToBeVisibleAsync();
        await Expect(page.GetByText("Nothing has run yet.")).ToBeVisibleAsync();
        using (var writer = SqliteConnection.Open($"{studio.Place.Source}/busy.db", SqliteConstants.OpenReadWrite))
        {
            writer.Execute("BEGIN EXCLUSIVE");
            var abort = page.GetByRole(AriaRole.Button, new() { Name = "Abort: Full backup of local/busy.db" });
            var dialog = page.GetByRole(AriaRole.Dialog);
            await BeginAsync(studio);
            await Expect(page.GetByRole(AriaRole.Progressbar, new() { Name = "Full backup of local/busy.db" })).ToBeVisibleAsync();
            await Expect(page.Locator(".running")).ToContainTextAsync("asked for by token admin-token-file");
            await Axe.CheckAsync(page);
            await EndAsync(studio);

            await BeginAsync(studio);
            await abort.ClickAsync();
            await Expect(dialog).ToContainTextAsync("Older backups stay");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Abort" }).ClickAsync();
            await Expect(page.GetByText("Nothing runs.")).ToBeVisibleAsync();
            await Expect(page.Locator("tbody tr").First).ToContainTextAsync("Aborted");
            await Expect(page.Locator("tbody tr").First).ToContainTextAsync("An operator aborted it.");

            await BeginAsync(studio);
            await page.Locator(".running").GetByRole(AriaRole.Link).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Full backup of local/busy.db" })).ToBeVisibleAsync();
            await Expect(page.GetByLabel("Lines of the log")).ToContainTextAsync("requested by token:admin-token-file");
            await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Delay") }).ClickAsync();
            await dialog.GetByRole(AriaRole.Button, new() { Name = "3 h" }).ClickAsync();
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Delay" }).ClickAsync();
            await Expect(page.GetByLabel("Lines of the log")).ToContainTextAsync("postponed by operator-person");
            await Expect(page.Locator(".operation-line")).ToContainTextAsync("Aborted");
            await Axe.CheckAsync(page, "delayed");
        }

        var delayed = (await studio.Server.ListAsync("databases/local%2Fbusy.db/tasks"))[0]["nextBackup"]!;
        Assert.Equal("Delay", (string?)delayed["reason"]);
        Assert.InRange((DateTimeOffset)delayed["at"]! - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(170), TimeSpan.FromMinutes(180));

        // One that goes well, too, shows by itself.
        await page.GotoAsync("/operations");
        await BeginAsync(studio);
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Finished operations by state" })).ToContainTextAsync("Completed");
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task What_has_run_is_filtered_paged_and_explained()
    {
        await using var studio = await StudioServer.StartAsync(place =>
        {
            for (var i = 0; i < 60; i++)
            {
                place.Make($"tenants/t{i:00}.db", 5);
            }
            place.Make("orders.db", 300);
        });
        await studio.ProtectAsync();
        await studio.RunAsync();
        await studio.RunAsync(kind: "Incremental");
        await File.WriteAllTextAsync($"{studio.Place.Destination}/file", "", TestContext.Current.CancellationToken);
        await studio.Server.SendAsync(
            HttpMethod.Put,
            "destinations/away",
            new JsonObject { ["kind"] = "local", ["path"] = $"{studio.Place.Destination}/file/away" }
        );
        await studio.Server.SendAsync(
            HttpMethod.Post,
            "databases/local%2Forders.db/backup",
            new JsonObject { ["destinations"] = new JsonArray("nas", "away") }
        );
        await studio.Server.QuietAsync();
        var page = await studio.PageAsync(chromium, "Viewer");
        await page.GotoAsync("/operations");
        var rows = page.Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(50);
        await page.GetByRole(AriaRole.Button, new() { Name = "Load more" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(123);
        await page.GetByLabel("Database").FillAsync("ORDERS");
        await Expect(rows).ToHaveCountAsync(3);
        await Axe.CheckAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Completed with errors" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(1);
        await page.ReloadAsync();
        await Expect(rows).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Link, new() { Name = "One-time backup of local/orders.db" }).ClickAsync();
        await Expect(page.Locator(".destinations tr").Filter(new() { HasText = "away" })).ToContainTextAsync("Failed");
        await Expect(page.Locator(".destinations tr").Filter(new() { HasText = "nas" })).ToContainTextAsync("Stored");
        await Axe.CheckAsync(page);
        await page.GotoAsync("/operations?kind=Restore");
        await Expect(page.GetByText("No operation fits this filter.")).ToBeVisibleAsync();
        Assert.Empty(studio.Complaints);
    }

    private static async Task BeginAsync(StudioServer studio)
    {
        var task = (await studio.Server.ListAsync("databases/local%2Fbusy.db/tasks"))[0]["id"]!;
        await studio.Server.SendAsync(
            HttpMethod.Post,
            $"databases/local%2Fbusy.db/tasks/{task}/backup",
            new JsonObject { ["kind"] = "Full" }
        );
    }

    // What waits for the database gives up by itself after a while, too.
    private static async Task EndAsync(StudioServer studio)
    {
        foreach (var running in await studio.Server.ListAsync("operations?ended=false"))
        {
            await studio.Server.TryAsync(HttpMethod.Post, $"operations/{running["id"]}/abort");
        }
        await studio.Server.QuietAsync();
    }
}
