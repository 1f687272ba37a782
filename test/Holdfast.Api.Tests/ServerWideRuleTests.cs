using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>The rules of server-wide backup tasks.</summary>
public sealed class ServerWideRuleTests
{
    [Fact]
    public async Task A_template_gives_every_database_a_task_named_after_it()
    {
        await using var server = await ApiServer.StartAsync("a.db", "sub/b.db");
        var saved = (await server.PutTemplateAsync("nightly")).Json(HttpStatusCode.Created);
        Assert.Equal("covers 2 databases (2 as snapshot)", (string?)saved["preview"]!["summary"]);
        foreach (var name in (string[])["a.db", "sub/b.db"])
        {
            var task = await server.TaskAsync(name);
            Assert.Equal(
                ("Server Wide Backup, nightly", true, $"demo/{name}"),
                ((string)task["name"]!, (bool)task["serverWide"]!, (string)task["database"]!)
            );
            Assert.Equal("2026-11-26T02:00:00+00:00", (string?)task["nextBackup"]!["at"]);
        }

        Assert.NotEqual((string)(await server.TaskAsync("a.db"))["id"]!, (string)(await server.TaskAsync("sub/b.db"))["id"]!);
    }

    [Theory]
    [InlineData("Server Wide Backup, mine")]
    [InlineData("sErVeR wIdE bAcKuP")]
    [InlineData("  server wide backups of mine")]
    public async Task The_prefix_is_reserved_in_any_case_when_a_task_is_made_and_when_it_is_renamed(string name)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks", ApiServer.Template(more: ("name", name)))).HasErrors("name");
        Assert.Empty(await server.TasksAsync("a.db"));
        var made = (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks", ApiServer.Template(more: ("name", "mine")))).Json(
            HttpStatusCode.Created
        )["task"]!;
        (await server.PutAsync($"{ApiServer.Database("a.db")}/tasks/{made["id"]}", ApiServer.Template(more: ("name", name)))).HasErrors(
            "name"
        );
        (await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("name", name)))).HasErrors("name");
        Assert.Equal("mine", (string?)(await server.TaskAsync("a.db"))["name"]);
        Assert.Empty(ApiServer.Items((await server.GetAsync("server-wide-backups")).Json()));
    }

    [Fact]
    public async Task A_name_of_another_task_is_refused_and_saving_ignores_the_case_of_names()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        var nightly = (await server.PutTemplateAsync("nightly")).Json(HttpStatusCode.Created);
        (await server.PutTemplateAsync("weekly")).Is(HttpStatusCode.Created);
        (await server.PutTemplateAsync("weekly", ApiServer.Template(more: ("name", "NIGHTLY")))).HasErrors("name");
        var edited = (await server.PutTemplateAsync("Nightly", ApiServer.Template("Backup"))).Json();
        Assert.Equal(((string)nightly["id"]!, "nightly"), ((string)edited["id"]!, (string)edited["name"]!));

        var tasks = $"{ApiServer.Database("a.db")}/tasks";
        (await server.PostAsync(tasks, ApiServer.Template(more: ("name", "mine")))).Is(HttpStatusCode.Created);
        (await server.PostAsync(tasks, ApiServer.Template(more: ("name", "Mine")))).HasErrors("name");
        (await server.PostAsync($"{ApiServer.Database("b.db")}/tasks", ApiServer.Template(more: ("name", "Mine")))).Is(
            HttpStatusCode.Created
        );
        Assert.Equal(3, (await server.TasksAsync("a.db")).Count);
    }

    [Fact]
    public async Task A_renamed_template_and_its_tasks_keep_their_ids_history_and_chains()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var before = (await server.PutTemplateAsync("nightly")).Json(HttpStatusCode.Created);
        var full = await server.BackedUpAsync("a.db");
        var task = await server.TaskAsync("a.db");
        var renamed = (await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("name", "every night")))).Json();
        Assert.Equal(((string)before["id"]!, "every night"), ((string)renamed["id"]!, (string)renamed["name"]!));
        (await server.GetAsync("server-wide-backups/nightly")).Problem(404, "not-found");
        Assert.Equal((string)before["id"]!, (string?)(await server.GetAsync("server-wide-backups/every%20night")).Json()["id"]);

        var after = await server.TaskAsync("a.db");
        Assert.Equal("Server Wide Backup, every night", (string?)after["name"]);
        foreach (var same in (string[])["id", "lastFullBackup", "status", "nextBackup"])
        {
            Assert.Equal(task[same]!.ToJsonString(), after[same]!.ToJsonString());
        }
        server.Add("a.db");
        var incremental = await server.BackedUpAsync("a.db", "Incremental");
        Assert.Equal("Incremental", (string?)incremental["kind"]);
        Assert.Equal(Path.GetDirectoryName((string)full["path"]!), Path.GetDirectoryName((string)incremental["path"]!));
    }

    [Fact]
    public async Task An_edit_applies_to_all_databases_at_once_and_changes_no_id()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        await server.PutTemplateAsync("nightly");
        var ids = (await server.TaskAsync("a.db"), await server.TaskAsync("b.db"));
        (
            await server.PutTemplateAsync(
                "nightly",
                ApiServer.Template("Backup", ("incrementalBackup", null), ("retention", new JsonObject { ["minimumAgeDays"] = 14 }))
            )
        ).Is(HttpStatusCode.OK);
        foreach (var (was, name) in ((JsonNode, string)[])[(ids.Item1, "a.db"), (ids.Item2, "b.db")])
        {
            var task = await server.TaskAsync(name);
            Assert.Equal(
                ((string)was["id"]!, "Backup", "2026-11-29T02:00:00+00:00"),
                ((string)task["id"]!, (string)task["type"]!, (string)task["nextBackup"]!["at"]!)
            );
            Assert.Equal(14, (double)task["definition"]!["retention"]!["minimumAgeDays"]!);
        }
    }

    [Fact]
    public async Task An_excluded_database_has_no_derived_task_and_gets_it_back_with_its_history()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        await server.PutTemplateAsync("nightly");
        (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks", ApiServer.Template(more: ("name", "mine")))).Is(
            HttpStatusCode.Created
        );
        var before = (await server.TasksAsync("a.db"))[0];
        var full = await server.BackedUpAsync("a.db", task: (string)before["id"]!);
        before = (await server.TasksAsync("a.db"))[0];

        (await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("excluded", new JsonArray("DEMO/A.db"))))).Is(
            HttpStatusCode.OK
        );
        Assert.Equal("mine", (string?)(await server.TaskAsync("a.db"))["name"]);
        Assert.Single(await server.TasksAsync("b.db"));
        Assert.Single(server.Archives("a.db"));
        (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks/{before["id"]}/backup")).Problem(404, "not-found");

        (await server.PutTemplateAsync("nightly")).Is(HttpStatusCode.OK);
        var after = (await server.TasksAsync("a.db"))[0];
        foreach (var same in (string[])["id", "name", "lastFullBackup", "status"])
        {
            Assert.Equal(before[same]!.ToJsonString(), after[same]!.ToJsonString());
        }
        server.Add("a.db");
        var incremental = await server.BackedUpAsync("a.db", "Incremental", (string)after["id"]!);
        Assert.Equal(
            ("Incremental", Path.GetDirectoryName((string)full["path"]!)),
            ((string)incremental["kind"]!, Path.GetDirectoryName((string)incremental["path"]!))
        );
    }

    [Fact]
    public async Task An_exclusion_applies_to_future_databases_by_name_and_glob_ignoring_case()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        (await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("excluded", new JsonArray("demo/LATER.db", "Demo/tmp*"))))).Is(
            HttpStatusCode.Created
        );
        foreach (var name in (string[])["later.db", "tmp-1.db", "other.db"])
        {
            ApiServer.Make(server.Source, name);
        }
        await server.DiscoverAsync();
        Assert.Empty(await server.TasksAsync("later.db"));
        Assert.Empty(await server.TasksAsync("tmp-1.db"));
        Assert.Single(await server.TasksAsync("other.db"));
        Assert.Equal(
            "covers 2 databases (2 as snapshot), 2 excluded",
            (string?)(await server.GetAsync("server-wide-backups/nightly")).Json()["summary"]
        );
    }

    [Fact]
    public async Task A_blank_exclusion_rejects_the_whole_edit()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        await server.PutTemplateAsync("nightly");
        (await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("excluded", new JsonArray("demo/a.db", " "))))).HasErrors(
            "excluded"
        );
        (await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("excluded", new JsonArray("demo/a.db", null))))).HasErrors(
            "excluded"
        );
        Assert.Single(await server.TasksAsync("a.db"));
    }

    [Fact]
    public async Task Each_of_several_templates_gives_a_database_a_task_with_its_own_history_and_chain()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        await server.PutTemplateAsync("dumps", ApiServer.Template("Backup"));
        var tasks = await server.TasksAsync("a.db");
        Assert.Equal(["Server Wide Backup, dumps", "Server Wide Backup, nightly"], tasks.Select(t => (string)t["name"]!));
        await server.BackedUpAsync("a.db", task: (string)tasks[0]["id"]!);
        Assert.Null((await server.TasksAsync("a.db"))[1]["lastFullBackup"]);
        var first = await server.BackedUpAsync("a.db", "Incremental", (string)tasks[1]["id"]!);
        Assert.Equal(("Full", "Snapshot"), ((string)first["kind"]!, (string)first["type"]!));
        Assert.Equal(2, server.Archives("a.db").Select(Path.GetDirectoryName).Distinct().Count());
        (await server.DeleteAsync("server-wide-backups/dumps")).Is(HttpStatusCode.NoContent);
        Assert.Equal("Server Wide Backup, nightly", (string?)(await server.TaskAsync("a.db"))["name"]);
    }

    [Fact]
    public async Task A_disabled_template_disables_all_its_tasks_and_missed_runs_are_not_made_up_when_it_is_enabled()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        await server.PutTemplateAsync("nightly");
        await server.PutTemplateAsync("other", ApiServer.Template(more: ("excluded", new JsonArray("demo/b.db"))));
        (await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("disabled", true)))).Is(HttpStatusCode.OK);
        var off = await server.TaskAsync("b.db");
        Assert.True((bool)off["definition"]!["disabled"]!);
        Assert.Null(off["nextBackup"]);
        (await server.PostAsync($"{ApiServer.Database("b.db")}/tasks/{off["id"]}/backup")).Problem(409, "not-allowed");
        (await server.PostAsync("server-wide-backups/nightly/backup")).Problem(409, "not-allowed");

        server.To("2026-11-26T02:00:00Z");
        await server.BackupsAsync("a.db", 1); // by the other template
        ApiServer.Make(server.Source, "new.db");
        await server.DiscoverAsync();
        Assert.Equal(
            [(true, "Server Wide Backup, nightly"), (false, "Server Wide Backup, other")],
            (await server.TasksAsync("new.db")).Select(t => ((bool)t["definition"]!["disabled"]!, (string)t["name"]!))
        );
        server.To("2026-11-26T09:00:00Z");
        (await server.PutTemplateAsync("nightly")).Is(HttpStatusCode.OK);
        var on = await server.TaskAsync("b.db");
        Assert.Equal(((string)off["id"]!, "2026-11-27T02:00:00+00:00"), ((string)on["id"]!, (string)on["nextBackup"]!["at"]!));
        server.To("2026-11-27T02:00:00Z");
        await server.BackupsAsync("b.db", 1);
    }

    [Fact]
    public async Task Deleting_a_template_deletes_its_tasks_and_no_file()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync(
            "nightly",
            ApiServer.Template(more: ("encryption", new JsonObject { ["mode"] = "Key", ["encryptSnapshots"] = true }))
        );
        await server.BackedUpAsync("a.db");
        var files = Directory.GetFiles(server.Nas, "*", SearchOption.AllDirectories);
        (await server.DeleteAsync("server-wide-backups/NIGHTLY")).Is(HttpStatusCode.NoContent);
        (await server.DeleteAsync("server-wide-backups/nightly")).Problem(404, "not-found");
        Assert.Empty(await server.TasksAsync("a.db"));
        Assert.Equal(files, Directory.GetFiles(server.Nas, "*", SearchOption.AllDirectories));
        await server.RestoredAsync(new { from = "demo/a.db", target = "demo/again.db" }); // its key is kept too
        Assert.Equal(40, server.Rows("again.db"));
    }

    [Fact]
    public async Task A_template_without_destinations_is_saved_and_does_not_run()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        (await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("destinations", new JsonArray())))).Is(HttpStatusCode.Created);
        var task = await server.TaskAsync("a.db");
        Assert.Null(task["nextBackup"]);
        Assert.NotNull(
            (string?)(await server.PostAsync($"{ApiServer.Database("a.db")}/tasks/{task["id"]}/backup")).Problem(409, "not-allowed")["hint"]
        );
        (await server.PostAsync("server-wide-backups/nightly/backup")).Problem(409, "not-allowed");
        Assert.Equal("Uncovered", (string?)(await server.GetAsync(ApiServer.Database("a.db"))).Json()["state"]);
    }

    [Fact]
    public async Task A_database_file_created_while_the_server_runs_is_covered_and_backed_up_automatically()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        ApiServer.Make(server.Source, "new.db");
        server.To("2026-11-25T10:00:30Z"); // the next discovery
        await server.UntilAsync(() => server.Node.Tasks.Of(new("demo", "new.db")).Count == 1);
        server.To("2026-11-26T02:00:00Z");
        await server.BackupsAsync("new.db", 1);
        Assert.Single(server.Archives("new.db"));
        var operation = ApiServer.Items((await server.GetAsync("operations?database=demo%2Fnew.db")).Json()).Single();
        Assert.Equal("Full", (string?)ApiServer.Completed(operation)["kind"]);
        Assert.Null(operation["askedBy"]);
        Assert.Equal("2026-11-27T02:00:00+00:00", (string?)(await server.TaskAsync("new.db"))["nextBackup"]!["at"]);
    }

    [Fact]
    public async Task A_restored_database_is_covered_at_once_by_the_templates_of_this_server_and_gets_no_regular_task()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks", ApiServer.Template(more: ("name", "mine")))).Is(
            HttpStatusCode.Created
        );
        var source = await server.TasksAsync("a.db");
        await server.BackedUpAsync("a.db", task: (string)source[0]["id"]!);
        await server.RestoredAsync(new { from = "demo/a.db", target = "demo/deep/again.db" });
        var task = await server.TaskAsync("deep/again.db");
        Assert.Equal("Server Wide Backup, nightly", (string?)task["name"]);
        Assert.NotEqual((string)source[0]["id"]!, (string?)task["id"]);
        Assert.Null(task["lastFullBackup"]);
        await server.BackedUpAsync("deep/again.db");
        Assert.StartsWith("demo/deep%2Fagain.db/", Assert.Single(server.Archives("deep%2Fagain.db")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_derived_task_cannot_be_edited_renamed_disabled_or_deleted_on_its_database_and_says_where_to_do_so()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        var task = await server.TaskAsync("a.db");
        var path = $"{ApiServer.Database("a.db")}/tasks/{task["id"]}";
        foreach (
            var body in (JsonObject[])
                [ApiServer.Template("Backup"), ApiServer.Template(more: ("name", "mine")), ApiServer.Template(more: ("disabled", true))]
        )
        {
            Assert.Contains(
                "server-wide-backups",
                (string?)(await server.PutAsync(path, body)).Problem(409, "not-allowed")["hint"],
                StringComparison.Ordinal
            );
        }

        Assert.Contains("exclude", (string?)(await server.DeleteAsync(path)).Problem(409, "not-allowed")["hint"], StringComparison.Ordinal);
        Assert.Equal(task.ToJsonString(), (await server.GetAsync(path)).Json().ToJsonString());
    }

    [Fact]
    public async Task A_template_has_no_preferred_node()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        (await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("preferredNode", "A")))).HasErrors("preferredNode");
        await server.PutTemplateAsync("nightly");
        Assert.Equal("A", (string?)(await server.TaskAsync("a.db"))["responsibleNode"]);
    }

    [Fact]
    public async Task All_databases_of_a_template_are_backed_up_in_one_call()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db", "tmp.db");
        await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("excluded", new JsonArray("demo/tmp*"))));
        var ids = (await server.PostAsync("server-wide-backups/nightly/backup")).Json(HttpStatusCode.Accepted)["operationIds"]!.AsArray();
        Assert.Equal(2, ids.Count);
        foreach (var id in ids)
        {
            Assert.Equal("Full", (string?)ApiServer.Completed(await server.EndedAsync((string)id!))["kind"]);
        }
        Assert.Equal((1, 1, 0), (server.Archives("a.db").Count, server.Archives("b.db").Count, server.Archives("tmp.db").Count));
    }

    [Fact]
    public async Task A_renamed_database_counts_as_a_new_one_and_the_old_one_stays_until_it_is_dismissed()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks", ApiServer.Template(more: ("name", "mine")))).Is(
            HttpStatusCode.Created
        );
        var before = await server.TasksAsync("a.db");
        await server.BackedUpAsync("a.db", task: (string)before[0]["id"]!);
        File.Move(Path.Combine(server.Source, "a.db"), Path.Combine(server.Source, "z.db"));
        await server.DiscoverAsync();
        Assert.NotEqual((string)before[0]["id"]!, (string?)(await server.TaskAsync("z.db"))["id"]);
        var old = (await server.GetAsync(ApiServer.Database("a.db"))).Json();
        Assert.Equal(("Dropped", "demo/z.db"), ((string)old["state"]!, (string)old["renamedTo"]!));
        Assert.Empty(await server.TasksAsync("a.db"));
        (await server.DeleteAsync(ApiServer.Database("z.db"))).Problem(409, "not-allowed");
        (await server.DeleteAsync(ApiServer.Database("a.db"))).Is(HttpStatusCode.NoContent);
        (await server.GetAsync(ApiServer.Database("a.db"))).Problem(404, "not-found");
        Assert.Single(server.Archives("a.db"));
        (await server.DeleteAsync("server-wide-backups/nightly")).Is(HttpStatusCode.NoContent);
        (await server.DeleteAsync("destinations/nas")).Is(HttpStatusCode.NoContent); // the task of the dismissed database no longer uses it
    }
}
