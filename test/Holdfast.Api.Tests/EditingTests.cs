using System.Net;
using System.Text.Json.Nodes;
using Holdfast.Api.Access;
using Holdfast.Archive.Age;

namespace Holdfast.Api.Tests;

/// <summary>Concurrent edits, edits of what was read, and keys that are shown once.</summary>
public sealed class EditingTests
{
    /// <summary>All editable resources: path, and two versions.</summary>
    public static TheoryData<string, string, string> Resources =>
        new()
        {
            { "server-wide-backups/nightly", ApiServer.Template().ToJsonString(), ApiServer.Template("Backup").ToJsonString() },
            {
                "task",
                ApiServer.Template(more: ("name", "mine")).ToJsonString(),
                ApiServer.Template("Backup", ("name", "mine")).ToJsonString()
            },
            { "destinations/other", """{"kind":"local","path":"ROOT/one"}""", """{"kind":"local","path":"ROOT/two"}""" },
            { "users/alice", """{"role":"Viewer","password":"correct horse battery"}""", """{"role":"Operator"}""" },
        };

    [Theory]
    [MemberData(nameof(Resources))]
    public async Task The_second_of_two_editors_is_refused_with_the_current_state(string path, string one, string two)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        (one, two) = (
            one.Replace("ROOT", server.Root, StringComparison.Ordinal),
            two.Replace("ROOT", server.Root, StringComparison.Ordinal)
        );
        if (path == "task")
        {
            var made = (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks", one)).Json(HttpStatusCode.Created);
            path = $"{ApiServer.Database("a.db")}/tasks/{made["task"]!["id"]}";
        }
        else
        {
            (await server.PutAsync(path, one, "*")).Is(HttpStatusCode.Created);
            (await server.PutAsync(path, one, "*")).Problem(412, "conflict"); // only if it does not exist
        }

        var read = (await server.GetAsync(path)).Is(HttpStatusCode.OK);
        Assert.NotNull(read.Tag);
        var first = await server.PutAsync(path, two, read.Tag);
        first.Is(HttpStatusCode.OK);
        Assert.NotEqual(read.Tag, first.Tag);
        var now = await server.GetAsync(path);
        Assert.Equal(now.Tag, first.Tag);

        foreach (var stale in (string[])[read.Tag!, "\"999999\"", "\"0\"", "\"-1\"", "\"x\"", "x", "W/" + first.Tag])
        {
            var refused = await server.PutAsync(path, one, stale);
            var problem = refused.Problem(412, "conflict");
            Assert.Equal(first.Tag, (string?)problem["etag"]);
            var current = problem["current"]!;
            Assert.Equal(
                path.StartsWith("dest", StringComparison.Ordinal) ? $"{server.Root}/two"
                    : path.StartsWith("users", StringComparison.Ordinal) ? "Operator"
                    : "Backup",
                (string?)(current["path"] ?? current["role"] ?? current["type"])
            );
            (await server.DeleteAsync(path, stale)).Problem(412, "conflict");
        }

        Assert.Equal(now.Text, (await server.GetAsync(path)).Text);
        (await server.PutAsync(path, one, first.Tag)).Is(HttpStatusCode.OK);
        var last = (await server.PutAsync(path, two)).Is(HttpStatusCode.OK); // without a tag it overwrites
        (await server.DeleteAsync(path, last.Tag)).Is(HttpStatusCode.NoContent);
        (await server.PutAsync(path, one, last.Tag)).Is(
            path.Contains("/tasks/", StringComparison.Ordinal) ? HttpStatusCode.NotFound : HttpStatusCode.PreconditionFailed
        );
        (await server.GetAsync(path)).Problem(404, "not-found");
    }

    [Fact]
    public async Task One_of_many_concurrent_editors_succeeds()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var made = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => server.PutTemplateAsync("nightly", ApiServer.Template(more: ("spreadMinutes", i)), "*"))
        );
        Assert.Equal(1, made.Count(a => a.Status == HttpStatusCode.Created));
        Assert.All(made, a => Assert.True(a.Status is HttpStatusCode.Created or HttpStatusCode.PreconditionFailed, a.Text));
        Assert.Single(ApiServer.Items((await server.GetAsync("server-wide-backups")).Json()));
        var tag = (await server.GetAsync("server-wide-backups/nightly")).Tag;
        var edits = await Task.WhenAll(
            Enumerable.Range(10, 8).Select(i => server.PutTemplateAsync("nightly", ApiServer.Template(more: ("spreadMinutes", i)), tag))
        );
        var won = Assert.Single(edits, a => a.Status == HttpStatusCode.OK);
        Assert.Equal(7, edits.Count(a => a.Status == HttpStatusCode.PreconditionFailed));
        Assert.Equal(
            (double)won.Json()["definition"]!["spreadMinutes"]!,
            (double)(await server.GetAsync("server-wide-backups/nightly")).Json()["definition"]!["spreadMinutes"]!
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_definition_that_was_read_can_be_saved_unchanged_and_keeps_its_key(bool regular)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var definition = ApiServer.Template(
            "Backup",
            ("name", "mine"),
            ("encryption", new JsonObject { ["mode"] = "Key" }),
            ("retention", new JsonObject { ["minimumAgeDays"] = 14.5 })
        );
        var path = "server-wide-backups/mine";
        if (regular)
        {
            var tasks = $"{ApiServer.Database("a.db")}/tasks";
            var created = (await server.PostAsync(tasks, definition)).Json(HttpStatusCode.Created);
            path = $"{tasks}/{created["task"]!["id"]}";
        }
        else
        {
            foreach (var (name, value) in ((string, JsonNode)[])[("excluded", new JsonArray("demo/tmp*")), ("spreadMinutes", 7.5)])
            {
                definition[name] = value;
            }
            (await server.PutAsync(path, definition)).Is(HttpStatusCode.Created);
        }

        await server.BackedUpAsync("a.db");
        var read = (await server.GetAsync(path)).Json();
        for (var i = 0; i < 2; i++)
        {
            var saved = (await server.PutAsync(path, read["definition"]!)).Json();
            Assert.Null(saved["generatedKey"]);
            Assert.Equal(read["definition"]!.ToJsonString(), (saved["task"] ?? saved)["definition"]!.ToJsonString());
        }

        Assert.Equal(read["definition"]!.ToJsonString(), (await server.GetAsync(path)).Json()["definition"]!.ToJsonString());
        server.Add("a.db");
        Assert.Equal("Incremental", (string?)(await server.BackedUpAsync("a.db", "Incremental"))["kind"]); // the key is the same
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_generated_key_is_shown_once_opens_the_archive_and_is_revealed_to_an_administrator_only_and_audited(bool regular)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var definition = ApiServer.Template("Backup", ("name", "mine"), ("encryption", new JsonObject { ["mode"] = "Key" }));
        var made = (
            regular
                ? await server.PostAsync($"{ApiServer.Database("a.db")}/tasks", definition)
                : await server.PutTemplateAsync("mine", definition)
        ).Json(HttpStatusCode.Created);
        var (secret, base64) = ((string)made["generatedKey"]!["secretKey"]!, (string)made["generatedKey"]!["base64"]!);
        Assert.Equal(AgeIdentity.Parse(secret).ToBase64(), base64);
        Assert.Equal(AgeIdentity.Parse(secret).Recipient.ToString(), (string?)made["generatedKey"]!["recipient"]);
        var path = regular ? $"{ApiServer.Database("a.db")}/tasks/{made["task"]!["id"]}" : "server-wide-backups/mine";
        var archive = (string)(await server.BackedUpAsync("a.db"))["path"]!;
        Assert.Contains("manifest.json", await AgePrograms.ListAsync(Path.Combine(server.Nas, archive), secret));

        server.Answers.Clear();
        foreach (
            var get in (string[])
                [
                    path,
                    "server-wide-backups",
                    $"{ApiServer.Database("a.db")}/tasks",
                    "operations",
                    "audit",
                    "backups?from=demo%2Fa.db",
                    "openapi.json",
                ]
        )
        {
            (await server.GetAsync(get)).Is(HttpStatusCode.OK);
        }
        (await server.PutAsync(path, (await server.GetAsync(path)).Json()["definition"]!)).Is(HttpStatusCode.OK);
        (await server.PutAsync(path, definition)).Is(HttpStatusCode.OK); // same mode and no key: the key is kept
        Assert.All(server.Answers, a =>
            Assert.False(a.Contains(secret, StringComparison.OrdinalIgnoreCase) || a.Contains(base64, StringComparison.Ordinal))
        );

        using var oper = await server.WithRoleAsync(Role.Operator);
        (await server.SendAsync(HttpMethod.Post, $"{path}/key", client: oper)).Problem(403, "forbidden");
        Assert.Equal(secret, (string?)(await server.PostAsync($"{path}/key")).Json()["secretKey"]);
        Assert.Contains(ApiServer.Items((await server.GetAsync("audit")).Json()), e =>
            (string?)e["action"] == "key-revealed" && ((string)e["subject"]!).Contains("mine", StringComparison.Ordinal)
        );

        // Another key: archives of the first key still open, because the server keeps both.
        definition["encryption"]!["key"] = AgeIdentity.Generate().ToBase64();
        Assert.Null(((await server.PutAsync(path, definition)).Json())["generatedKey"]);
        Assert.NotEqual(secret, (string?)(await server.PostAsync($"{path}/key")).Json()["secretKey"]);
        await server.RestoredAsync(new { from = $"destination:nas/{archive}", target = "demo/again.db" });
    }
}
