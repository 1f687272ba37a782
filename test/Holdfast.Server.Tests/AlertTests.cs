using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Holdfast.Api.Access;
using Holdfast.Core.Alerts;
using Holdfast.Node.Alerts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Server.Tests;

[Trait("Category", "Slow")]
public sealed class AlertTests
{
    [Fact]
    public async Task Alerts_are_listed_by_severity_filtered_and_in_pages()
    {
        await using var node = await NodeServer.StartAsync(databases: ["a.db", "b.db", "c.db"]);
        using var client = await node.Server.WithRoleAsync(Role.Viewer);
        var alerts = node.Server.App.Services.GetRequiredService<AlertMonitor>();
        alerts.Report(
            new()
            {
                Key = "x",
                Kind = AlertKind.SchedulerStalled,
                Severity = AlertSeverity.Error,
                Since = TimeProvider.System.GetUtcNow(),
                Subject = AlertSubject.Node,
                Message = "m",
            }
        );
        await NodeServer.UntilAsync(async () => (await KeysAsync(client, "")).Count == 4);
        Assert.Equal("x", (await KeysAsync(client, ""))[0]);
        Assert.Equal(["uncovered:demo/b.db"], await KeysAsync(client, "?database=demo%2Fb.db"));
        Assert.Equal(["x"], await KeysAsync(client, "?severity=Error"));
        Assert.Equal(3, (await KeysAsync(client, "?kind=DatabaseUncovered&source=demo")).Count);
        var pages = new List<string>();
        for (var after = ""; after is not null; )
        {
            var page = await TestServer.JsonAsync(
                client.GetAsync($"/api/v1/alerts?limit=1{(after.Length == 0 ? "" : $"&after={Uri.EscapeDataString(after)}")}")
            );
            pages.Add((string)page["items"]!.AsArray().Single()!["key"]!);
            after = (string?)page["next"];
        }

        Assert.Equal(await KeysAsync(client, ""), pages);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync("/api/v1/alerts?after=nonsense")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync("/api/v1/alerts?limit=0")).StatusCode);
    }

    [Fact]
    public async Task A_single_node_is_the_leader_of_its_cluster()
    {
        await using var node = await NodeServer.StartAsync();
        using var client = await node.Server.WithRoleAsync(Role.Viewer);
        var cluster = await TestServer.JsonAsync(client.GetAsync("/api/v1/cluster"));
        Assert.Equal(("A", "A"), ((string)cluster["leader"]!, (string)cluster["answeredBy"]!));
        var only = cluster["nodes"]!.AsArray().Single()!;
        Assert.Equal(
            ("A", "Leader", "Live", "demo"),
            ((string)only["tag"]!, (string)only["role"]!, (string)only["state"]!, (string)only["sources"]![0]!)
        );
        Assert.Matches(@"^\d+\.\d+\.\d+", (string)only["version"]!);
        Assert.True(TimeProvider.System.GetUtcNow() - (DateTimeOffset)only["liveSince"]! < TimeSpan.FromMinutes(5));
        Assert.Equal(0, (int)only["tasks"]!);
    }

    [Fact]
    public async Task The_webhook_receives_raised_and_ended_alerts_even_after_it_was_unavailable()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = 500;
        await using var node = await NodeServer.StartAsync(webhook: new() { Url = receiver.Url }, databases: ["a.db"]);
        using var client = node.Server.Admin();
        await NodeServer.UntilAsync(async () => (await KeysAsync(client, "?kind=WebhookFailing")).Count == 1);
        Assert.DoesNotContain("secret", await client.GetStringAsync("/api/v1/alerts"), StringComparison.Ordinal);
        var webhook = (await TestServer.JsonAsync(client.GetAsync("/api/v1/server")))["webhook"]!;
        Assert.True(
            (bool)webhook["configured"]! && webhook["lastTaken"] is null && (string)webhook["problem"]! != "",
            webhook.ToJsonString()
        );
        receiver.Answer = 200;
        await NodeServer.UntilAsync(async () => (await KeysAsync(client, "?kind=WebhookFailing")).Count == 0);
        var server = await TestServer.JsonAsync(client.GetAsync("/api/v1/server"));
        Assert.True(server["webhook"]!["lastTaken"] is not null && server["webhook"]!["problem"] is null, server.ToJsonString());
        Assert.False((bool)server["heartbeat"]!["configured"]!);
        Assert.DoesNotContain("secret", server.ToJsonString(), StringComparison.Ordinal);
        await node.CoverAsync(client);
        await NodeServer.UntilAsync(() => Task.FromResult(News(receiver).Any(n => n["ended"]!.AsArray().Count > 0)));
        Assert.All(receiver.Calls, c => Assert.Equal(("POST", "/secret-path"), (c.Method, c.Path)));
        Assert.All(News(receiver).SelectMany(n => n["raised"]!.AsArray()), a => Assert.Equal("DatabaseUncovered", (string)a!["kind"]!));
        var end = News(receiver).SelectMany(n => n["ended"]!.AsArray()).Single()!;
        Assert.Equal(("uncovered:demo/a.db", "demo/a.db"), ((string)end["key"]!, (string)end["subject"]!["database"]!));
        Assert.DoesNotContain(node.Server.Log.All, l => l.Contains("secret-key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_heartbeat_is_sent_once_a_minute_while_the_scheduler_runs_and_its_failure_raises_an_alert()
    {
        await using var receiver = await Receiver.StartAsync();
        var time = new FakeTimeProvider(new DateTimeOffset(2027, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var node = await NodeServer.StartAsync(time, heartbeat: new() { Url = receiver.Url });
        var alerts = node.Server.App.Services.GetRequiredService<AlertMonitor>();
        await NodeServer.UntilAsync(() => Task.FromResult(receiver.Calls.Count == 1));
        time.Advance(TimeSpan.FromSeconds(30));
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.Single(receiver.Calls);
        receiver.Answer = 404;
        await NodeServer.UntilAsync(
            () => Task.FromResult(alerts.Active.Any(a => a.Kind == AlertKind.HeartbeatFailing)),
            () => time.Advance(TimeSpan.FromSeconds(3))
        );
        Assert.All(receiver.Calls, c => Assert.Equal(("GET", "/secret-path"), (c.Method, c.Path)));
        receiver.Answer = 200;
        await NodeServer.UntilAsync(
            () => Task.FromResult(!alerts.Active.Any(a => a.Kind == AlertKind.HeartbeatFailing)),
            () => time.Advance(TimeSpan.FromSeconds(3))
        );
        alerts.Report(
            new()
            {
                Key = "scheduler",
                Kind = AlertKind.SchedulerStalled,
                Severity = AlertSeverity.Error,
                Since = time.GetUtcNow(),
                Subject = AlertSubject.Node,
                Message = "m",
            }
        );
        await NodeServer.UntilAsync(
            () => Task.FromResult(alerts.Active.Any(a => a.Kind == AlertKind.SchedulerStalled)),
            () => time.Advance(TimeSpan.FromSeconds(1))
        );
        await Task.Delay(200, TestContext.Current.CancellationToken);
        var before = receiver.Calls.Count;
        for (var i = 0; i < 40; i++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Assert.Equal(before, receiver.Calls.Count);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/x", "ConnectionError")]
    [InlineData("http://metadata.test:1/x", "cannot be reached")]
    public async Task An_unreachable_webhook_raises_an_alert_and_stops_nothing(string url, string reason)
    {
        await using var node = await NodeServer.StartAsync(
            webhook: new() { Url = url },
            heartbeat: new() { Url = url },
            databases: ["a.db"]
        );
        using var client = node.Server.Admin();
        await NodeServer.UntilAsync(async () =>
            (await KeysAsync(client, "?kind=WebhookFailing")).Count == 1 && (await KeysAsync(client, "?kind=HeartbeatFailing")).Count == 1
        );
        Assert.Contains(reason, await client.GetStringAsync("/api/v1/alerts?kind=WebhookFailing"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_previews_runs_and_approves_retention_and_the_audit_log_records_it()
    {
        await using var node = await NodeServer.StartAsync(databases: ["a.db"]);
        using var admin = node.Server.Admin();
        using var viewer = await node.Server.WithRoleAsync(Role.Viewer);
        using var client = await node.Server.WithRoleAsync(Role.Operator);
        await node.CoverAsync(admin, retention: new { minimumAgeDays = 1 });
        var task = await NodeServer.BackUpAsync(client, "demo/a.db");
        Age($"{node.Backups}/nas/demo/a.db", task);
        var path = $"/api/v1/databases/demo%2Fa.db/tasks/{task}/retention";
        var shown = (await TestServer.JsonAsync(viewer.GetAsync(path)))["items"]![0]!;
        Assert.Equal(("nas", 5, 1), ((string)shown["destination"]!, shown["going"]!.AsArray().Count, (int)shown["staying"]!));
        Assert.NotEqual("None", (string)shown["brake"]!);
        foreach (var dryRun in new[] { true, false })
        {
            Assert.Empty(
                (await TestServer.JsonAsync(client.PostAsync($"{path}?dryRun={dryRun}", null)))["items"]![0]!["deleted"]!.AsArray()
            );
        }
        var paths = shown["going"]!.AsArray().Select(c => (string)c!["path"]!).ToArray();
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await viewer.PostAsJsonAsync($"{path}/approve", new { chains = new { nas = paths } })).StatusCode
        );
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await client.PostAsJsonAsync($"{path}/approve", new { chains = new { other = paths } })).StatusCode
        );
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsJsonAsync($"{path}/approve", new { chains = new { } })).StatusCode);
        var approved = (await TestServer.JsonAsync(client.PostAsJsonAsync($"{path}/approve", new { chains = new { nas = paths[..3] } })))[
            "items"
        ]![0]!;
        Assert.Equal(paths[..3], approved["deleted"]!.AsArray().Select(p => (string)p!));
        Assert.Equal(3, Directory.GetDirectories($"{node.Backups}/nas/demo/a.db").Length);
        var audit = (await TestServer.JsonAsync(admin.GetAsync("/api/v1/audit")))["items"]!
            .AsArray()
            .Where(e => (string)e!["action"]! == "retention-approved")
            .ToList();
        Assert.Equal(["deleted 3", "begins"], audit.Select(e => (string)e!["result"]!));
        Assert.All(audit, e => Assert.Equal("token:test Operator", (string)e!["who"]!));
        Assert.Contains("nas: 3 (", (string)audit[1]!["subject"]!, StringComparison.Ordinal);
    }

    // Chains of five days of a past year.
    private static void Age(string folder, string task)
    {
        var newest = Directory.GetDirectories(folder).Single();
        var archive = Directory.GetFiles(newest, "*.tar.zst").Single();
        for (var day = 1; day <= 5; day++)
        {
            var old = Directory.CreateDirectory($"{folder}/2025-01-0{day}-03-30-00.A-snapshot-{task}");
            File.Copy(archive, $"{old.FullName}/2025-01-0{day}-03-30-00.snapshot.tar.zst");
        }
    }

    private static IEnumerable<JsonNode> News(Receiver receiver) => receiver.Calls.Select(c => JsonNode.Parse(c.Body)!);

    private static async Task<List<string>> KeysAsync(HttpClient client, string query) =>
        [.. (await TestServer.JsonAsync(client.GetAsync($"/api/v1/alerts{query}")))["items"]!.AsArray().Select(a => (string)a!["key"]!)];
}
