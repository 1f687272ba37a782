using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.EndToEnd.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>The restore wizard: the way back on the worst day of the year.</summary>
public sealed class RestoreTests(Chromium chromium)
{
    [Fact]
    public async Task A_backup_becomes_a_new_database_that_holds_what_the_old_one_did()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        await studio.RunAsync();
        var before = studio.Place.SourceContents("orders.db");
        studio.Place.Sql("orders.db", "INSERT INTO t(v, s) VALUES (x'00', 'later')");
        await studio.RunAsync(kind: "Incremental");
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "New database from backup" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Where is the backup?" })).ToBeVisibleAsync();
        await Axe.CheckAsync(page);
        await page.GetByLabel("Search").FillAsync("orders.d");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "local/articles.db" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Link, new() { Name = "local/orders.db" }).ClickAsync();

        var rows = page.Locator(".points-and-days tbody tr", new() { HasText = "nas" });
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.First).ToContainTextAsync("Incremental");
        await Axe.CheckAsync(page);
        await rows.Last.GetByRole(AriaRole.Link).ClickAsync();

        var name = page.GetByLabel("Name", new() { Exact = true });
        await Expect(name).ToHaveValueAsync("orders-restored.db");
        await name.FillAsync("articles.db");
        await Expect(page.GetByText("local/articles.db already exists.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Next" })).ToBeDisabledAsync();
        await Axe.CheckAsync(page);
        await name.FillAsync("back/orders.db");
        await Expect(page.GetByText("It becomes local/back/orders.db, on node A.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Is this right?" })).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("Regular tasks of local/orders.db are not copied.");
        await Axe.CheckAsync(page);
        Assert.False(File.Exists($"{studio.Place.Source}/back/orders.db"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        var open = page.GetByRole(AriaRole.Link, new() { Name = "Open local/back/orders.db" });
        await Expect(open).ToHaveAttributeAsync("href", "/databases/local%2Fback%2Forders.db/tasks");
        await Axe.CheckAsync(page);
        Assert.Equal(before, studio.Place.SourceContents("back/orders.db"));
        Assert.NotEqual(before, studio.Place.SourceContents("orders.db")); // the old one was left alone

        // The address is where it stands: loaded anew, it says the same.
        await page.ReloadAsync();
        await Expect(open).ToBeVisibleAsync();
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task What_was_passed_over_is_shown_and_a_restored_file_keeps_mode_and_owner_where_that_is_wanted()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        await using var studio = await StudioServer.StartAsync(place =>
        {
            place.Make("a.db");
            File.SetUnixFileMode($"{place.Source}/a.db", Mode);
            File.WriteAllText($"{place.Source}/notes.txt", "no database, but long enough to have a header, if it were one");
        });
        await studio.ProtectAsync();
        await studio.RunAsync();
        var page = await studio.PageAsync(chromium, "Operator");
        var main = page.GetByRole(AriaRole.Main);
        await page.OpenAsync("/server/sources");
        await page.GetByRole(AriaRole.Link, new() { Name = "1 file passed over in local" }).ClickAsync();
        var panel = page.GetByRole(AriaRole.Region, new() { Name = "Passed over at local" });
        await Expect(panel.GetByRole(AriaRole.Row).Filter(new() { HasText = "notes.txt" })).ToContainTextAsync("no database by its header");
        await Axe.CheckAsync(page);

        await page.GotoAsync("/restore?from=local%2Fa.db");
        await page.Locator(".points-and-days tbody tr").Filter(new() { HasText = "nas" }).GetByRole(AriaRole.Link).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Expect(main).ToContainTextAsync("nobody else may read or write it (mode 0600)");
        await page.GetByRole(AriaRole.Checkbox, new() { NameRegex = new("^Mode of the original: 0640") }).CheckAsync();
        await Expect(main).ToContainTextAsync("; mode 0640");
        await page.GetByRole(AriaRole.Checkbox, new() { NameRegex = new("^Owner of the original: ") }).CheckAsync();
        await Expect(main).ToContainTextAsync("if the server may give files away");
        await Axe.CheckAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open local/a-restored.db" })).ToBeVisibleAsync();
        Assert.Equal(Mode, File.GetUnixFileMode($"{studio.Place.Source}/a-restored.db"));
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task A_key_is_asked_for_where_it_is_needed_and_a_wrong_one_is_told_from_a_missing_one()
    {
        await using var studio = await StudioServer.StartAsync(place => place.Make("secret.db", 200));
        var (own, other) = (AgeIdentity.Generate(), AgeIdentity.Generate());
        await studio.Server.SendAsync(
            HttpMethod.Put,
            "destinations/nas",
            new JsonObject { ["kind"] = "local", ["path"] = $"{studio.Place.Destination}/nas" }
        );
        await studio.Server.SendAsync(
            HttpMethod.Put,
            "server-wide-backups/sealed",
            new JsonObject
            {
                ["type"] = "Backup",
                ["fullBackup"] = "0 2 * * 0",
                ["timeZone"] = "UTC",
                ["destinations"] = new JsonArray("nas"),
                ["encryption"] = new JsonObject { ["mode"] = "Recipients", ["recipients"] = new JsonArray(own.Recipient.ToString()) },
            }
        );
        await studio.RunAsync("sealed");
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/restore?from=local%2Fsecret.db");
        await page.Locator(".points-and-days tbody tr").Filter(new() { HasText = "nas" }).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByText("The server keeps no key that opens it.")).ToContainTextAsync($"It needs key {own.Recipient.KeyId}");
        await Axe.CheckAsync(page);

        var key = page.GetByLabel("Key", new() { Exact = true });
        await key.FillAsync("not a key");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await Expect(page.GetByText("One of the keys is not valid.")).ToBeVisibleAsync();
        await Axe.CheckAsync(page, "no key");
        await key.FillAsync(other.ToSecretKey());
        await page.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(own.Recipient.KeyId);
        await Expect(page.GetByText("The server keeps no key")).ToHaveCountAsync(0);
        await Axe.CheckAsync(page, "wrong key");
        await key.FillAsync(own.ToSecretKey());
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Expect(page.GetByText("the one you gave; it is not stored")).ToBeVisibleAsync();
        Assert.DoesNotContain(own.ToSecretKey(), page.Url + await page.ContentAsync(), StringComparison.OrdinalIgnoreCase);
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open local/secret-restored.db" })).ToBeVisibleAsync();
        Assert.Equal(studio.Place.SourceContents("secret.db"), studio.Place.SourceContents("secret-restored.db"));
        foreach (var file in Workspace.Files($"{studio.Place.Root}/node"))
        {
            Assert.DoesNotContain(own.ToSecretKey(), await ReadAsync(file), StringComparison.OrdinalIgnoreCase);
        }

        // The key lived on that page only.
        await page.GotoAsync(new Uri(page.Url).PathAndQuery.Replace("operation=", "step=summary&was=", StringComparison.Ordinal));
        await Expect(page.GetByText("The server keeps no key that opens it.")).ToBeVisibleAsync();
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task A_root_lists_its_databases_and_one_that_was_dropped_comes_back_under_its_name()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        await studio.RunAsync();
        var before = studio.Place.SourceContents("tenants/ash.db");
        foreach (var file in Directory.GetFiles($"{studio.Place.Source}/tenants", "ash.db*"))
        {
            File.Delete(file);
        }
        await studio.Server.UntilAsync(
            async () => (await studio.Server.GetAsync("databases/local%2Ftenants%2Fash.db"))["dropped"] is not null,
            "it is not seen that it was dropped"
        );
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/restore");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Path" }).FillAsync("/etc");
        await page.GetByRole(AriaRole.Button, new() { Name = "Look there" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("lies outside of the folders that this node may use");
        await page.GetByRole(AriaRole.Link, new() { Name = "Look somewhere else" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await page.SettleAsync(); // or what is typed goes with the page that is left
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Path" }).FillAsync($"{studio.Place.Destination}/nas");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("6 databases with backups were found");
        await Axe.CheckAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "local/tenants/ash.db" }).ClickAsync();
        await page.Locator(".points-and-days tbody tr td.lead a").First.ClickAsync();
        await Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("tenants/ash.db");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open local/tenants/ash.db" })).ToBeVisibleAsync();
        Assert.Equal(before, studio.Place.SourceContents("tenants/ash.db"));
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_before_anything_is_made_and_what_fails_on_the_way_leads_back()
    {
        await using var studio = await StudioServer.StartAsync(place => place.Make("a.db", 200));
        await studio.ProtectAsync();
        await studio.RunAsync();
        var archive = Assert.Single(Workspace.Files($"{studio.Place.Destination}/nas"), f =>
            f.EndsWith(".tar.zst", StringComparison.Ordinal)
        );
        var whole = await File.ReadAllBytesAsync(archive, TestContext.Current.CancellationToken);
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/restore?from=local%2Fa.db");
        var point = page.Locator(".points-and-days tbody tr td.lead a").First;
        await File.WriteAllBytesAsync(archive, whole[..^100], TestContext.Current.CancellationToken);
        await point.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("is truncated");
        await Axe.CheckAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Choose another point" }).ClickAsync();

        await File.WriteAllBytesAsync(archive, whole, TestContext.Current.CancellationToken);
        await point.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        whole[whole.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(archive, whole, TestContext.Current.CancellationToken);
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Expect(page.GetByText("Nothing was made, and nothing is left behind.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(Path.GetFileName(archive));
        await Axe.CheckAsync(page);
        Assert.False(File.Exists($"{studio.Place.Source}/a-restored.db"));
        whole[whole.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(archive, whole, TestContext.Current.CancellationToken);
        await page.GetByRole(AriaRole.Link, new() { Name = "Try again" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open local/a-restored.db" })).ToBeVisibleAsync();
    }

    // The state may be written while it is read; what is looked for would stand there longer.
    private static async Task<string> ReadAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
