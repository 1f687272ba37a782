using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>Finding restore points and restoring them.</summary>
public sealed class RestoreTests
{
    /// <summary>Ways to make a backup; all are restored in the same way.</summary>
    public enum Made
    {
        ByDerivedTask,
        ByRegularTask,
        ByHandOnce,
    }

    [Theory]
    [InlineData(Made.ByDerivedTask, "Snapshot")]
    [InlineData(Made.ByDerivedTask, "Backup")]
    [InlineData(Made.ByRegularTask, "Snapshot")]
    [InlineData(Made.ByRegularTask, "Backup")]
    [InlineData(Made.ByHandOnce, "Snapshot")]
    [InlineData(Made.ByHandOnce, "Backup")]
    public async Task A_restore_point_of_any_origin_is_restored_as_a_new_database(Made made, string type)
    {
        await using var server = await ApiServer.StartAsync("sub/a.db");
        await DefineAsync(server, made, type, "sub/a.db");
        var results = new List<JsonNode>();
        for (var i = 0; i < 3; i++)
        {
            results.Add(
                made == Made.ByHandOnce
                    ? ApiServer.Completed(
                        await server.EndedAsync(
                            await server.PostAsync($"{ApiServer.Database("sub/a.db")}/backup", new { type, destinations = new[] { "nas" } })
                        )
                    )
                    : await server.BackedUpAsync("sub/a.db", "Incremental")
            );
            server.Add("sub/a.db", 10);
            server.Time.Advance(TimeSpan.FromHours(1));
        }

        var points = ApiServer.Items((await server.GetAsync("backups?from=demo%2Fsub%2Fa.db")).Json());
        Assert.Equal(3, points.Count);
        Assert.All(points, p => Assert.Equal(("demo/sub/a.db", null), ((string)p["database"]!, (string?)p["needs"])));
        Assert.Equal(results.Select(r => (string)r["archiveId"]!).Order(), points.Select(p => (string)p["id"]!).Order());
        if (made != Made.ByHandOnce)
        {
            // Each restore point has the rows of its time, by id and by time; without either, the newest of all chains is used.
            for (var i = 0; i < 3; i++)
            {
                var restored = await server.RestoredAsync(
                    new
                    {
                        from = "demo/sub/a.db",
                        point = i == 0 ? (string)results[i]["archiveId"]! : $"2026-11-25T{10 + i}:00:00Z",
                        target = $"demo/new/{i}.db",
                    }
                );
                Assert.Equal((string)results[i]["archiveId"]!, (string?)restored["archiveId"]);
                Assert.Equal(40 + (10 * i), server.Rows($"new/{i}.db"));
            }
        }

        await server.RestoredAsync(new { from = "demo/sub/a.db", target = "demo/newest.db" });
        Assert.Equal(60, server.Rows("newest.db"));
        await server.RestoredAsync(new { from = $"destination:nas/{results[1]["path"]}", target = "demo/file.db" });
        Assert.Equal(50, server.Rows("file.db"));
        await server.RestoredAsync(
            new { from = Path.GetDirectoryName(Path.Combine(server.Nas, (string)results[2]["path"]!)), target = "demo/chain.db" }
        );
        Assert.Equal(60, server.Rows("chain.db"));
    }

    [Fact]
    public async Task A_restored_file_gets_the_mode_of_the_original_on_request()
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var server = await ApiServer.StartAsync("a.db");
        File.SetUnixFileMode(Path.Combine(server.Source, "a.db"), Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await server.PutTemplateAsync("nightly");
        await server.BackedUpAsync("a.db");
        var file = (await server.PostAsync("backups/check", new { from = "demo/a.db" })).Json()["file"]!;
        Assert.Equal(("0644", Environment.UserName), ((string?)file["mode"], (string?)file["user"]));
        await server.RestoredAsync(new { from = "demo/a.db", target = "demo/private.db" });
        await server.RestoredAsync(
            new
            {
                from = "demo/a.db",
                target = "demo/kept.db",
                keepMode = true,
                keepOwner = true,
            }
        );
        Assert.Equal(Owner, File.GetUnixFileMode(Path.Combine(server.Source, "private.db")));
        Assert.Equal(Owner | UnixFileMode.GroupRead, File.GetUnixFileMode(Path.Combine(server.Source, "kept.db")));
    }

    [Fact]
    public async Task Restore_points_are_listed_by_database_destination_and_path_and_a_common_root_lists_its_databases()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        await server.PutTemplateAsync("nightly");
        await server.BackedUpAsync("a.db");
        var second = await server.BackedUpAsync("b.db");
        Assert.Single(await PointsAsync(server, "demo/a.db"));
        foreach (
            var root in (string[])
                ["destination:nas", "destination:nas/", "destination:nas/demo", server.Nas, $"{server.Nas}/demo", $"{server.Nas}/"]
        )
        {
            Assert.Equal(["demo/a.db", "demo/b.db"], (await PointsAsync(server, root)).Select(p => (string)p["database"]!).Order());
        }

        foreach (
            var one in (string[])
                [
                    "destination:nas/demo/b.db",
                    $"{server.Nas}/demo/b.db",
                    $"destination:nas/{Path.GetDirectoryName((string)second["path"]!)}",
                    $"destination:nas/{second["path"]}",
                ]
        )
        {
            var point = Assert.Single(await PointsAsync(server, one));
            Assert.Equal(((string)second["archiveId"]!, "Snapshot"), ((string)point["id"]!, (string)point["kind"]!));
        }

        var refused = (await server.PostAsync("restores", new { from = "destination:nas", target = "demo/new.db" })).Problem(
            422,
            "ambiguous"
        );
        Assert.Contains("demo/a.db, demo/b.db", (string?)refused["detail"], StringComparison.Ordinal);
        Assert.Empty((await server.GetAsync("operations?kind=Restore")).Json()["items"]!.AsArray());
    }

    [Fact]
    public async Task Chains_are_listed_for_each_destination_and_every_listed_archive_can_be_restored()
    {
        await using var server = await ApiServer.StartAsync("sub/a.db", "B.db");
        (await server.PutAsync("destinations/second", new { kind = "local", path = $"{server.Root}/second" })).Is(HttpStatusCode.Created);
        await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("destinations", new JsonArray("nas", "second"))));
        await server.BackedUpAsync("sub/a.db");
        server.Add("sub/a.db", 10);
        server.Time.Advance(TimeSpan.FromHours(1));
        var second = await server.BackedUpAsync("sub/a.db", "Incremental");
        await server.BackedUpAsync("B.db");
        File.Delete(Path.Combine(server.Root, "second", (string)second["path"]!));
        (await server.PutAsync("destinations/away", new { kind = "local", path = $"{server.Root}/source/B.db/away" })).Is(
            HttpStatusCode.Created
        );

        var found = (await server.GetAsync("backups/chains?from=demo%2Fsub%2Fa.db")).Json();
        var chains = found["chains"]!.AsArray().Select(c => c!).ToList();
        Assert.Equal([("nas", 2), ("second", 1)], chains.Select(c => ((string)c["destination"]!, c["archives"]!.AsArray().Count)));
        Assert.All(chains, c =>
            Assert.Equal(
                ("demo/sub/a.db", "A", "Snapshot", true, "Server Wide Backup, nightly"),
                ((string)c["database"]!, (string)c["node"]!, (string)c["type"]!, (bool)c["hasFull"]!, (string)c["taskName"]!)
            )
        );
        Assert.Equal(chains[0]["folder"]!.ToString(), chains[1]["folder"]!.ToString());
        Assert.Equal(["away"], found["problems"]!.AsObject().Select(p => p.Key));
        var archives = chains[0]["archives"]!.AsArray();
        Assert.Equal(["Snapshot", "IncrementalBackup"], archives.Select(a => (string)a!["kind"]!));
        for (var i = 0; i < 2; i++)
        {
            await server.RestoredAsync(new { from = (string)archives[i]!["from"]!, target = $"demo/new/{i}.db" });
            Assert.Equal(40 + (10 * i), server.Rows($"new/{i}.db"));
        }

        // From a destination or a path, step by step: its databases, the chains of one, one archive.
        foreach (var root in (string[])["destination:nas", "destination:nas/demo", server.Nas, $"{server.Nas}/"])
        {
            var databases = ApiServer.Items((await server.GetAsync($"backups/databases?from={Uri.EscapeDataString(root)}")).Json());
            Assert.Equal([("demo/B.db", 1), ("demo/sub/a.db", 2)], databases.Select(d => ((string)d["name"]!, (int)d["points"]!)));
            var chain = Assert.Single(
                (await server.GetAsync($"backups/chains?from={Uri.EscapeDataString((string)databases[1]["from"]!)}")).Json()[
                    "chains"
                ]!.AsArray()
            )!;
            Assert.Equal("demo/sub/a.db", (string?)chain["database"]);
            var archive = (string)chain["archives"]![1]!["from"]!;
            Assert.Equal(
                archive,
                (string?)
                    Assert.Single(
                        Assert.Single(
                            (await server.GetAsync($"backups/chains?from={Uri.EscapeDataString(archive)}")).Json()["chains"]!.AsArray()
                        )!["archives"]!.AsArray()
                    )!["from"]
            );
            var check = (await server.PostAsync("backups/check", new { from = archive })).Json();
            Assert.Equal(
                (null, "demo/sub/a.db", "sqlite", 2, false),
                (
                    check["problem"],
                    (string)check["database"]!,
                    (string)check["engine"]!,
                    (int)check["archives"]!,
                    (bool)check["isEncrypted"]!
                )
            );
            Assert.Equal(chain["archives"]!.AsArray().Sum(a => (long)a!["bytes"]!), (long)check["storedBytes"]!);
        }

        Assert.Empty((await server.GetAsync("backups/chains?from=demo%2Fnone.db")).Json()["chains"]!.AsArray());
        (await server.GetAsync("backups/chains?from=%2Fetc")).Problem(400, "usage");
        (await server.GetAsync("backups/databases?from=destination%3Anone")).Problem(404, "not-found");
        (await server.PostAsync("backups/check", new { from = "", keys = new[] { "x" } })).HasErrors("from", "keys");
        File.Delete($"{server.Nas}/{archives[0]!["from"]!.ToString().Split('/', 2)[1]}");
        var broken = (await server.PostAsync("backups/check", new { from = (string)archives[1]!["from"]! })).Json();
        Assert.Equal("chain-incomplete", (string?)broken["problem"]!["code"]);
    }

    [Fact]
    public async Task An_unreachable_destination_hides_no_backup_that_another_has()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        (await server.PutAsync("destinations/away", new { kind = "local", path = $"{server.Root}/away" })).Is(HttpStatusCode.Created);
        await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("destinations", new JsonArray("nas", "away"))));
        var both = await server.BackedUpAsync("a.db");
        Assert.Equal(["away", "nas"], both["destinations"]!.AsObject().Select(d => d.Key).Order());
        (await server.PutAsync("destinations/away", new { kind = "local", path = $"{server.Root}/source/a.db/away" })).Is(
            HttpStatusCode.OK
        );
        Assert.Single(await PointsAsync(server, "demo/a.db"));
        await server.RestoredAsync(new { from = "demo/a.db", target = "demo/new.db" });
        var half = await server.BackUpAsync("a.db");
        Assert.Equal(("CompletedWithErrors", "destination-failed"), ((string)half["state"]!, (string)half["error"]!["code"]!));
        Assert.Equal((null, false), ((string?)half["result"]!["destinations"]!["nas"], half["result"]!["destinations"]!["away"] is null));
    }

    [Fact]
    public async Task A_location_that_does_not_exist_or_is_not_allowed_is_rejected()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        File.CreateSymbolicLink(Path.Combine(server.Root, "out"), "/etc");
        foreach (
            var (from, status, code) in ((string, int, string)[])
                [
                    ("/etc", 400, "usage"),
                    ($"{server.Root}/../..", 400, "usage"),
                    ($"{server.Root}/out", 400, "usage"),
                    ($"{server.Root}/out/passwd", 400, "usage"),
                    ("destination:nas/../../../etc", 400, "usage"),
                    ("destination:none", 404, "not-found"),
                    ("a.db", 400, "usage"),
                    ("/", 400, "usage"),
                    ($"{server.Root}/\0", 400, "usage"),
                ]
        )
        {
            (await server.GetAsync($"backups?from={Uri.EscapeDataString(from)}")).Problem(status, code);
            (await server.PostAsync("restores", new { from, target = "demo/new.db" })).Problem(status, code);
        }

        foreach (var from in (string[])[$"{server.Root}/none", "destination:nas/none", "demo/none.db"])
        {
            (await server.GetAsync($"backups?from={Uri.EscapeDataString(from)}")).Problem(404, "not-found");
            (await server.PostAsync("restores", new { from, target = "demo/new.db" })).Problem(404, "not-found");
        }

        (await server.GetAsync("backups")).HasErrors("from");
        Assert.Equal(["a.db"], Directory.GetFiles(server.Source).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_target_that_exists_or_is_not_a_valid_name_is_rejected_and_nothing_is_created()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        await server.BackedUpAsync("a.db");
        (await server.PostAsync("restores", new { from = "demo/a.db", target = "demo/a.db" })).Problem(409, "target-exists");
        (await server.PostAsync("restores", new { from = "demo/a.db", target = "none/a.db" })).Problem(404, "not-found");
        foreach (
            var target in (string[])
                [
                    "",
                    "new.db",
                    "demo/",
                    "demo/../new.db",
                    "demo/a/../../new.db",
                    "demo//new.db",
                    "demo/./new.db",
                    "demo/new\n.db",
                    "demo/new\0.db",
                    "de mo/new.db",
                    $"demo/{new string('n', 2000)}",
                ]
        )
        {
            (
                await server.PostAsync(
                    "restores",
                    new
                    {
                        from = "demo/a.db",
                        target,
                        keys = new string?[] { null, "x" },
                    }
                )
            ).HasErrors("target", "keys");
        }

        // A file of that name that discovery skips, because it is not a database, is not overwritten either.
        await File.WriteAllTextAsync(Path.Combine(server.Source, "notes.txt"), "mine", TestContext.Current.CancellationToken);
        Assert.Equal(
            "target-exists",
            (string?)(await server.RestoreAsync(new { from = "demo/a.db", target = "demo/notes.txt" }))["error"]!["code"]
        );
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(server.Source, "notes.txt"), TestContext.Current.CancellationToken));
        Assert.Equal(["a.db", "notes.txt"], Directory.GetFileSystemEntries(server.Source).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("Snapshot")]
    [InlineData("Backup")]
    public async Task An_aborted_restore_leaves_nothing_behind_and_a_running_one_shows_its_progress(string type)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly", ApiServer.Template(type));
        await server.BackedUpAsync("a.db");
        server.Gate.Close();
        var id = (string)
            (await server.PostAsync("restores", new { from = "demo/a.db", target = "demo/new.db" })).Json(HttpStatusCode.Accepted)[
                "operationId"
            ]!;
        await server.Gate.ReachedAsync(); // everything is written, but without its final name
        var running = (await server.GetAsync($"operations/{id}")).Json();
        Assert.Equal(("Running", "writing", "Restore"), ((string)running["state"]!, (string)running["phase"]!, (string)running["kind"]!));
        Assert.True((long)running["progress"]!["totalBytes"]! > 0);
        Assert.Equal((long)running["progress"]!["totalBytes"]!, (long)running["progress"]!["doneBytes"]!);
        await server.DiscoverAsync();
        Assert.Single(ApiServer.Items((await server.GetAsync("databases")).Json())); // discovery ignores the temporary file
        (await server.PostAsync($"operations/{id}/delay", new { minutes = 1 })).Problem(409, "not-allowed");
        (await server.PostAsync($"operations/{id}/abort")).Is(HttpStatusCode.NoContent);
        Assert.Equal("Aborted", (string?)(await server.EndedAsync(id))["state"]);
        server.Gate.Open();
        Assert.Equal(
            ["a.db"],
            Directory
                .GetFileSystemEntries(server.Source)
                .Select(Path.GetFileName)
                .Where(n => n!.EndsWith(".db", StringComparison.Ordinal) || n.Contains("restore", StringComparison.Ordinal))
        );
        await server.DiscoverAsync();
        Assert.Single(ApiServer.Items((await server.GetAsync("databases")).Json()));
        await server.RestoredAsync(new { from = "demo/a.db", target = "demo/new.db" });
    }

    [Fact]
    public async Task Truncated_damaged_and_missing_archives_are_different_failures_and_nothing_is_created()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        var full = Path.Combine(server.Nas, (string)(await server.BackedUpAsync("a.db"))["path"]!);
        server.Add("a.db");
        await server.BackedUpAsync("a.db", "Incremental");
        var whole = await File.ReadAllBytesAsync(full, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(full, whole[..^100], TestContext.Current.CancellationToken);
        await FailsAsync("truncated");
        whole[whole.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(full, whole, TestContext.Current.CancellationToken);
        await FailsAsync("corrupt");
        File.Delete(full);
        await FailsAsync("chain-incomplete");
        Assert.Equal(["a.db"], Directory.GetFiles(server.Source, "*.db").Select(Path.GetFileName));

        async Task FailsAsync(string code)
        {
            var failed = await server.RestoreAsync(new { from = "demo/a.db", target = "demo/new.db" });
            Assert.Equal(("Failed", code), ((string)failed["state"]!, (string)failed["error"]!["code"]!));
        }
    }

    [Fact]
    public async Task The_audit_log_names_restore_point_target_and_operation()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly");
        await server.BackedUpAsync("a.db");
        var restore = (string)(await server.RestoreAsync(new { from = "demo/a.db", target = "demo/new.db" }))["id"]!;
        var verify = (string)
            (await server.PostAsync("backups/verify", new { from = "demo/a.db" })).Json(HttpStatusCode.Accepted)["operationId"]!;
        (await server.PostAsync("backups/check", new { from = "demo/a.db" })).Json();
        (await server.PostAsync("restores", new { from = "demo/a.db", target = "demo/a.db" })).Problem(409, "target-exists");
        var entries = ApiServer.Items((await server.GetAsync("audit")).Json()).Take(4).Select(e => $"{e["subject"]} {e["result"]}");
        Assert.Equal(
            [
                "from=demo/a.db target=demo/a.db 409",
                "from=demo/a.db 200",
                $"from=demo/a.db operation={verify} 202",
                $"from=demo/a.db target=demo/new.db operation={restore} 202",
            ],
            entries
        );
    }

    private static async Task<List<JsonNode>> PointsAsync(ApiServer server, string from) =>
        ApiServer.Items((await server.GetAsync($"backups?from={Uri.EscapeDataString(from)}")).Json());

    private static async Task DefineAsync(ApiServer server, Made made, string type, string database)
    {
        if (made == Made.ByDerivedTask)
        {
            (await server.PutTemplateAsync("nightly", ApiServer.Template(type))).Is(HttpStatusCode.Created);
        }
        if (made == Made.ByRegularTask)
        {
            (await server.PostAsync($"{ApiServer.Database(database)}/tasks", ApiServer.Template(type, ("name", "mine")))).Is(
                HttpStatusCode.Created
            );
        }
    }
}
