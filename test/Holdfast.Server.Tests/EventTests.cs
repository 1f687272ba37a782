using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Holdfast.Api.Access;
using Holdfast.Api.Events;
using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Node.Alerts;
using Holdfast.Server.Access.Users;
using Holdfast.Server.Events;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests;

[Trait("Category", "Slow")]
public sealed class EventTests
{
    private static readonly EventOptions Fast = new() { HeartbeatInterval = TimeSpan.FromMilliseconds(300) };

    [Fact]
    public async Task Changes_of_operations_alerts_databases_and_tasks_are_sent_as_events()
    {
        await using var node = await NodeServer.StartAsync(databases: ["a.db"]);
        using var client = node.Server.Admin();
        using var listener = await ListenAsync(client);
        await node.CoverAsync(client);
        var tasks = await NextAsync(listener, "tasks");
        Assert.False((bool)tasks["more"]!);
        Assert.Single(tasks["ids"]!.AsArray());
        await NodeServer.BackUpAsync(client, "demo/a.db");
        JsonNode operation;
        do
        {
            operation = await NextAsync(listener, "operation");
        } while ((string)operation["state"]! is "Queued" or "Running");
        Assert.Equal(("Completed", "demo/a.db"), ((string)operation["state"]!, (string)operation["database"]!));

        NodeServer.Create($"{node.Source}/b.db");
        await client.PostAsync("/api/v1/sources/demo/discover", null);
        Assert.Equal("demo/b.db", (string)(await NextAsync(listener, "databases"))["ids"]![0]!);
        node.Server.App.Services.GetRequiredService<AlertMonitor>().Report(Alert("x"));
        JsonNode alert;
        do
        {
            alert = await NextAsync(listener, "alert");
        } while ((string)alert["alert"]!["key"]! != "x");
        Assert.Equal("Raised", (string)alert["state"]!);
    }

    [Fact]
    public void A_late_poll_of_the_progress_does_not_replace_the_end_of_an_operation()
    {
        var listener = new EventSubscription(10);
        var running = new Operation
        {
            Id = "1",
            Kind = OperationKind.Backup,
            State = OperationState.Running,
            Database = new Core.Databases.DatabaseId("demo", "a.db"),
            Node = "A",
            Created = DateTimeOffset.UnixEpoch,
        };
        listener.Add(running);
        listener.Add(running with { State = OperationState.Completed });
        listener.Add(running);
        Assert.Equal(OperationState.Completed, Assert.IsType<Operation>(Assert.Single(listener.TakeBatch()).Data).State);
    }

    [Fact]
    public async Task The_stream_of_a_token_that_was_deleted_ends()
    {
        await using var node = await NodeServer.StartAsync(more: b => b.Services.AddSingleton(Fast));
        using var admin = node.Server.Admin();
        var made = await TestServer.JsonAsync(
            admin.PostAsJsonAsync("/api/v1/tokens", new { name = "studio", role = "Viewer" }),
            HttpStatusCode.Created
        );
        using var client = node.Server.With((string)made["token"]!);
        using var listener = await ListenAsync(client);
        Assert.Equal(":", (await listener.ReadLineAsync(TestContext.Current.CancellationToken))!.Trim());
        var id = Find(made, "id");
        Assert.True((await admin.DeleteAsync($"/api/v1/tokens/{id}")).IsSuccessStatusCode);
        await EndsAsync(listener);
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await client.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead)).StatusCode
        );
    }

    [Fact]
    public async Task The_stream_of_a_session_ends_only_when_its_user_changes()
    {
        await using var node = await NodeServer.StartAsync(more: b => b.Services.AddSingleton(Fast));
        using var admin = node.Server.Admin();
        using var alice = await node.Server.SignInAsync("alice", Role.Viewer);
        using var listener = await ListenAsync(alice);
        for (var i = 0; i < 6; i++)
        {
            Assert.NotNull(await listener.ReadLineAsync(TestContext.Current.CancellationToken));
        }
        var users = node.Server.App.Services.GetRequiredService<UserStore>();
        await users.PutAsync(users.Find("alice")!.Value with { Disabled = true }, null, CancellationToken.None);
        await EndsAsync(listener);
    }

    [Fact]
    public async Task Streams_do_not_prevent_the_server_from_stopping()
    {
        await using var node = await NodeServer.StartAsync();
        using var client = node.Server.Admin();
        using var listener = await ListenAsync(client);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        await node.Server.StopAsync();
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task The_number_of_listeners_is_limited()
    {
        await using var node = await NodeServer.StartAsync(more: b => b.Services.AddSingleton(Fast with { MaxSubscriptions = 1 }));
        using var client = node.Server.Admin();
        using (await ListenAsync(client))
        {
            Assert.Equal(
                HttpStatusCode.Conflict,
                (await client.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead)).StatusCode
            );
        }
        await NodeServer.UntilAsync(async () =>
        {
            using var answer = await client.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead);
            return answer.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public void Only_the_latest_of_several_events_about_one_object_is_kept()
    {
        var listener = new EventSubscription(10);
        listener.Add(Operation("1", OperationState.Queued));
        listener.Add(Operation("2", OperationState.Queued));
        listener.Add(Operation("1", OperationState.Running));
        listener.Add("Raised", Alert("x"));
        listener.Add("Ended", Alert("x"));
        Assert.Equal(["operation 1 Running", "operation 2 Queued", "alert Ended"], listener.TakeBatch().Select(Words));
        Assert.Empty(listener.TakeBatch());
    }

    [Fact]
    public void A_listener_that_is_too_slow_is_told_to_reload_everything()
    {
        var listener = new EventSubscription(10);
        for (var i = 0; i < 12; i++)
        {
            listener.Add(Operation($"{i}", OperationState.Queued));
        }
        Assert.Equal(["reload", "operation 11 Queued"], listener.TakeBatch().Select(Words));
        listener.Add(Operation("1", OperationState.Queued));
        Assert.Equal(["operation 1 Queued"], listener.TakeBatch().Select(Words));
    }

    [Fact]
    public void An_event_about_many_databases_names_some_and_says_that_there_are_more()
    {
        var listener = new EventSubscription(10);
        listener.AddChanged("databases", Enumerable.Range(0, 5_000).Select(i => $"demo/{i}"));
        listener.AddChanged("databases", ["demo/x"]);
        listener.AddChanged("tasks", ["t"]);
        var events = listener.TakeBatch();
        Assert.Equal(["databases 100 True", "tasks 1 False"], events.Select(Words));
    }

    private static string Words(ServerEvent one) =>
        one.Data switch
        {
            Operation o => $"{one.Name} {o.Id} {o.State}",
            AlertEvent a => $"{one.Name} {a.State}",
            ChangedEvent c => $"{one.Name} {c.Ids.Count} {c.More}",
            _ => one.Name,
        };

    private static Operation Operation(string id, OperationState state) =>
        new()
        {
            Id = id,
            Kind = OperationKind.Backup,
            State = state,
            Database = new("demo", "a"),
            Node = "A",
            Created = default,
        };

    private static Alert Alert(string key) =>
        new()
        {
            Key = key,
            Kind = AlertKind.SourceDown,
            Severity = AlertSeverity.Error,
            Since = default,
            Subject = AlertSubject.Node,
            Message = "line\nbreak",
        };

    private static async Task<StreamReader> ListenAsync(HttpClient client)
    {
        var answer = await client.GetAsync(
            "/api/v1/events",
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal(": listening", await reader.ReadLineAsync());
        Assert.Equal("", await reader.ReadLineAsync());
        return reader;
    }

    private static async Task<JsonNode> NextAsync(StreamReader reader, string name)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line == $"event: {name}")
            {
                return JsonNode.Parse((await reader.ReadLineAsync(limit.Token))!["data: ".Length..])!;
            }
        }

        throw new EndOfStreamException();
    }

    private static async Task EndsAsync(StreamReader reader)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await reader.ReadLineAsync(limit.Token) is not null) { }
    }

    private static string Find(JsonNode node, string name) =>
        (string?)node[name] ?? (string)node.AsObject().Select(p => p.Value).OfType<JsonObject>().First(o => o[name] is not null)[name]!;
}
