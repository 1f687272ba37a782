using Holdfast.Engines.PostgreSql.Tests.Servers;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>A PostgreSQL server is added in the browser, tried first, covered, backed up and restored.</summary>
public sealed class PostgreSqlTests(Chromium chromium, Cluster cluster) : IClassFixture<Cluster>
{
    [Fact]
    public async Task A_server_is_added_with_what_is_missing_told_and_its_databases_are_covered_and_restored()
    {
        await cluster.CreateAsync("shop");
        await cluster.RunAsync(
            "shop",
            "CREATE TABLE item(id int PRIMARY KEY, note text); INSERT INTO item SELECT i, md5(i::text) FROM generate_series(1, 500) i",
            Cluster.User
        );
        await cluster.CreateAsync("closed");
        await cluster.RunAsync("postgres", "ALTER DATABASE closed OWNER TO postgres; REVOKE CONNECT ON DATABASE closed FROM PUBLIC");
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        var page = await studio.PageAsync(chromium);
        await page.GotoAsync("/server/sources");
        await page.GetByRole(AriaRole.Link, new() { Name = "Add a PostgreSQL server" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("main");
        await page.GetByLabel("Servers").FillAsync("127.0.0.1");
        await page.GetByLabel("Port").FillAsync($"{cluster.Port}");
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync("not the password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test and add" }).ClickAsync();
        var result = page.GetByRole(AriaRole.Region, new() { Name = "Result of the test" });
        await Expect(result).ToContainTextAsync("refused the password of 'holdfast'");
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Cluster.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Test and add" }).ClickAsync();
        await Expect(result).ToContainTextAsync("GRANT CONNECT ON DATABASE \"closed\" TO \"holdfast\";");
        await Expect(result).ToContainTextAsync("GRANT pg_read_all_data");
        await Axe.CheckAsync(page);
        await cluster.RunAsync(
            "postgres",
            $"GRANT CONNECT ON DATABASE closed TO {Cluster.User}; GRANT pg_read_all_data TO {Cluster.User}; ALTER ROLE "
                + $"{Cluster.User} BYPASSRLS"
        );
        await page.GetByLabel("User for restores").FillAsync(Cluster.Restorer);
        await page.GetByLabel("Password for restores").FillAsync(Cluster.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Test and add" }).ClickAsync();
        var row = page.GetByRole(AriaRole.Row, new() { NameRegex = new("^main") });
        await Expect(row).ToContainTextAsync("PostgreSQL");
        await Expect(row).ToContainTextAsync("Readable");

        // Covered immediately; the page says that the backups are logical.
        await page.GotoAsync("/databases/main%2Fshop/tasks");
        var card = page.GetByLabel("Server Wide Backup, nightly", new() { Exact = true });
        await card.GetByRole(AriaRole.Button, new() { Name = "Details" }).ClickAsync();
        await Expect(card).ToContainTextAsync("so a logical backup is made");
        await card.GetByRole(AriaRole.Button, new() { Name = "Back up now" }).ClickAsync();
        await page.GetByText("Full backup of this database").ClickAsync();
        await Expect(card.GetByText("Protected")).ToBeVisibleAsync();
        await page.GotoAsync("/restore?from=main%2Fshop");
        await page.Locator(".points-and-days tbody tr", new() { HasText = "nas" }).First.GetByRole(AriaRole.Link).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("shop-restored");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Restore") }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { NameRegex = new("^Open ") }))
            .ToHaveAttributeAsync("href", "/databases/main%2Fshop-restored/tasks");
        Assert.Equal(await Contents.SumsAsync(cluster, "shop"), await Contents.SumsAsync(cluster, "shop-restored"));

        // Edited without its password; removed with what that means.
        await page.GotoAsync("/server/sources?edit=main");
        await Expect(page.GetByLabel("Servers")).ToHaveValueAsync("127.0.0.1");
        await page.GetByLabel("Excluded databases").FillAsync("closed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test and save" }).ClickAsync();
        await Expect(row.GetByRole(AriaRole.Link, new() { Name = "2 databases of main" })).ToBeVisibleAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Remove main" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("backups stay where they are");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        Assert.DoesNotContain(Cluster.Password, await page.ContentAsync(), StringComparison.Ordinal);
        Assert.Empty(studio.Complaints);

        var operatorPage = await studio.PageAsync(chromium, "Operator");
        await operatorPage.GotoAsync("/server/sources");
        await Expect(operatorPage.GetByRole(AriaRole.Link, new() { Name = "Add a PostgreSQL server" })).ToHaveCountAsync(0);
    }
}
