using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>The backups of a database: its chains and their copies.</summary>
public sealed class BackupsTests(Chromium chromium)
{
    [Fact]
    public async Task Chains_show_their_copies_and_each_point_can_be_restored()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.Server.SendAsync(
            HttpMethod.Put,
            "destinations/offsite",
            new JsonObject { ["kind"] = "local", ["path"] = $"{studio.Place.Destination}/offsite" }
        );
        await studio.ProtectAsync();
        var template = (await studio.Server.GetAsync("server-wide-backups/nightly"))["definition"]!.DeepClone();
        template["destinations"] = new JsonArray("nas", "offsite");
        await studio.Server.SendAsync(HttpMethod.Put, "server-wide-backups/nightly", template);
        for (var i = 0; i < 6; i++)
        {
            studio.Place.Sql("orders.db", $"INSERT INTO t(v, s) SELECT randomblob(1000), 'more' FROM t LIMIT {20 * (i + 1)}");
            await studio.RunAsync(kind: i % 3 == 0 ? "Full" : "Incremental");
        }

        File.Delete(
            Workspace
                .Files($"{studio.Place.Destination}/offsite/local/orders.db")
                .Last(f => f.EndsWith(".tar.zst", StringComparison.Ordinal))
        );
        var page = await studio.PageAsync(chromium);
        await page.GotoAsync("/databases/local%2Forders.db/backups");
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("6 in 2 chains");
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("1 archive missing");
        await Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("^Sizes of the last 6 archives") })).ToBeVisibleAsync();
        var chains = page.Locator(".chain");
        await Expect(chains).ToHaveCountAsync(2);
        await Expect(chains.First.GetByLabel("Destinations")).ToContainTextAsync("1 of 3 missing");
        await Axe.CheckAsync(page);

        await chains.Last.Locator("button[aria-expanded]").ClickAsync();
        await Expect(chains.Last.Locator("tbody tr")).ToHaveCountAsync(3);
        await Expect(chains.First.Locator("tbody tr")).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(chains.Last.Locator("tbody tr")).ToHaveCountAsync(3); // the URL contains the open chain
        await chains.Last.GetByRole(AriaRole.Link, new() { NameRegex = new("^Restore \\d") }).First.ClickAsync();
        await Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("orders-restored.db");

        // A verification reads every byte of a chain, and the page shows its result.
        await page.GotoAsync("/databases/local%2Forders.db/backups");
        await Expect(chains.First).ToContainTextAsync("never verified");
        await page.GetByRole(AriaRole.Button, new() { Name = "Verify all" }).ClickAsync();
        await Expect(chains.First.GetByLabel("Destinations")).ToContainTextAsync(new Regex("(?<!never )verified "));
        await Expect(chains.First.Locator("tbody tr").Last).ToContainTextAsync(new Regex("(?<!Not )Verified\\b"));
        var damaged = Workspace
            .Files($"{studio.Place.Destination}/nas/local/orders.db")
            .Last(f => f.EndsWith(".tar.zst", StringComparison.Ordinal));
        await File.WriteAllBytesAsync(
            damaged,
            (await File.ReadAllBytesAsync(damaged, TestContext.Current.CancellationToken))
                .Select((b, i) => i == 300 ? (byte)(b ^ 1) : b)
                .ToArray(),
            TestContext.Current.CancellationToken
        );
        await page.GetByRole(AriaRole.Button, new() { Name = "Verify this chain" }).ClickAsync();
        await Expect(chains.First.GetByLabel("Destinations")).ToContainTextAsync("1 archive damaged");
        await Expect(chains.First.Locator("tbody tr").First).ToContainTextAsync("Damaged at nas");
        await Axe.CheckAsync(page, "damaged");

        // A backup that completes while the page is open appears automatically.
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
        await Expect(viewer.GetByRole(AriaRole.Button, new() { NameRegex = new("^Verify") })).ToHaveCountAsync(0);
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task Retention_is_previewed_and_a_blocked_deletion_runs_after_approval()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        await studio.RunAsync();
        var chain = Directory.GetDirectories($"{studio.Place.Destination}/nas/local/orders.db").Single();
        var archive = Directory.GetFiles(chain, "*.tar.zst").Single();
        for (var day = 1; day <= 4; day++)
        {
            var old = Directory.CreateDirectory(chain.Replace(Path.GetFileName(chain)[..10], $"2025-03-0{day}", StringComparison.Ordinal));
            File.Copy(archive, $"{old.FullName}/2025-03-0{day}{Path.GetFileName(archive)[10..]}");
        }

        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/databases/local%2Forders.db/tasks");
        await page.GetByRole(AriaRole.Button, new() { Name = "Details" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview retention" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("4 chains have expired. 1 chain is kept.");
        await Expect(dialog).ToContainTextAsync("Approval needed");
        await Axe.CheckAsync(page);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Approve and delete 4 chains" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("No chains have expired. 1 chain is kept.");
        Assert.Equal([chain], Directory.GetDirectories($"{studio.Place.Destination}/nas/local/orders.db"));
    }

    [Fact]
    public async Task An_unavailable_destination_is_named_and_a_database_without_backups_shows_what_to_do()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        var page = await studio.PageAsync(chromium);
        await page.GotoAsync("/databases/local%2Farticles.db/backups");
        await Expect(page.GetByText("No backups of this database yet.")).ToBeVisibleAsync();
        await Axe.CheckAsync(page);
        await File.WriteAllTextAsync($"{studio.Place.Destination}/file", "", TestContext.Current.CancellationToken);
        await studio.Server.SendAsync(
            HttpMethod.Put,
            "destinations/away",
            new JsonObject { ["kind"] = "local", ["path"] = $"{studio.Place.Destination}/file/away" }
        );
        await page.ReloadAsync();
        await Expect(page.GetByText("Cannot list the backups at destination away")).ToBeVisibleAsync();
    }
}
