using System.Text.Json.Nodes;
using Holdfast.EndToEnd.Faults;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>Running and finished operations.</summary>
public sealed class OperationsTests(Chromium chromium)
{
    [Fact]
    public async Task Running_operations_are_shown_live_and_can_be_aborted_and_delayed()
    {
        // While the gate is closed, a backup stops at its first write to the destination: it runs for as long as the test needs.
        var place = new Workspace();
        using var gate = await FaultShim.CreateAsync(Path.GetTempPath(), $"{place.Destination}/nas");
        await using var studio = await StudioServer.StartAsync(p => p.Make("busy.db", 200), place: place, before: gate.Export);
        await studio.ProtectAsync();
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/operations");
        await Expect(page.GetByText("No operations are running.")).ToBeVisibleAsync();
        await Expect(page.GetByText("No operations yet.")).ToBeVisibleAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        Close(gate);
        await StartBackupAsync(studio);
        await Expect(page.GetByRole(AriaRole.Progressbar, new() { Name = "Full backup of local/busy.db" })).ToBeVisibleAsync();
        await Expect(page.Locator(".running")).ToContainTextAsync("requested by token admin-token-file");
        await Axe.CheckAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Abort: Full backup of local/busy.db" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("Older backups and the database remain unchanged.");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Abort" }).ClickAsync();
        await Expect(page.GetByText("No operations are running.")).ToBeVisibleAsync();
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("Aborted");
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("An operator aborted it.");

        Close(gate);
        await StartBackupAsync(studio);
        await page.Locator(".running").GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Full backup of local/busy.db" })).ToBeVisibleAsync();
        var log = page.GetByLabel("Log entries");
        await Expect(log).ToContainTextAsync("requested by token:admin-token-file");
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Delay") }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "3 h" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Delay" }).ClickAsync();
        await Expect(log).ToContainTextAsync("postponed by operator-person");
        await Expect(page.Locator(".operation-line")).ToContainTextAsync("Aborted");
        await Axe.CheckAsync(page, "delayed");

        gate.Clear();
        var delayed = (await studio.Server.ListAsync("databases/local%2Fbusy.db/tasks"))[0]["nextBackup"]!;
        Assert.Equal("Delay", (string?)delayed["reason"]);
        Assert.InRange((DateTimeOffset)delayed["at"]! - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(170), TimeSpan.FromMinutes(180));

        // A backup that completes while the page is open appears automatically.
        await page.GotoAsync("/operations");
        await StartBackupAsync(studio);
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Finished operations by state" })).ToContainTextAsync("Completed");
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task Finished_operations_are_filtered_paged_and_explained()
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
        await Expect(page.GetByText("No operations match this filter.")).ToBeVisibleAsync();
        Assert.Empty(studio.Complaints);
    }

    // Opens the gate for what has been aborted, and closes it for the next backup.
    private static void Close(FaultShim gate) => gate.Set(FaultCalls.Write, FaultAction.Freeze);

    private static async Task StartBackupAsync(StudioServer studio)
    {
        var task = (await studio.Server.ListAsync("databases/local%2Fbusy.db/tasks"))[0]["id"]!;
        await studio.Server.SendAsync(
            HttpMethod.Post,
            $"databases/local%2Fbusy.db/tasks/{task}/backup",
            new JsonObject { ["kind"] = "Full" }
        );
    }
}
