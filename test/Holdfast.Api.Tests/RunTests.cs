using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>A run covers all databases of a server-wide backup task, for a scheduled time or a request.</summary>
public sealed class RunTests
{
    [Fact]
    public async Task A_scheduled_time_is_one_run_over_all_databases_whatever_their_results()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db", "c.db");
        await server.PutTemplateAsync("nightly");
        Assert.Empty(await RunsAsync(server));
        if (Directory.Exists(server.Nas))
        {
            Directory.Move(server.Nas, $"{server.Nas}.away");
        }
        await File.WriteAllTextAsync(server.Nas, "in the way", TestContext.Current.CancellationToken);
        server.To("2026-11-26T02:00:00Z");
        await server.UntilAsync(() => server.Node.Operations.All.Count(o => o.HasEnded) == 3 && !server.Node.Operations.Running.Any());

        var run = Assert.Single(await RunsAsync(server));
        Assert.Equal(
            ("nightly", "2026-11-26T02:00:00+00:00", "Incremental", null),
            ((string)run["templateName"]!, (string)run["slot"]!, (string)run["kind"]!, (string?)run["askedBy"])
        );
        Assert.Equal((3, 3, 0), ((int)run["due"]!, (int)run["failed"]!, (int)run["done"]!));
        Assert.NotNull(run["ended"]);
        var databases = await DatabasesAsync(server, run);
        Assert.Equal(["demo/a.db", "demo/b.db", "demo/c.db"], databases.Select(d => (string)d["database"]!).Order());
        Assert.Equal("Failed", (string?)databases[0]["state"]);
        Assert.NotNull(databases[0]["error"]);
        Assert.Equal((string?)run["id"], (string?)(await server.GetAsync($"operations/{databases[0]["operationId"]}")).Json()["runId"]);
        Assert.Equal((int)run["failed"]!, (await DatabasesAsync(server, run, "?state=Failed")).Count);

        // Retried a minute later: it is the same run, and only the newest attempt counts.
        File.Delete(server.Nas);
        if (Directory.Exists($"{server.Nas}.away"))
        {
            Directory.Move($"{server.Nas}.away", server.Nas);
        }
        server.To("2026-11-26T02:01:00Z");
        await server.UntilAsync(() => server.Node.Operations.All.Count(o => o.HasEnded) == 6 && !server.Node.Operations.Running.Any());
        var again = Assert.Single(await RunsAsync(server));
        Assert.Equal(((string)run["id"]!, 3, 3, 0), ((string)again["id"]!, (int)again["due"]!, (int)again["done"]!, (int)again["failed"]!));
    }

    [Fact]
    public async Task A_database_that_was_due_and_did_not_run_is_missed()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("spreadMinutes", 120)));
        server.Gate.Close();
        server.To("2026-11-26T02:00:00Z");
        await server.UntilAsync(() => server.Node.Runs.All.Count == 1);
        var run = Assert.Single(await RunsAsync(server));
        Assert.Equal((2, 0, "2026-11-26T02:00:00+00:00"), ((int)run["due"]!, (int)run["missed"]!, (string)run["slot"]!));
        Assert.Null(run["ended"]);

        // A database that disappears before its backup was due anyway.
        var first = server.Node.Tasks.All.OrderBy(t => t.Offset).First();
        var last = server.Node.Tasks.All.OrderBy(t => t.Offset).Last();
        server.Gate.Open();
        server.Time.SetUtcNow(new DateTimeOffset(2026, 11, 26, 2, 0, 0, TimeSpan.Zero) + first.Offset);
        await server.BackupsAsync(first.Database.Name, 1);
        File.Delete(Path.Combine(server.Source, last.Database.Name));
        await server.DiscoverAsync();
        server.To("2026-11-26T05:00:00Z");
        run = Assert.Single(await RunsAsync(server));
        Assert.Equal((2, 1, 1), ((int)run["due"]!, (int)run["done"]!, (int)run["missed"]!));
        Assert.Equal([last.Database.ToString()], run["missedDatabases"]!.AsArray().Select(d => (string)d!));
        var databases = await DatabasesAsync(server, run);
        Assert.Equal(
            [(last.Database.ToString(), "Missed"), (first.Database.ToString(), "Completed")],
            databases.Select(d => ((string)d["database"]!, (string)d["state"]!))
        );
    }

    [Fact]
    public async Task A_requested_backup_is_a_run_that_can_be_aborted_at_once()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db", "c.db");
        await server.PutTemplateAsync("nightly");
        server.Gate.Close();
        var begun = (await server.PostAsync("server-wide-backups/nightly/backup")).Json(HttpStatusCode.Accepted);
        var id = (string)begun["runId"]!;
        var run = (await server.GetAsync($"runs/{id}")).Json();
        Assert.Equal((3, null, false), ((int)run["due"]!, (string?)run["slot"], run["ended"] is not null));
        Assert.NotNull(run["askedBy"]);
        // all are queued or running already
        Assert.Null((string?)(await server.PostAsync("server-wide-backups/nightly/backup")).Json(HttpStatusCode.Accepted)["runId"]);
        Assert.Single(await RunsAsync(server));
        using var viewer = await server.WithRoleAsync(Holdfast.Api.Access.Role.Viewer);
        (await server.SendAsync(HttpMethod.Post, $"runs/{id}/abort", client: viewer)).Problem(403, "forbidden");
        Assert.Equal(3, (int)(await server.PostAsync($"runs/{id}/abort")).Json()["aborted"]!);
        await server.UntilAsync(() => !server.Node.Operations.Running.Any());
        run = (await server.GetAsync($"runs/{id}")).Json();
        Assert.Equal((3, 0), ((int)run["aborted"]!, (int)run["done"]!));
        Assert.NotNull(run["ended"]);
        (await server.PostAsync("runs/0123/abort")).Problem(404, "not-found");
    }

    [Fact]
    public async Task Runs_survive_a_crash_and_interrupted_backups_are_repeated_in_them()
    {
        var server = await ApiServer.StartAsync("a.db", "b.db");
        await server.PutTemplateAsync("nightly");
        server.To("2026-11-26T02:00:00Z");
        await server.UntilAsync(() => server.Node.Operations.All.Count(o => o.HasEnded) == 2 && !server.Node.Operations.Running.Any());
        var before = Assert.Single(await RunsAsync(server));
        server.Gate.Close();
        server.To("2026-11-27T02:00:00Z");
        await server.UntilAsync(() => server.Node.Operations.Running.Count() == 2);
        server = await server.RestartAsync();
        await using var last = server;
        server.To("2026-11-27T02:01:00Z"); // interrupted backups are retried after a minute
        await server.UntilAsync(() => server.Node.Runs.All.All(r => r.HasEnded && r.Done == 2));
        var runs = await RunsAsync(server);
        Assert.Equal(["2026-11-27T02:00:00+00:00", "2026-11-26T02:00:00+00:00"], runs.Select(r => (string)r["slot"]!));
        Assert.Equal((before["id"]!.ToString(), 2, 2), (runs[1]["id"]!.ToString(), (int)runs[1]["done"]!, (int)runs[0]["due"]!));
    }

    [Fact]
    public async Task Scheduled_times_that_passed_while_the_server_was_down_are_one_run_of_the_newest()
    {
        var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        var time = server.Time;
        time.SetUtcNow(new(2026, 11, 25, 11, 0, 0, TimeSpan.Zero));
        server.Gate.Close();
        server = await server.RestartAsync();
        await using var last = server;
        server.To("2026-11-28T08:00:00Z");
        await server.BackupsAsync("a.db", 1);
        await server.UntilAsync(() => server.Node.Runs.All.All(r => r.HasEnded));
        var run = Assert.Single(await RunsAsync(server));
        Assert.Equal(
            ("2026-11-28T02:00:00+00:00", "2026-11-28T08:00:00+00:00", 1, 1),
            ((string)run["slot"]!, (string)run["started"]!, (int)run["due"]!, (int)run["done"]!)
        );
    }

    private static async Task<List<JsonNode>> RunsAsync(ApiServer server) => ApiServer.Items((await server.GetAsync("runs")).Json());

    private static async Task<List<JsonNode>> DatabasesAsync(ApiServer server, JsonNode run, string query = "") =>
        ApiServer.Items((await server.GetAsync($"runs/{run["id"]}/databases{query}")).Json());
}
