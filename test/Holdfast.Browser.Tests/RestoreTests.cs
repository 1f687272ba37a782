using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>The restore wizard.</summary>
public sealed class RestoreTests(Chromium chromium)
{
    [Fact]
    public async Task A_backup_is_restored_as_a_new_database_with_the_same_contents()
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
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Select the location of the backup" })).ToBeVisibleAsync();
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
        await Expect(page.GetByText("The new database will be local/back/orders.db on node A.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Review the restore" })).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("Regular tasks of local/orders.db are not copied.");
        await Axe.CheckAsync(page);
        Assert.False(File.Exists($"{studio.Place.Source}/back/orders.db"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        var open = page.GetByRole(AriaRole.Link, new() { Name = "Open local/back/orders.db" });
        await Expect(open).ToHaveAttributeAsync("href", "/databases/local%2Fback%2Forders.db/tasks");
        await Axe.CheckAsync(page);
        Assert.Equal(before, studio.Place.SourceContents("back/orders.db"));
        Assert.NotEqual(before, studio.Place.SourceContents("orders.db")); // the original is unchanged

        // The URL contains the state of the wizard: it survives a reload.
        await page.ReloadAsync();
        await Expect(open).ToBeVisibleAsync();
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task Skipped_files_are_listed_and_a_restored_file_keeps_mode_and_owner_on_request()
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
        await page.GetByRole(AriaRole.Link, new() { Name = "1 file skipped in local" }).ClickAsync();
        var panel = page.GetByRole(AriaRole.Region, new() { Name = "Skipped files of local" });
        await Expect(panel.GetByRole(AriaRole.Row).Filter(new() { HasText = "notes.txt" }))
            .ToContainTextAsync("not a database according to its header");
        await Axe.CheckAsync(page);

        await page.GotoAsync("/restore?from=local%2Fa.db");
        await page.Locator(".points-and-days tbody tr").Filter(new() { HasText = "nas" }).GetByRole(AriaRole.Link).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Expect(main).ToContainTextAsync("mode: 0600 (no access for other users)");
        await page.GetByRole(AriaRole.Checkbox, new() { NameRegex = new("^Keep the original mode 0640") }).CheckAsync();
        await Expect(main).ToContainTextAsync("; mode: 0640");
        await page.GetByRole(AriaRole.Checkbox, new() { NameRegex = new("^Keep the original owner ") }).CheckAsync();
        await Expect(main).ToContainTextAsync("if the server has permission to change the owner");
        await Axe.CheckAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open local/a-restored.db" })).ToBeVisibleAsync();
        Assert.Equal(Mode, File.GetUnixFileMode($"{studio.Place.Source}/a-restored.db"));
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task A_key_is_requested_if_needed_and_a_wrong_key_is_distinguished_from_a_missing_one()
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
                ["fullBackup"] = $"0 {StudioServer.QuietHour} * * 0",
                ["timeZone"] = "UTC",
                ["destinations"] = new JsonArray("nas"),
                ["encryption"] = new JsonObject { ["mode"] = "Recipients", ["recipients"] = new JsonArray(own.Recipient.ToString()) },
            }
        );
        await studio.RunAsync("sealed");
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/restore?from=local%2Fsecret.db");
        await page.Locator(".points-and-days tbody tr").Filter(new() { HasText = "nas" }).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByText("The server does not have its key.")).ToContainTextAsync($"Enter key {own.Recipient.KeyId}");
        await Axe.CheckAsync(page);

        var key = page.GetByLabel("Key", new() { Exact = true });
        await key.FillAsync("not a key");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check", Exact = true }).ClickAsync();
        await Expect(page.GetByText("One of the keys is not valid.")).ToBeVisibleAsync();
        await Axe.CheckAsync(page, "no key");
        await key.FillAsync(other.ToSecretKey());
        await page.GetByRole(AriaRole.Button, new() { Name = "Check", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(own.Recipient.KeyId);
        await Expect(page.GetByText("The server does not have its key.")).ToHaveCountAsync(0);
        await Axe.CheckAsync(page, "wrong key");
        await key.FillAsync(own.ToSecretKey());
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Expect(page.GetByText("the key you entered; it is not stored")).ToBeVisibleAsync();
        Assert.DoesNotContain(own.ToSecretKey(), page.Url + await page.ContentAsync(), StringComparison.OrdinalIgnoreCase);
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open local/secret-restored.db" })).ToBeVisibleAsync();
        Assert.Equal(studio.Place.SourceContents("secret.db"), studio.Place.SourceContents("secret-restored.db"));
        foreach (var file in Workspace.Files($"{studio.Place.Root}/node"))
        {
            Assert.DoesNotContain(own.ToSecretKey(), await ReadAsync(file), StringComparison.OrdinalIgnoreCase);
        }

        // Only that page had the key.
        await page.GotoAsync(new Uri(page.Url).PathAndQuery.Replace("operation=", "step=summary&was=", StringComparison.Ordinal));
        await Expect(page.GetByText("The server does not have its key.")).ToBeVisibleAsync();
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task A_path_lists_its_databases_and_a_dropped_one_is_restored_under_its_original_name()
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
            "the drop was not discovered"
        );
        var page = await studio.PageAsync(chromium, "Operator");
        await page.GotoAsync("/restore");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Path" }).FillAsync("/etc");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search for backups" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("lies outside of the folders that this node may use");
        await page.GetByRole(AriaRole.Link, new() { Name = "Choose another location" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await page.SettleAsync(); // otherwise the text would be typed into the page that is being left
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Path" }).FillAsync($"{studio.Place.Destination}/nas");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("Found backups of 6 databases");
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
    public async Task An_unreadable_backup_is_reported_before_the_restore_and_a_failed_restore_can_be_repeated()
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
        await page.GetByRole(AriaRole.Link, new() { Name = "Choose another restore point" }).ClickAsync();

        await File.WriteAllBytesAsync(archive, whole, TestContext.Current.CancellationToken);
        await point.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        whole[whole.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(archive, whole, TestContext.Current.CancellationToken);
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Expect(page.GetByText("No database was created, and the partial data was removed.")).ToBeVisibleAsync();
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

    // The server may be writing to the file at the same time.
    private static async Task<string> ReadAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
