using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>The protection of databases: lists, counts, templates and alerts agree.</summary>
public sealed class ProtectionTests
{
    [Fact]
    public async Task A_failed_destination_makes_databases_incomplete_until_it_is_removed_from_the_task()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db", "c.db");
        await BrokenAsync(server, "attic");
        await DefineAsync(server, "nightly", "nas", "attic");
        await BackUpAllAsync(server, "nightly");
        Assert.Equal([("Incomplete", 3)], await CountsAsync(server, "databases/counts"));
        Assert.Equal([("Incomplete", 3)], await CountsAsync(server, "databases/counts?template=nightly"));
        Assert.Equal(3, (int)(await server.GetAsync("server-wide-backups/nightly")).Json()["counts"]!["states"]!["Incomplete"]!);
        var database = (await server.GetAsync(ApiServer.Database("a.db"))).Json();
        Assert.Contains("attic", (string?)database["attention"], StringComparison.Ordinal);
        Assert.Equal("Incomplete", (string?)database["problems"]![0]!["state"]);

        await DefineAsync(server, "nightly", "nas");
        Assert.Equal([("Covered", 3)], await CountsAsync(server, "databases/counts"));
        Assert.Equal([("Covered", 3)], await CountsAsync(server, "databases/counts?template=nightly"));
        database = (await server.GetAsync(ApiServer.Database("a.db"))).Json();
        Assert.Null(database["attention"]);
        Assert.Equal("The newest backup is from 2026-11-25 10:00 UTC, and has no known problems.", (string?)database["reason"]);
    }

    [Fact]
    public async Task A_database_stays_protected_by_another_task_and_shows_the_problem_of_the_first()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await BrokenAsync(server, "attic");
        await DefineAsync(server, "nightly", "nas");
        await DefineAsync(server, "weekly", "attic");
        await BackUpAllAsync(server, "nightly");
        await BackUpAllAsync(server, "weekly");
        var database = (await server.GetAsync(ApiServer.Database("a.db"))).Json();
        Assert.Equal("Covered", (string?)database["state"]);
        Assert.StartsWith("Server Wide Backup, weekly: The last run failed: ", (string?)database["attention"], StringComparison.Ordinal);
        Assert.Equal([("Failing", 1)], await CountsAsync(server, "databases/counts?template=weekly"));
        Assert.Equal("Failing", (string?)(await server.GetAsync("databases?template=weekly")).Json()["items"]![0]!["state"]);
        Assert.Equal([("Covered", 1)], await CountsAsync(server, "databases/counts?template=nightly"));
        server.Node.Alerts.Evaluate();
        Assert.Contains((await server.GetAsync("alerts")).Json()["items"]!.AsArray(), a => (string?)a!["kind"] == "TaskFailed");
    }

    [Fact]
    public async Task A_backup_missing_from_the_destination_protects_nothing()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await DefineAsync(server, "nightly", "nas");
        await BackUpAllAsync(server, "nightly");
        var chain = Assert.Single((await server.GetAsync("backups/chains?from=demo/a.db")).Json()["chains"]!.AsArray())!;
        var archives = chain["archives"]!.AsArray().ToDictionary(a => (string)a!["name"]!, a => (long)a!["bytes"]!);
        (await server.PostAsync("backups/chains/remove", new { from = (string)chain["from"]!, archives })).Is(HttpStatusCode.NoContent);
        Assert.Equal("AtRisk", await StateAsync(server)); // the file was removed
        await BackUpAllAsync(server, "nightly");
        Assert.Equal("Covered", await StateAsync(server));
        (await server.PutAsync("destinations/nas", new { kind = "local", path = $"{server.Nas}/" })).Is(HttpStatusCode.OK);
        Assert.Equal("Covered", await StateAsync(server)); // the same folder
        (await server.PutAsync("destinations/nas", new { kind = "local", path = $"{server.Root}/elsewhere" })).Is(HttpStatusCode.OK);
        Assert.Equal("AtRisk", await StateAsync(server));
    }

    [Fact]
    public async Task A_backup_older_than_the_schedule_promises_no_longer_protects()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await DefineAsync(server, "nightly", "nas");
        await BackUpAllAsync(server, "nightly");
        server.Gate.Close();
        server.To("2026-11-26T02:00:00Z");
        await server.Gate.ReachedAsync();
        Assert.Equal("Covered", await StateAsync(server));
        (await server.PostAsync($"operations/{server.Node.Operations.Running.Single().Id}/abort")).Is(HttpStatusCode.NoContent);
        server.Gate.Open();
        await server.BackupsAsync("a.db", 2);
        server.To("2026-11-26T11:00:00Z"); // 25 hours after the first
        Assert.Equal("Covered", await StateAsync(server));
        server.To("2026-11-26T11:00:01Z");
        Assert.Equal("AtRisk", await StateAsync(server));
        await server.BackedUpAsync("a.db", "Incremental");
        Assert.Equal("Covered", await StateAsync(server));
    }

    private static async Task DefineAsync(ApiServer server, string name, params string[] destinations) =>
        Assert.True(
            (
                await server.PutTemplateAsync(
                    name,
                    ApiServer.Template(more: ("destinations", new JsonArray([.. destinations.Select(d => JsonValue.Create(d))])))
                )
            ).Status
                is HttpStatusCode.OK
                    or HttpStatusCode.Created
        );

    private static async Task BackUpAllAsync(ApiServer server, string name)
    {
        var begun = (await server.PostAsync($"server-wide-backups/{name}/backup")).Json(HttpStatusCode.Accepted);
        foreach (var id in begun["operationIds"]!.AsArray())
        {
            await server.EndedAsync((string)id!);
        }
    }

    private static async Task<string?> StateAsync(ApiServer server) =>
        (string?)(await server.GetAsync(ApiServer.Database("a.db"))).Json()["state"];

    // A destination whose folder cannot be created because a file has its name.
    private static async Task BrokenAsync(ApiServer server, string name)
    {
        var path = Path.Combine(server.Root, name);
        (await server.PutAsync($"destinations/{name}", new { kind = "local", path })).Is(HttpStatusCode.Created);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        await File.WriteAllTextAsync(path, "in the way", TestContext.Current.CancellationToken);
    }

    private static async Task<IReadOnlyList<(string State, int Count)>> CountsAsync(ApiServer server, string path) =>
        [.. (await server.GetAsync(path)).Json()["states"]!.AsObject().Select(s => (s.Key, (int)s.Value!)).Where(s => s.Item2 > 0)];
}
