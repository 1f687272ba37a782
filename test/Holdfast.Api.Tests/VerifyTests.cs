using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>Verification of backups.</summary>
public sealed class VerifyTests
{
    [Fact]
    public async Task Chains_are_verified_at_every_destination_and_damage_is_reported_with_its_archive()
    {
        var server = await ApiServer.StartAsync("a.db");
        (await server.PutAsync("destinations/second", new { kind = "local", path = $"{server.Root}/second" })).Is(HttpStatusCode.Created);
        await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("destinations", new JsonArray("nas", "second"))));
        await server.BackedUpAsync("a.db");
        server.Add("a.db", 10);
        server.Time.Advance(TimeSpan.FromHours(1));
        var second = await server.BackedUpAsync("a.db", "Incremental");
        Assert.All(await ChainsAsync(server), c => Assert.Null(c["check"]));

        var well = await VerifiedAsync(server, "demo/a.db");
        Assert.Equal(("Completed", "Verify", "demo/a.db"), ((string)well["state"]!, (string)well["kind"]!, (string)well["database"]!));
        Assert.Equal(
            (await ChainsAsync(server)).Sum(c => c["archives"]!.AsArray().Sum(a => (long)a!["bytes"]!)),
            (long)well["result"]!["storedBytes"]!
        );
        Assert.Equal(4, (int)well["progress"]!["items"]!);
        Assert.All(await ChainsAsync(server), c => Assert.Empty(c["check"]!["problems"]!.AsObject()));

        // One byte of one archive at one destination.
        var file = Path.Combine(server.Root, "second", (string)second["path"]!);
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        server.Time.Advance(TimeSpan.FromHours(1));
        var damaged = await VerifiedAsync(server, "demo/a.db");
        Assert.Equal(("Failed", "corrupt"), ((string)damaged["state"]!, (string)damaged["error"]!["code"]!));
        Assert.StartsWith("1 of 4 archives have problems.", (string)damaged["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Null(damaged["result"]!["destinations"]!["nas"]);
        Assert.Contains(Path.GetFileName(file), (string)damaged["result"]!["destinations"]!["second"]!, StringComparison.Ordinal);
        var chains = await ChainsAsync(server);
        Assert.Empty(chains[0]["check"]!["problems"]!.AsObject());
        Assert.Equal("corrupt", (string?)chains[1]["check"]!["problems"]![Path.GetFileName(file)]!["code"]);
        Assert.Equal(server.Time.GetUtcNow(), (DateTimeOffset)chains[1]["check"]!["at"]!);

        // The result survives a restart of the server and belongs to the destination.
        server = await server.RestartAsync();
        await using var last = server;
        Assert.NotNull((await ChainsAsync(server))[1]["check"]);
        Directory.CreateDirectory($"{server.Root}/moved");
        Directory.Move($"{server.Root}/second", $"{server.Root}/moved/second");
        (await server.PutAsync("destinations/second", new { kind = "local", path = $"{server.Root}/moved/second" })).Is(HttpStatusCode.OK);
        chains = await ChainsAsync(server);
        Assert.Equal((true, true), (chains[0]["check"] is not null, chains[1]["check"] is not null));
        Assert.Equal("corrupt", (string?)chains[1]["check"]!["problems"]![Path.GetFileName(file)]!["code"]);
    }

    [Fact]
    public async Task A_single_chain_is_verified_and_archives_without_a_key_are_reported_as_such()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        var key = Holdfast.Archive.Age.AgeIdentity.Generate();
        await server.PutTemplateAsync(
            "nightly",
            ApiServer.Template(
                more: (
                    "encryption",
                    new JsonObject
                    {
                        ["mode"] = "Recipients",
                        ["recipients"] = new JsonArray(key.Recipient.ToString()),
                        ["encryptSnapshots"] = true,
                    }
                )
            )
        );
        await server.BackedUpAsync("a.db");
        await server.BackedUpAsync("b.db");
        var chain = (string)(await ChainsAsync(server))[0]["from"]!;
        var locked = await VerifiedAsync(server, chain);
        Assert.Equal(("Failed", "demo/a.db"), ((string)locked["state"]!, (string)locked["database"]!));
        Assert.StartsWith("key-", (string)locked["error"]!["code"]!, StringComparison.Ordinal);
        Assert.Equal("Completed", (string?)(await VerifiedAsync(server, chain, key.ToSecretKey()))["state"]);
        Assert.Empty((await ChainsAsync(server))[0]["check"]!["problems"]!.AsObject());

        // A root of several databases is not a database, and a missing location cannot be read.
        (await server.PostAsync("backups/verify", new { from = "destination:nas" })).HasErrors("from");
        (await server.PostAsync("backups/verify", new { from = "", keys = new[] { "x" } })).HasErrors("from", "keys");
        (await server.PostAsync("backups/verify", new { from = "/etc" })).Problem(400, "usage");
        Assert.Equal("not-found", (string?)(await VerifiedAsync(server, "demo/none.db"))["error"]!["code"]);
    }

    [Fact]
    public async Task An_alert_about_missing_backups_stays_active_until_an_operator_acknowledges_it()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await server.PutTemplateAsync("nightly", ApiServer.Template(more: ("verifyEveryDays", 30)));
        Assert.Equal(30, (int?)(await server.GetAsync("server-wide-backups/nightly")).Json()["definition"]!["verifyEveryDays"]);
        (await server.PutAsync("server-wide-backups/nightly", ApiServer.Template(more: ("verifyEveryDays", 0)))).HasErrors(
            "verifyEveryDays"
        );
        await server.BackedUpAsync("a.db");
        Directory.Delete($"{server.Root}/nas/demo/a.db", recursive: true);
        Assert.Equal("not-found", (string?)(await VerifiedAsync(server, "demo/a.db"))["error"]!["code"]);
        server.Add("a.db", 10);
        server.Time.Advance(TimeSpan.FromMinutes(1));
        var next = await server.BackedUpAsync("a.db", "Incremental");
        Assert.Equal("Full", (string?)next["kind"]);
        Assert.Contains(next["warnings"]!.AsArray(), w => ((string)w!).StartsWith("made as full: the chain ", StringComparison.Ordinal));
        server.Node.Alerts.Evaluate(); // the loop would do so a little later
        var alert = Assert.Single((await server.GetAsync("alerts?kind=BackupsMissing")).Json()["items"]!.AsArray())!;
        Assert.Equal(("demo/a.db", "nas"), ((string?)alert["subject"]!["database"], (string?)alert["subject"]!["destination"]));

        (await server.PostAsync("alerts/acknowledge", new { keys = new[] { "none" } })).Problem(404, "not-found");
        Assert.Equal(
            1,
            (int?)(await server.PostAsync("alerts/acknowledge", new { keys = new[] { (string)alert["key"]! } })).Json()["archives"]
        );
        Assert.Empty((await server.GetAsync("alerts?kind=BackupsMissing")).Json()["items"]!.AsArray());
    }

    [Fact]
    public async Task An_alert_about_a_changed_restore_role_stays_active_until_an_operator_acknowledges_it()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        server.Node.State.NodeSources.Change("demo", r =>
            (r ?? new()) with
            {
                RestoreRole = new("Code has changed it.", "Undo that.", server.Time.GetUtcNow(), null),
            }
        );
        server.Node.Alerts.Evaluate();
        var alert = Assert.Single((await server.GetAsync("alerts?kind=RestoreRoleChanged&source=demo")).Json()["items"]!.AsArray())!;
        Assert.Equal(("restore-role:demo", "Error"), ((string?)alert["key"], (string?)alert["severity"]));
        var answer = (await server.PostAsync("alerts/acknowledge", new { keys = new[] { "restore-role:demo" } })).Json();
        Assert.Equal((0, 1), ((int?)answer["archives"], (int?)answer["alerts"]));
        Assert.Empty((await server.GetAsync("alerts?kind=RestoreRoleChanged")).Json()["items"]!.AsArray());
        var uncovered = Assert.Single((await server.GetAsync("alerts?kind=DatabaseUncovered")).Json()["items"]!.AsArray())!;
        (await server.PostAsync("alerts/acknowledge", new { keys = new[] { (string)uncovered["key"]! } })).Problem(409, "not-allowed");
    }

    private static async Task<IReadOnlyList<JsonNode>> ChainsAsync(ApiServer server) =>
        [.. (await server.GetAsync("backups/chains?from=demo%2Fa.db")).Json()["chains"]!.AsArray().Select(c => c!)];

    private static async Task<JsonNode> VerifiedAsync(ApiServer server, string from, params string[] keys) =>
        await server.EndedAsync(
            (string)(await server.PostAsync("backups/verify", new { from, keys })).Json(HttpStatusCode.Accepted)["operationId"]!
        );
}
