using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>The behaviour of a task of a database, which is the same for derived and regular tasks.</summary>
public sealed class TaskTests
{
    public static TheoryData<Origin> Both => [Origin.Derived, Origin.Regular];

    /// <summary>The origin of a task.</summary>
    public enum Origin
    {
        Derived,
        Regular,
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Backup_now_makes_a_full_or_an_incremental_backup_and_does_not_change_the_schedule(Origin origin)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var task = await DefineAsync(server, origin);
        var slot = Next(task).At;
        var first = await server.BackedUpAsync("a.db", "Incremental");
        Assert.Equal("Full", (string?)first["kind"]);
        Assert.Contains("made as full: there is no full backup yet", first["warnings"]!.AsArray().Select(w => (string?)w));
        server.Add("a.db");
        var second = await server.BackedUpAsync("a.db", "Incremental");
        Assert.Equal(
            ("Incremental", Path.GetDirectoryName((string)first["path"]!)),
            ((string)second["kind"]!, Path.GetDirectoryName((string)second["path"]!))
        );
        var unchanged = await server.BackedUpAsync("a.db", "Incremental");
        Assert.True((bool)unchanged["unchanged"]!);
        var full = await server.BackedUpAsync("a.db");
        Assert.NotEqual(Path.GetDirectoryName((string)first["path"]!), Path.GetDirectoryName((string)full["path"]!));
        Assert.Equal(3, server.Archives("a.db").Count);
        Assert.Equal(slot, Next(await server.TaskAsync("a.db")).At);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task The_schedule_runs_a_full_backup_first_and_status_and_next_backup_show_it(Origin origin)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var task = await DefineAsync(server, origin);
        Assert.Equal(("2026-11-26T02:00:00+00:00", "Full", "Schedule"), Next(task));
        Assert.Null(task["lastFullBackup"]);
        Assert.Equal("Waiting", await StateAsync(server));
        server.To("2026-11-26T02:00:00Z");
        await server.BackupsAsync("a.db", 1);
        task = await server.TaskAsync("a.db");
        Assert.Equal(
            ("2026-11-26T02:00:00+00:00", "Completed", "Snapshot", "None", "A"),
            (
                (string)task["lastFullBackup"]!,
                (string)task["status"]!["lastState"]!,
                (string)task["status"]!["effectiveType"]!,
                (string)task["status"]!["encryption"]!,
                (string)task["status"]!["node"]!
            )
        );
        Assert.True((long)task["status"]!["storedBytes"]! > 0);
        Assert.Null(task["lastIncrementalBackup"]);
        Assert.Equal(("2026-11-27T02:00:00+00:00", "Incremental", "Schedule"), Next(task));
        Assert.Equal("Covered", await StateAsync(server));

        server.Add("a.db");
        server.To("2026-11-27T02:00:00Z");
        await server.BackupsAsync("a.db", 2);
        task = await server.TaskAsync("a.db");
        Assert.Equal(
            ("2026-11-26T02:00:00+00:00", "2026-11-27T02:00:00+00:00"),
            ((string)task["lastFullBackup"]!, (string)task["lastIncrementalBackup"]!)
        );
        server.To("2026-11-29T02:00:00Z"); // Saturday's was missed and Sunday's is full; only one of them runs
        await server.BackupsAsync("a.db", 3);
        task = await server.TaskAsync("a.db");
        Assert.Equal("2026-11-29T02:00:00+00:00", (string?)task["lastFullBackup"]);
        Assert.Equal(("2026-11-30T02:00:00+00:00", "Incremental", "Schedule"), Next(task));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task The_history_of_a_task_is_its_operations_and_survives_a_restart(Origin origin)
    {
        var server = await ApiServer.StartAsync("a.db", "b.db");
        try
        {
            var id = (string)(await DefineAsync(server, origin))["id"]!;
            await server.BackedUpAsync("a.db");
            server.Add("a.db");
            await server.BackedUpAsync("a.db", "Incremental");
            var before = await server.TaskAsync("a.db");
            var history = (await server.GetAsync($"operations?task={id}")).Json();
            Assert.Equal(["Incremental", "Full"], ApiServer.Items(history).Select(o => (string?)o["result"]!["kind"]));
            Assert.All(ApiServer.Items(history), o =>
                Assert.Equal(
                    ((string)before["name"]!, "token:admin-token-file", "demo/a.db"),
                    ((string)o["taskName"]!, (string)o["askedBy"]!, (string)o["database"]!)
                )
            );
            foreach (
                var (query, count) in ((string, int)[])
                    [
                        ("search=A.D", 2),
                        ("search=b.db", 0),
                        ("ended=true", 2),
                        ("ended=false", 0),
                        ("kind=Restore", 0),
                        ("state=Completed", 2),
                        ("database=demo%2Fa.db", 2),
                        ("limit=1", 1),
                    ]
            )
            {
                Assert.Equal(count, ApiServer.Items((await server.GetAsync($"operations?{query}")).Json()).Count);
                if (query is not "limit=1")
                {
                    Assert.Equal(count, (int)(await server.GetAsync($"operations/counts?{query}")).Json()["total"]!);
                }
            }

            Assert.Equal(2, (int)(await server.GetAsync("operations/counts?state=Failed")).Json()["states"]!["Completed"]!);
            server = await server.RestartAsync();
            Assert.Equal(before.ToJsonString(), (await server.TaskAsync("a.db")).ToJsonString());
            Assert.Equal(history.ToJsonString(), (await server.GetAsync($"operations?task={id}")).Json().ToJsonString());
            server.Add("a.db");
            Assert.Equal("Incremental", (string?)(await server.BackedUpAsync("a.db", "Incremental"))["kind"]);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_full_backup_is_followed_by_retention_of_the_chains_of_its_task(Origin origin)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await DefineAsync(
            server,
            origin,
            ("fullBackup", "0 2 * * *"),
            ("incrementalBackup", null),
            ("retention", new JsonObject { ["minimumAgeDays"] = 1 })
        );
        (await server.PostAsync($"{ApiServer.Database("a.db")}/backup", new { destinations = new[] { "nas" } })).Is(
            HttpStatusCode.Accepted
        );
        await server.BackupsAsync("a.db", 1);
        for (var day = 26; day <= 28; day++)
        {
            server.To($"2026-11-{day}T02:00:00Z");
            await server.BackupsAsync("a.db", day - 24);
        }

        // one-time backups have no retention
        Assert.Equal(["2026-11-25", "2026-11-27", "2026-11-28"], server.Archives("a.db").Select(a => Path.GetFileName(a)[..10]));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_task_encrypts_as_defined_and_says_so(Origin origin)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var task = await DefineAsync(server, origin, ("type", "Backup"), ("encryption", new JsonObject { ["mode"] = "Key" }));
        Assert.Equal("Given", (string?)task["encryption"]!["mode"]);
        var made = await server.BackedUpAsync("a.db");
        Assert.Equal(
            ("Given", (string)task["encryption"]!["reason"]!),
            ((string)made["encryption"]!["mode"]!, (string)made["encryption"]!["reason"]!)
        );
        Assert.EndsWith(".full-backup.tar.zst.age", Assert.Single(server.Archives("a.db")), StringComparison.Ordinal);
        server.Add("a.db");
        Assert.EndsWith(
            ".incremental-backup.tar.zst.age",
            (string?)(await server.BackedUpAsync("a.db", "Incremental"))["path"],
            StringComparison.Ordinal
        );
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task An_incremental_becomes_full_after_a_change_of_type_or_key(Origin origin)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await DefineAsync(server, origin);
        await server.BackedUpAsync("a.db");
        await DefineAsync(server, origin, ("type", "Backup"));
        var other = await server.BackedUpAsync("a.db", "Incremental");
        Assert.Equal(("Full", "Backup"), ((string)other["kind"]!, (string)other["type"]!));
        await DefineAsync(server, origin, ("type", "Backup"), ("encryption", new JsonObject { ["mode"] = "Key" }));
        var encrypted = await server.BackedUpAsync("a.db", "Incremental");
        Assert.Equal("Full", (string?)encrypted["kind"]);
        Assert.Contains(
            "made as full: the encryption key differs from that of the last full backup",
            encrypted["warnings"]!.AsArray().Select(w => (string?)w)
        );
        server.Add("a.db");
        Assert.Equal("Incremental", (string?)(await server.BackedUpAsync("a.db", "Incremental"))["kind"]);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task An_aborted_run_leaves_nothing_behind_and_is_not_repeated(Origin origin)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await DefineAsync(server, origin);
        server.Gate.Close();
        server.To("2026-11-26T02:00:00Z");
        await server.Gate.ReachedAsync();
        var running = (string)(await server.TaskAsync("a.db"))["runningOperation"]!;
        Assert.Equal("Running", (string?)(await server.GetAsync($"operations/{running}")).Json()["state"]);
        Assert.Equal(
            running,
            (string?)
                (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks/{(await server.TaskAsync("a.db"))["id"]}/backup")).Json(
                    HttpStatusCode.Accepted
                )["operationId"]
        ); // never two at once
        (await server.PostAsync($"operations/{running}/abort")).Is(HttpStatusCode.NoContent);
        var ended = await server.EndedAsync(running);
        Assert.Equal(("Aborted", "aborted"), ((string)ended["state"]!, (string)ended["error"]!["code"]!));
        Assert.Contains(
            "aborted by token:admin-token-file",
            (await server.GetAsync($"operations/{running}/log")).Text,
            StringComparison.Ordinal
        );
        server.Gate.Open();
        await server.BackupsAsync("a.db", 1);
        var task = await server.TaskAsync("a.db");
        Assert.Equal(("2026-11-27T02:00:00+00:00", "Full", "Schedule"), Next(task));
        Assert.Equal("Aborted", (string?)task["status"]!["lastState"]);
        Assert.Null(task["runningOperation"]);
        Assert.Empty(Directory.GetFiles(server.Nas, "*.partial", SearchOption.AllDirectories));
        Assert.Empty(server.Archives("a.db"));
        (await server.PostAsync($"operations/{running}/abort")).Problem(409, "not-allowed");
        (await server.PostAsync("operations/0123/abort")).Problem(404, "not-found");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_delayed_run_stops_and_starts_again_at_the_given_time(Origin origin)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await DefineAsync(server, origin);
        server.Gate.Close();
        server.To("2026-11-26T02:00:00Z");
        await server.Gate.ReachedAsync();
        var running = (string)(await server.TaskAsync("a.db"))["runningOperation"]!;
        foreach (var minutes in (string[])["0", "-1", "1e999", "43201"])
        {
            (await server.PostAsync($"operations/{running}/delay", $$"""{"minutes":{{minutes}}}""")).Problem(400, "usage");
        }
        (await server.PostAsync("operations/0123/delay", new { minutes = 90 })).Problem(404, "not-found");
        (await server.PostAsync($"operations/{running}/delay", new { minutes = 90 })).Is(HttpStatusCode.NoContent);
        Assert.Equal("Aborted", (string?)(await server.EndedAsync(running))["state"]);
        server.Gate.Open();
        await server.BackupsAsync("a.db", 1);
        Assert.Equal(("2026-11-26T03:30:00+00:00", "Full", "Delay"), Next(await server.TaskAsync("a.db")));
        server.To("2026-11-26T03:30:00Z");
        await server.BackupsAsync("a.db", 2);
        Assert.Equal("2026-11-26T03:30:00+00:00", (string?)(await server.TaskAsync("a.db"))["lastFullBackup"]);
        Assert.Single(server.Archives("a.db"));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_failed_run_is_reported_and_retried_after_a_minute(Origin origin)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await DefineAsync(server, origin);
        Directory.Move(server.Nas, $"{server.Nas}-away"); // an unmounted disk
        server.To("2026-11-26T02:00:00Z");
        await server.BackupsAsync("a.db", 1);
        var task = await server.TaskAsync("a.db");
        Assert.Equal(("2026-11-26T02:01:00+00:00", "Full", "Retry"), Next(task));
        Assert.Equal(("Failed", 1), ((string)task["status"]!["lastState"]!, (int)task["status"]!["failures"]!));
        Assert.Contains(server.Nas, (string?)task["status"]!["lastError"], StringComparison.Ordinal);
        Assert.Equal("Failing", await StateAsync(server));
        Directory.Move($"{server.Nas}-away", server.Nas);
        server.To("2026-11-26T02:01:00Z");
        await server.BackupsAsync("a.db", 2);
        Assert.Equal("Covered", await StateAsync(server));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task The_backup_endpoint_of_a_task_accepts_no_body_an_empty_one_and_an_object(Origin origin)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var path = $"{ApiServer.Database("a.db")}/tasks/{(await DefineAsync(server, origin))["id"]}/backup";
        foreach (
            var body in (HttpContent?[])
                [
                    null,
                    new StringContent("", null, "application/json"),
                    new FormUrlEncodedContent([]),
                    new StreamContent(Stream.Null),
                    new ChunkedEmpty(),
                    new StringContent("{}", null, "application/json"),
                    new StringContent("""{"kind":"Full"}""", null, "application/json"),
                ]
        )
        {
            Assert.Equal("Full", (string?)ApiServer.Completed(await server.EndedAsync(await server.PostAsync(path, body)))["kind"]);
        }

        if (origin == Origin.Derived)
        {
            foreach (var body in (HttpContent?[])[null, new ChunkedEmpty()])
            {
                foreach (
                    var id in (await server.PostAsync("server-wide-backups/mine/backup", body)).Json(HttpStatusCode.Accepted)[
                        "operationIds"
                    ]!.AsArray()
                )
                {
                    ApiServer.Completed(await server.EndedAsync((string)id!));
                }
            }
        }

        (await server.PostAsync(path, """{"kind":"Half"}""")).HasErrors("kind");
        (await server.PostAsync(path, """{"kind":1}""")).HasErrors("kind");
        (await server.PostAsync(path, """{"sort":"Full"}""")).HasErrors("sort");
    }

    [Fact]
    public async Task A_one_time_backup_is_full_has_no_task_and_no_retention_and_needs_a_destination()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var path = $"{ApiServer.Database("a.db")}/backup";
        foreach (
            var body in (HttpContent?[])
                [
                    null,
                    new StringContent("", null, "application/json"),
                    new ChunkedEmpty(),
                    new StringContent("{}", null, "application/json"),
                ]
        )
        {
            (await server.PostAsync(path, body)).HasErrors("destinations");
        }
        (await server.PostAsync(path, """{"destinations":[null,"none"],"recipients":["age1x",null]}""")).HasErrors(
            "destinations",
            "recipients"
        );
        var operation = await server.EndedAsync(await server.PostAsync(path, new { type = "Backup", destinations = new[] { "nas" } }));
        Assert.Equal("Full", (string?)ApiServer.Completed(operation)["kind"]);
        Assert.Null(operation["taskId"]);
        Assert.Empty(await server.TasksAsync("a.db"));
        Assert.Matches(
            @"^demo/a\.db/2026-11-25-10-00-00\.A-backup/2026-11-25-10-00-00\.full-backup\.tar\.zst$",
            Assert.Single(server.Archives("a.db"))
        );
    }

    // The same definition as a template of all databases or as a task of one; a second call edits it.
    private static async Task<JsonNode> DefineAsync(ApiServer server, Origin origin, params (string Name, JsonNode? Value)[] more)
    {
        var definition = ApiServer.Template(more: [("name", "mine"), .. more]);
        if (origin == Origin.Derived)
        {
            Assert.True((await server.PutTemplateAsync("mine", definition)).Status is HttpStatusCode.Created or HttpStatusCode.OK);
        }
        else if (await server.TasksAsync("a.db") is [var present])
        {
            (await server.PutAsync($"{ApiServer.Database("a.db")}/tasks/{present["id"]}", definition)).Is(HttpStatusCode.OK);
        }
        else
        {
            (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks", definition)).Is(HttpStatusCode.Created);
        }
        return await server.TaskAsync("a.db");
    }

    private static (string At, string Kind, string Reason) Next(JsonNode task) =>
        ((string)task["nextBackup"]!["at"]!, (string)task["nextBackup"]!["kind"]!, (string)task["nextBackup"]!["reason"]!);

    private static async Task<string> StateAsync(ApiServer server) =>
        (string)(await server.GetAsync(ApiServer.Database("a.db"))).Json()["state"]!;

    // A chunked body without bytes.
    private sealed class ChunkedEmpty : HttpContent
    {
        public ChunkedEmpty() => Headers.ContentType = new("application/json");

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
