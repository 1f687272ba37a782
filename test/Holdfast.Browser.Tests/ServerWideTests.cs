using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Server-wide backup tasks, from an empty server to completed backups.</summary>
public sealed class ServerWideTests(Chromium chromium)
{
    [Fact]
    public async Task An_empty_server_is_set_up_until_all_databases_are_backed_up()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/server-wide-backup");
        await page.GetByRole(AriaRole.Link, new() { Name = "Add Server-Wide Backup Task" }).First.ClickAsync();
        await page.GetByLabel("Task name").FillAsync("nightly");
        await page.GetByText("Snapshot: an image").ClickAsync();
        await page.GetByText("With a key that this server stores").ClickAsync();
        await page.GetByText("Also encrypt snapshots of unencrypted databases").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("nas");
        await page.GetByLabel("Folder", new() { Exact = true }).FillAsync($"{studio.Place.Destination}/nas");
        await page.GetByRole(AriaRole.Button, new() { Name = "Define destination" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("nas", new() { Exact = true })).ToBeCheckedAsync();
        await page.GetByLabel("Database or pattern").FillAsync("local/tmp*");
        await page.GetByRole(AriaRole.Button, new() { Name = "Exclude", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("matches no existing database")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Covers 6 databases (6 as snapshot).")).ToBeVisibleAsync();
        await Axe.CheckAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();

        // The key is shown once, and the user must confirm it.
        await Assertions
            .Expect(page.GetByLabel("age secret key", new() { Exact = true }))
            .ToHaveValueAsync(new System.Text.RegularExpressions.Regex("^AGE-SECRET-KEY-1"));
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Done" })).ToBeDisabledAsync();
        await page.GetByText("I have saved this key").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Full backup of all databases" }).ClickAsync();
        await Assertions.Expect(page.GetByText("6 protected")).ToBeVisibleAsync();
        Assert.Equal(6, studio.Place.Archives().Length);
        Assert.All(studio.Place.Archives(), a => Assert.EndsWith(".age", a, StringComparison.Ordinal));
        await page.GetByText("6 protected").ClickAsync();
        await Assertions.Expect(page.GetByText("Covered by nightly")).ToBeVisibleAsync();
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task Errors_appear_at_their_fields_and_a_concurrent_change_is_shown_on_saving()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/server-wide-backup/nightly");
        await page.GetByLabel("Keep at least (days)").FillAsync("0.5");
        await page.GetByLabel("Keep at least (days)").BlurAsync();
        await page.GetByLabel("Cron", new() { Exact = true }).First.FillAsync("0 2 30 2 *");
        await Assertions.Expect(page.GetByText("'0 2 30 2 *' never occurs.").First).ToBeVisibleAsync();
        await page.GetByLabel("Cron", new() { Exact = true }).First.FillAsync("0 4 * * 6");
        await Assertions.Expect(page.GetByText("Every Saturday at 04:00")).ToBeVisibleAsync();

        await studio.ProtectAsync(fullBackup: "0 1 * * 0"); // another user
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions
            .Expect(page.GetByText($"the full schedule is now 0 1 * * 0 (was 0 {StudioServer.QuietHour} * * 0)"))
            .ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Overwrite with my changes" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Server-Wide Backup" })).ToBeVisibleAsync();
        Assert.Equal(
            "0 4 * * 6",
            (await studio.Server.GetAsync("server-wide-backups/nightly"))["definition"]!["fullBackup"]!.GetValue<string>()
        );
    }

    [Fact]
    public async Task The_tasks_of_a_database_run_from_its_page_and_a_server_wide_one_cannot_be_edited_there()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/databases/local%2Forders.db/tasks");
        var card = page.GetByLabel("Server Wide Backup, nightly", new() { Exact = true });
        await Assertions.Expect(card.GetByText("No backup yet")).ToBeVisibleAsync();
        await card.GetByRole(AriaRole.Button, new() { Name = "Back up now" }).ClickAsync();
        await page.GetByText("Full backup of this database").ClickAsync();
        await Assertions.Expect(card.GetByText("Protected")).ToBeVisibleAsync();
        Assert.Single(studio.Place.Archives());
        await card.GetByRole(AriaRole.Button, new() { Name = "Details" }).ClickAsync();
        await Assertions.Expect(card.GetByText("Responsible node")).ToBeVisibleAsync();
        await Assertions.Expect(card.GetByRole(AriaRole.Button, new() { Name = "Delete" })).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Link, new() { Name = "Add task" }).ClickAsync();
        await page.GetByLabel("Task name").FillAsync("hourly");
        await page.GetByText("Backup: logical").ClickAsync();
        await page.GetByLabel("nas", new() { Exact = true }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("hourly", new() { Exact = true }).GetByText("Regular")).ToBeVisibleAsync();
        await Axe.CheckAsync(page);

        var viewer = await studio.PageAsync(chromium, "Viewer");
        await viewer.GotoAsync("/databases/local%2Forders.db/tasks");
        await Assertions.Expect(viewer.GetByRole(AriaRole.Button, new() { Name = "Details" }).First).ToBeVisibleAsync();
        await Assertions.Expect(viewer.GetByRole(AriaRole.Button, new() { Name = "Back up now" })).ToHaveCountAsync(0);
        Assert.Empty(studio.Complaints);
    }
}
