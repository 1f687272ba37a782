using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Pages that manage the server: destinations, sources, nodes, alerts, users and tokens, audit log.</summary>
public sealed class ServerPagesTests(Chromium chromium)
{
    [Fact]
    public async Task A_destination_is_added_tested_changed_and_removed_and_its_files_stay()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium, "Operator");
        var main = page.GetByRole(AriaRole.Main);
        await page.OpenAsync("/server/destinations");
        await main.GetByRole(AriaRole.Link, new() { Name = "Add destination" }).First.ClickAsync();
        await page.GetByLabel("Name").FillAsync("nas");
        await page.GetByLabel("Folder").FillAsync("/etc");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add and test" }).ClickAsync();
        await Assertions
            .Expect(page.GetByRole(AriaRole.Alert).First)
            .ToContainTextAsync("lies outside of the folders that this node may use");
        await page.GetByLabel("Folder").FillAsync($"{studio.Place.Destination}/nas");
        await page.GetByLabel("Folder").PressAsync("Enter");
        await studio.Transient.WaitAsync("'nas' works: files can be written");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "nas" });
        await Assertions.Expect(row).ToContainTextAsync("Works");

        await File.WriteAllTextAsync($"{studio.Place.Destination}/nas/kept.txt", "kept", TestContext.Current.CancellationToken);
        await page.GetByRole(AriaRole.Link, new() { Name = "Edit nas" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Folder")).ToHaveValueAsync($"{studio.Place.Destination}/nas");
        await page.GetByLabel("Folder").FillAsync($"{studio.Place.Destination}/other");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and test" }).ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync($"{studio.Place.Destination}/other");
        await Axe.CheckAsync(page);

        await page.GetByRole(AriaRole.Button, new() { Name = "Remove nas" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog).ToContainTextAsync("nothing there is deleted");
        await Axe.CheckAsync(page, "with the question open");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Assertions.Expect(page.GetByText("There is no destination yet.")).ToBeVisibleAsync();
        Assert.True(File.Exists($"{studio.Place.Destination}/nas/kept.txt"));
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task A_destination_in_use_is_not_removed_and_one_that_fails_says_why()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        var page = await studio.PageAsync(chromium, "Operator");
        await page.OpenAsync("/server/destinations");
        await Assertions
            .Expect(page.GetByRole(AriaRole.Link, new() { Name = "nightly" }))
            .ToHaveAttributeAsync("href", "/server-wide-backup/nightly");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove nas" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Destination 'nas' is used by nightly.")).ToBeVisibleAsync();

        if (Directory.Exists($"{studio.Place.Destination}/nas"))
        {
            Directory.Delete($"{studio.Place.Destination}/nas", recursive: true);
        }
        await File.WriteAllTextAsync(
            $"{studio.Place.Destination}/nas",
            "a file where the folder should be",
            TestContext.Current.CancellationToken
        );
        await page.GetByRole(AriaRole.Button, new() { Name = "Test nas" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "nas" })).ToContainTextAsync("Not recognized");
        await Axe.CheckAsync(page);

        File.Delete($"{studio.Place.Destination}/nas");
        await page.GetByRole(AriaRole.Button, new() { Name = "Initialize nas" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Initialize" }).ClickAsync();
        await studio.Transient.WaitAsync("Destination 'nas' is initialized.");
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "nas" })).Not.ToContainTextAsync("Not recognized");
    }

    [Fact]
    public async Task A_source_is_discovered_and_the_key_of_an_encrypted_database_added_and_deleted()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium, "Operator");
        await page.OpenAsync("/server/sources");
        await page.GetByRole(AriaRole.Button, new() { Name = "Discover local" }).ClickAsync();
        await studio.Transient.WaitAsync("'local': 6 databases found.");
        await Assertions
            .Expect(page.GetByLabel("a source for holdfast.json", new() { Exact = true }))
            .ToContainTextAsync("\"engine\": \"sqlite\"");

        await page.GetByRole(AriaRole.Link, new() { Name = "Add a key" }).ClickAsync();
        await page.GetByLabel("Database or glob").FillAsync("local/*.enc.db");
        await page.GetByLabel("Key", new() { Exact = true }).FillAsync("not a key");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add key" }).ClickAsync();
        await Assertions.Expect(page.Locator("form").GetByRole(AriaRole.Alert)).ToContainTextAsync("The key does not consist of 32 bytes.");
        await page.GetByLabel("Passphrase").CheckAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Passphrase" }).FillAsync("a passphrase of some length");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add key" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "local/*.enc.db" })).ToBeVisibleAsync();
        await Axe.CheckAsync(page);
        Assert.DoesNotContain("a passphrase of some length", await page.ContentAsync(), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the key of local/*.enc.db" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete key" }).ClickAsync();
        await Assertions.Expect(page.GetByText("No keys are stored.")).ToBeVisibleAsync();

        Directory.Move(studio.Place.Source, studio.Place.Source + "-away");
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Cannot be read" })).ToBeVisibleAsync();
        await page.OpenAsync("/server/alerts");
        await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "local", Exact = true }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/server/sources$"));
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task Alerts_appear_and_disappear_automatically_are_filtered_and_link_to_their_subjects()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium, "Viewer");
        await page.OpenAsync("/server/alerts");
        var rows = page.Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(6);
        await Assertions.Expect(page.GetByText("Off")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new("Warning") }).First.ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("severity=Warning$"));
        await Assertions
            .Expect(page.GetByRole(AriaRole.Link, new() { Name = "local/orders.db" }))
            .ToHaveAttributeAsync("href", "/databases/local%2Forders.db/tasks");
        await studio.ProtectAsync();
        await Assertions.Expect(page.GetByText("not yet protected at every destination")).ToBeVisibleAsync();
        await studio.RunAsync();
        await Assertions.Expect(page.GetByText("Every database is protected at every destination.")).ToBeVisibleAsync();
        await page.OpenAsync("/server/nodes");
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Live" })).ToContainTextAsync("6 tasks");
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task A_user_is_added_edited_and_deleted()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium);
        await page.OpenAsync("/server/users?add=user");
        await page.GetByLabel("Name").FillAsync("jo");
        await page.GetByLabel("Operator:").CheckAsync();
        await page.GetByLabel("Password").FillAsync("short");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add user" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Password")).ToHaveValueAsync(new Regex("^([a-z2-9]{5}-){3}[a-z2-9]{5}$"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Add user" }).ClickAsync();
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "jo" });
        await Assertions.Expect(row).ToContainTextAsync("Must change password");
        await Assertions.Expect(row).ToContainTextAsync("Operator");

        await page.GetByRole(AriaRole.Link, new() { Name = "Edit jo" }).ClickAsync();
        await page.GetByLabel("Viewer:").CheckAsync();
        await page.GetByLabel("Disabled").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync("Disabled");
        await Assertions.Expect(row).ToContainTextAsync("Viewer");
        await Axe.CheckAsync(page);

        await page.GetByRole(AriaRole.Button, new() { Name = "Delete user jo" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete user" }).ClickAsync();
        await Assertions.Expect(row).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Delete user admin-person" })).ToBeDisabledAsync();
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task A_token_is_shown_once_works_and_is_revoked_when_it_is_deleted()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium);
        await page.OpenAsync("/server/users");
        await page.GetByRole(AriaRole.Link, new() { Name = "Create token" }).ClickAsync();
        await page.GetByLabel("Purpose").FillAsync("nightly report");
        await page.GetByLabel("Expires").ClickAsync();
        await page.GetByText("in 30 days").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create token" }).ClickAsync();
        var shown = page.GetByLabel("the token", new() { Exact = true });
        var token = await shown.TextContentAsync();
        Assert.StartsWith("holdfast_", token, StringComparison.Ordinal);
        using var program = new HttpClient
        {
            BaseAddress = studio.Address,
            DefaultRequestHeaders = { Authorization = new("Bearer", token) },
        };
        Assert.True((await program.GetAsync("api/v1/databases", TestContext.Current.CancellationToken)).IsSuccessStatusCode);
        await Axe.CheckAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Assertions.Expect(shown).ToHaveCountAsync(0);
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "nightly report" });
        await Assertions.Expect(row).ToContainTextAsync("in 29 d");
        await page.ReloadAsync();
        await page.SettleAsync();
        Assert.DoesNotContain(token!, await page.ContentAsync(), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Button, new() { Name = "Delete token nightly report" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete token" }).ClickAsync();
        await Assertions.Expect(row).ToHaveCountAsync(0);
        Assert.Equal(
            System.Net.HttpStatusCode.Unauthorized,
            (await program.GetAsync("api/v1/databases", TestContext.Current.CancellationToken)).StatusCode
        );
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task The_audit_log_is_searched_and_paged()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        for (var i = 0; i < 110; i++)
        {
            await studio.Server.SendAsync(HttpMethod.Post, "destinations/nas/test");
        }
        var page = await studio.PageAsync(chromium);
        await page.OpenAsync("/server/audit");
        var rows = page.Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(100);
        await page.GetByRole(AriaRole.Button, new() { Name = "Load more" }).ClickAsync();
        await Assertions.Expect(rows).Not.ToHaveCountAsync(100);
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Load more" })).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByText("_blazor")).ToHaveCountAsync(0);
        await page.GetByLabel("Search").FillAsync("NIGHTLY");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await Assertions.Expect(rows).ToContainTextAsync("Define server-wide backup");
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("search=NIGHTLY$"));
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task Changes_by_other_clients_appear_automatically()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium, "Viewer");
        await page.OpenAsync("/server/destinations");
        await Assertions.Expect(page.GetByText("There is no destination yet.")).ToBeVisibleAsync();
        await studio.Server.SendAsync(
            HttpMethod.Put,
            "destinations/nas",
            new JsonObject { ["kind"] = "local", ["path"] = $"{studio.Place.Destination}/nas" }
        );
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "nas" })).ToBeVisibleAsync();
    }
}
