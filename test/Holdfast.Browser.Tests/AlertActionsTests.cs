using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Alerts that a user resolves with a button, and reasons of states on a phone.</summary>
public sealed class AlertActionsTests(Chromium chromium)
{
    [Fact]
    public async Task A_source_that_lost_many_databases_is_confirmed_and_its_alert_disappears()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.Server.UntilAsync(
            async () => (await studio.Server.ListAsync("databases")).Count == 6,
            "the databases were not discovered"
        );
        foreach (var file in Directory.GetFiles(studio.Place.Source, "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }
        await WaitForAlertAsync(studio, "SourceShrunk");

        var page = await studio.PageAsync(chromium, "Operator");
        await page.OpenAsync("/server/sources");
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm local" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog).ToContainTextAsync("Their backups stay");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await studio.Transient.WaitAsync("Source 'local' is ");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Confirm local" })).ToHaveCountAsync(0);
        await WaitUntilResolvedAsync(studio, "SourceShrunk");
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task An_unrecognized_destination_is_initialized_and_its_alert_disappears()
    {
        await using var studio = await StudioServer.StartAsync();
        await studio.ProtectAsync();
        Directory.Delete($"{studio.Place.Destination}/nas", recursive: true);
        Directory.CreateDirectory($"{studio.Place.Destination}/nas"); // like another disk
        Assert.Equal("destination-identity", (await studio.Server.TryAsync(HttpMethod.Post, "destinations/nas/test"))!.Code);
        var alert = await WaitForAlertAsync(studio, "DestinationIdentity");

        var page = await studio.PageAsync(chromium, "Operator");
        await page.OpenAsync("/server/alerts");
        await Assertions.Expect(page.GetByText((string)alert["message"]!)).ToBeVisibleAsync();
        await page.OpenAsync("/server/destinations");
        await page.GetByRole(AriaRole.Button, new() { Name = "Initialize nas" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Initialize" }).ClickAsync();
        await studio.Transient.WaitAsync("Destination 'nas' is initialized.");
        await WaitUntilResolvedAsync(studio, "DestinationIdentity");
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task Missing_backups_are_acknowledged_and_their_alert_disappears()
    {
        await using var studio = await StudioServer.StartAsync(place => place.Make("a.db"));
        await studio.ProtectAsync();
        await studio.Server.UntilAsync(
            async () => (await studio.Server.ListAsync("databases")).Count == 1,
            "the database was not discovered"
        );
        await studio.RunAsync();
        Directory.Delete($"{studio.Place.Destination}/nas/local/a.db", recursive: true);
        await studio.Server.SendAsync(HttpMethod.Post, "backups/verify", new JsonObject { ["from"] = "local/a.db" });
        await studio.Server.QuietAsync();
        var alert = await WaitForAlertAsync(studio, "BackupsMissing");

        var page = await studio.PageAsync(chromium, "Operator");
        await page.OpenAsync("/server/alerts");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = (string)alert["message"]! });
        await row.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await studio.Transient.WaitAsync("Acknowledged.");
        await Assertions.Expect(row).ToHaveCountAsync(0);
        await WaitUntilResolvedAsync(studio, "BackupsMissing");
        Assert.Empty(studio.Complaints);
    }

    [Fact]
    public async Task On_a_phone_a_state_shows_its_reason()
    {
        await using var studio = await StudioServer.StartAsync(place => place.Make("a.db"));
        await File.WriteAllBytesAsync(
            $"{studio.Place.Source}/broken.db",
            [.. "SQLite format 3\0"u8, .. new byte[4080]],
            TestContext.Current.CancellationToken
        );
        await studio.ProtectAsync();
        await studio.Server.UntilAsync(
            async () => (await studio.Server.ListAsync("databases")).Count == 2,
            "the databases were not discovered"
        );
        await studio.RunAsync();
        var attention = (string)(await studio.Server.ListAsync("databases")).Select(d => d["attention"]).First(a => a is not null)!;
        var page = await studio.PageAsync(chromium, "Viewer", width: 390, height: 844, touch: true);
        await page.OpenAsync("/");
        await Assertions.Expect(page.GetByText(attention)).ToBeVisibleAsync();
        await page.FitsAsync();
        await Axe.CheckAsync(page, "on a phone");
    }

    private static async Task<JsonNode> WaitForAlertAsync(StudioServer studio, string kind)
    {
        List<JsonNode> found = [];
        await studio.Server.UntilAsync(
            async () => (found = await studio.Server.ListAsync($"alerts?kind={kind}")).Count > 0,
            $"{kind} was not raised"
        );
        return found[0];
    }

    private static Task WaitUntilResolvedAsync(StudioServer studio, string kind) =>
        studio.Server.UntilAsync(async () => (await studio.Server.ListAsync($"alerts?kind={kind}")).Count == 0, $"{kind} was not resolved");
}
