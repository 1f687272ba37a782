using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary>The command as the client of a real server.</summary>
public sealed class ServerVerbTests
{
    [Fact]
    public async Task A_template_is_saved_previewed_and_run_and_its_backup_restored_as_a_new_database()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        var listed = Assert.Single((await served.JsonAsync(0, "server-wide", "list"))["items"]!.AsArray())!;
        Assert.Equal(("nightly", 2), (Text(listed, "name"), listed["counts"]!["neverRan"]!.GetValue<int>()));
        Assert.Contains(
            "covers 2 databases",
            (await served.RunAsync(0, "server-wide", "preview", "nightly")).Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "full:         0 2 * * 0",
            (await served.RunAsync(0, "server-wide", "show", "nightly")).Output,
            StringComparison.Ordinal
        );

        var text = await served.RunAsync(0, "backup", "--template", "nightly");
        Assert.Contains("demo/a.db: done, full snapshot, ", text.Output, StringComparison.Ordinal);
        Assert.Contains("2 done, 0 failed: ", text.Output, StringComparison.Ordinal);
        var again = await served.JsonAsync(0, "backup", "demo/a.db", "--kind", "incremental");
        Assert.True(Assert.Single(again["items"]!.AsArray())!["result"]!["unchanged"]!.GetValue<bool>());
        Assert.All((await served.JsonAsync(0, "databases"))["items"]!.AsArray(), d => Assert.Equal("Covered", Text(d!, "state")));
        Assert.Equal("demo/a.db", Text(Assert.Single((await served.JsonAsync(0, "points", "demo/a.db"))["items"]!.AsArray())!, "database"));
        Assert.Contains(
            "ok   demo/b.db: ",
            (await served.RunAsync(0, "verify", "demo/a.db", "demo/b.db")).Output,
            StringComparison.Ordinal
        );

        await served.RunAsync(0, "backup", "--template", "nightly"); // a second chain; the newest restore point is still unique
        Assert.Contains(
            "Restored demo/a.db as demo/new.db",
            (await served.RunAsync(0, "restore", "demo/a.db", "--to", "demo/new.db")).Output,
            StringComparison.Ordinal
        );
        Assert.Equal(served.Place.SourceContents("a.db"), served.Place.SourceContents("new.db"));
        Assert.Single((await served.JsonAsync(0, "task", "list", "demo/new.db"))["items"]!.AsArray());
        Assert.Contains("deleted", (await served.RunAsync(0, "server-wide", "delete", "nightly")).Output, StringComparison.Ordinal);
        Assert.Empty((await served.JsonAsync(0, "server-wide", "list"))["items"]!.AsArray());
    }

    [Fact]
    public async Task Put_and_show_say_how_many_databases_are_stored_unencrypted_and_why()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        const string line =
            "2 of 2 databases are stored unencrypted: snapshots of unencrypted databases are not encrypted unless encryptSnapshots is on";
        var encryption = new JsonObject { ["mode"] = "Key" };
        var definition = new JsonObject
        {
            ["type"] = "Snapshot",
            ["fullBackup"] = "0 2 * * 0",
            ["timeZone"] = "UTC",
            ["destinations"] = new JsonArray("nas"),
            ["encryption"] = encryption,
        };
        Assert.Contains(
            line,
            (await served.RunAsync(0, "server-wide", "put", "keyed", "-f", await served.FileAsync("keyed.json", definition))).Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"unencrypted:  {line}",
            (await served.RunAsync(0, "server-wide", "show", "keyed")).Output,
            StringComparison.Ordinal
        );
        encryption["encryptSnapshots"] = true;
        foreach (
            var command in (string[][])
                [
                    ["put", "keyed", "-f", await served.FileAsync("keyed.json", definition)],
                    ["show", "keyed"],
                ]
        )
        {
            Assert.DoesNotContain("unencrypted", (await served.RunAsync(0, ["server-wide", .. command])).Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_unchanged_database_missing_at_a_destination_is_counted_once_as_incomplete()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        await served.RunAsync(0, "destination", "put", "usb", "--path", $"{served.Place.Destination}/usb");
        var both = Served.Template();
        both["destinations"] = new JsonArray("nas", "usb");
        await served.RunAsync(0, "server-wide", "put", "nightly", "-f", await served.FileAsync("both.json", both));
        Assert.Contains(
            "2 done, 0 failed: ",
            (await served.RunAsync(0, "backup", "--template", "nightly")).Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "2 done (2 unchanged), 0 failed: ",
            (await served.RunAsync(0, "backup", "--template", "nightly", "--kind", "incremental")).Output,
            StringComparison.Ordinal
        );
        Directory.Move($"{served.Place.Destination}/usb", $"{served.Place.Destination}/away");
        var text = await served.RunAsync(1, "backup", "--template", "nightly", "--kind", "incremental");
        Assert.Contains("0 done, 2 incomplete, 0 failed: ", text.Output, StringComparison.Ordinal);
        var run = (await served.JsonAsync(0, "run", "list", "--limit", "1"))["items"]!.AsArray().Single()!;
        Assert.Equal(
            (2, 0, 0, 2, 0),
            ((int)run["due"]!, (int)run["done"]!, (int)run["unchanged"]!, (int)run["incomplete"]!, (int)run["failed"]!)
        );
    }

    [Fact]
    public async Task Failures_of_the_server_have_the_exit_codes_of_the_command()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        await FailsAsync(served, 3, "not-found", "server-wide", "show", "nothing");
        await FailsAsync(served, 3, "not-found", "task", "list", "demo/nothing.db");
        await FailsAsync(served, 3, "not-found", "task", "show", "demo/a.db", "nothing");
        await FailsAsync(served, 3, "not-found", "operation", "watch", "nothing");
        await FailsAsync(served, 3, "not-found", "backup", "demo/nothing.db");
        await FailsAsync(served, 3, "not-found", "backup", "--template", "nothing");
        await FailsAsync(served, 3, "not-found", "points", "demo/a.db");
        await FailsAsync(served, 3, "not-found", "restore", "demo/a.db", "--to", "demo/new.db");
        await FailsAsync(served, 3, "not-found", "source", "discover", "nothing");
        await FailsAsync(served, 3, "not-found", "token", "delete", "nothing");
        await FailsAsync(served, 6, "target-exists", "restore", "demo/b.db", "--to", "demo/a.db");
        await FailsAsync(served, 1, "not-allowed", "destination", "delete", "nas");
        await FailsAsync(served, 2, "usage", "destination", "put", "out", "--path", "/etc");
        await FailsAsync(
            served,
            2,
            "usage",
            "server-wide",
            "put",
            "bad",
            "-f",
            await served.FileAsync(
                "bad.json",
                new JsonObject
                {
                    ["type"] = "Backup",
                    ["fullBackup"] = "often",
                    ["timeZone"] = "Moon/Sea",
                    ["destinations"] = new JsonArray("nas"),
                }
            )
        );
        await FailsAsync(served, 2, "usage", "backup", "demo/a.db", "--jobs", "3");
        await FailsAsync(served, 2, "usage", "backup", "demo/a.db", "--template", "nightly");
        await FailsAsync(served, 2, "usage", "operation", "list", "--limit", "0");
    }

    [Fact]
    public async Task Skipped_files_are_listed_with_their_reasons()
    {
        await using var served = await Served.StartAsync(place =>
        {
            place.Make("a.db");
            File.WriteAllText($"{place.Source}/notes \u001b[31m.txt", "no database, but long enough to have a header, if it were one");
            File.WriteAllText($"{place.Source}/empty.db", "");
            File.CreateSymbolicLink($"{place.Source}/link.db", $"{place.Source}/a.db");
        });
        await served.RunAsync(0, "source", "discover", "demo");
        var text = (await served.RunAsync(0, "source", "skipped", "demo")).Output;
        var lines = text.Split('\n').Select(l => l.TrimEnd()).ToList();
        Assert.Contains(lines, l =>
            l.StartsWith("notes ", StringComparison.Ordinal) && l.EndsWith("not a database by its header", StringComparison.Ordinal)
        );
        Assert.Contains(lines, l => l.StartsWith("empty.db ", StringComparison.Ordinal) && l.EndsWith(" empty", StringComparison.Ordinal));
        Assert.Contains(lines, l =>
            l.StartsWith("link.db ", StringComparison.Ordinal) && l.EndsWith(" symbolic link", StringComparison.Ordinal)
        );
        Assert.Superset(new HashSet<string> { "1 not a database by its header", "1 empty", "1 symbolic link" }, lines.ToHashSet());
        Assert.DoesNotContain('\u001b', text);

        var json = await served.JsonAsync(0, "source", "passed-over", "demo"); // the former name of the verb
        Assert.Equal((1, 1, 1), (Count("NotADatabase"), Count("Empty"), Count("Link")));
        Assert.Contains(json["items"]!.AsArray(), f => (Text(f!, "name"), Text(f!, "reason")) == ("link.db", "Link"));
        await FailsAsync(served, 3, "not-found", "source", "skipped", "nothing");

        int Count(string reason) => json["counts"]![reason]!.GetValue<int>();
    }

    [Fact]
    public async Task Every_error_of_a_definition_is_reported_with_its_field()
    {
        await using var served = await Served.StartAsync();
        var ended = await served.RunAsync(
            2,
            "server-wide",
            "put",
            "bad",
            "-f",
            await served.FileAsync(
                "bad.json",
                new JsonObject
                {
                    ["type"] = "Backup",
                    ["fullBackup"] = "often",
                    ["timeZone"] = "Moon/Sea",
                    ["destinations"] = new JsonArray("nowhere"),
                }
            )
        );
        foreach (var field in (string[])["fullBackup: ", "timeZone: ", "destinations: "])
        {
            Assert.Contains(field, ended.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_unreachable_server_and_an_unknown_token_are_reported_with_hints()
    {
        await using var served = await Served.StartAsync();
        var nobody = await served.Place.HoldfastAsync(1, "databases", "--server", "http://127.0.0.1:1", "--token-file", served.TokenFile);
        Assert.Contains("cannot be reached", nobody.Error, StringComparison.Ordinal);
        Assert.Contains("holdfast serve", nobody.Error, StringComparison.Ordinal);
        await Served.SecretAsync($"{served.Place.Root}/wrong", "not-the-token-of-these-tests-123456");
        var wrong = await served.Place.HoldfastAsync(
            1,
            "databases",
            "--server",
            served.Address,
            "--token-file",
            $"{served.Place.Root}/wrong"
        );
        Assert.Contains("does not accept this API token", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("holdfast login", wrong.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("not-the-token", wrong.Error + wrong.Output, StringComparison.Ordinal);
        Assert.Equal(
            "sign-in-needed",
            (await served.Place.JsonAsync(1, "databases", "--server", served.Address))["error"]!["code"]!.GetValue<string>()
        );
        Assert.Contains(
            "unencrypted",
            (
                await served.Place.HoldfastAsync(
                    2,
                    "databases",
                    "--server",
                    "http://backup.example.com:8420",
                    "--token-file",
                    served.TokenFile
                )
            ).Error,
            StringComparison.Ordinal
        );
        File.SetUnixFileMode($"{served.Place.Root}/wrong", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains(
            "chmod 600",
            (
                await served.Place.HoldfastAsync(2, "databases", "--server", served.Address, "--token-file", $"{served.Place.Root}/wrong")
            ).Error,
            StringComparison.Ordinal
        );
        Assert.Equal(2, (await served.Place.HoldfastAsync("databases")).ExitCode);
    }

    [Fact]
    public async Task Signing_in_changes_the_one_time_password_and_stores_a_token_that_signing_out_deletes()
    {
        await using var served = await Served.StartAsync();
        var (place, login) = (
            served.Place,
            (string[])["login", "--server", served.Address, "--user", "admin", "--password-file", $"{served.ServerData}/admin-password"]
        );
        await Served.SecretAsync($"{place.Root}/new", "a new password of some length");
        Assert.Contains("--new-password-file", (await place.HoldfastAsync(2, login)).Error, StringComparison.Ordinal);
        var signedIn = await place.JsonAsync(0, [.. login, "--new-password-file", $"{place.Root}/new"]);
        var file = Text(signedIn, "file");
        Assert.StartsWith(place.Data, file, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(2, (await place.JsonAsync(0, "databases"))["items"]!.AsArray().Count);

        // Again, from standard input: a machine has only one token. A wrong password is reported.
        var again = await Child.RunAsync(
            Child.Holdfast,
            ["login", "--server", served.Address, "--user", "admin", "--password-file", "-"],
            "a new password of some length\n",
            place.Data
        );
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Single((await place.JsonAsync(0, "token", "list"))["items"]!.AsArray());
        var wrong = await Child.RunAsync(
            Child.Holdfast,
            ["login", "--server", served.Address, "--user", "admin", "--password-file", "-"],
            "another password of some length\n",
            place.Data
        );
        Assert.Equal(1, wrong.ExitCode);
        Assert.DoesNotContain("another password", wrong.Error, StringComparison.Ordinal);

        // The token is only sent to its own server.
        Assert.Equal(
            "sign-in-needed",
            (await place.JsonAsync(1, "databases", "--server", "http://127.0.0.1:1"))["error"]!["code"]!.GetValue<string>()
        );
        await place.HoldfastAsync(0, "logout");
        Assert.False(File.Exists(file));
        Assert.Empty((await served.JsonAsync(0, "token", "list"))["items"]!.AsArray());
        await place.HoldfastAsync(3, "logout");
    }

    [Fact]
    public async Task A_generated_key_is_shown_once_and_then_only_on_request()
    {
        await using var served = await Served.StartAsync();
        await served.RunAsync(0, "destination", "put", "nas", "--path", $"{served.Place.Destination}/nas");
        var file = await served.FileAsync("keyed.json", Served.Template(new() { ["mode"] = "Key", ["encryptSnapshots"] = true }));
        var made = await served.RunAsync(0, "server-wide", "put", "keyed", "-f", file);
        var key = made
            .Output.Split('\n')
            .Single(l => l.StartsWith("secret key: ", StringComparison.Ordinal))["secret key: ".Length..]
            .Trim();
        Assert.StartsWith("AGE-SECRET-KEY-1", key, StringComparison.Ordinal);
        foreach (
            var arguments in (string[][])
                [
                    ["server-wide", "put", "keyed", "-f", file],
                    ["server-wide", "show", "keyed"],
                    ["server-wide", "list"],
                    ["server-wide", "preview", "keyed"],
                    ["backup", "--template", "keyed"],
                    ["points", "demo/a.db"],
                    ["audit"],
                ]
        )
        {
            var text = await served.RunAsync(0, arguments);
            var json = await served.RunAsync(0, [.. arguments, "--output", "json"]);
            Assert.DoesNotContain(
                "AGE-SECRET-KEY",
                text.Output + text.Error + json.Output + json.Error,
                StringComparison.OrdinalIgnoreCase
            );
        }

        Assert.Contains(key, (await served.RunAsync(0, "server-wide", "reveal-key", "keyed")).Output, StringComparison.Ordinal);
        Assert.Contains("key-revealed", (await served.RunAsync(0, "audit", "--limit", "5")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(key, served.Log, StringComparison.Ordinal);

        // With that key the archive opens without the server.
        await Served.SecretAsync($"{served.Place.Root}/kept", key);
        await served.Place.ComesBackAsync(
            $"{served.Place.Destination}/nas/demo/a.db",
            served.Place.SourceContents("a.db"),
            null,
            "--point",
            Newest(served),
            "--key-file",
            $"{served.Place.Root}/kept"
        );
    }

    [Fact]
    public async Task A_given_secret_is_in_no_output()
    {
        const string Passphrase = "the passphrase of a database";
        await using var served = await Served.StartAsync(p =>
            p.Make("c.enc.db", key: Core.Encryption.DatabaseKey.FromPassphrase(Passphrase))
        );
        await Served.SecretAsync($"{served.Place.Root}/db.key", $"passphrase: {Passphrase}");
        await served.SetUpAsync();
        var seen = new List<string>();
        foreach (
            var arguments in (string[][])
                [
                    ["databases", "key", "demo/c.enc.db", "--key-file", $"{served.Place.Root}/db.key"],
                    ["databases", "keys"],
                    ["databases"],
                    ["backup", "demo/c.enc.db"],
                    ["operation", "list"],
                    ["restore", "demo/c.enc.db", "--to", "demo/d.enc.db", "--key-file", $"{served.Place.Root}/db.key"],
                    ["audit"],
                    ["databases", "forget-key", "demo/c.enc.db"],
                ]
        )
        {
            var ended = await served.RunAsync(0, [.. arguments, "--output", "json"]);
            seen.Add(ended.Output + ended.Error);
        }

        Assert.DoesNotContain(Passphrase, string.Concat(seen) + served.Log, StringComparison.Ordinal);
        Assert.Empty((await served.JsonAsync(0, "databases", "keys"))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_regular_task_is_saved_shown_run_and_deleted_by_its_name()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        var file = await served.FileAsync(
            "task.json",
            new JsonObject
            {
                ["name"] = "Every hour",
                ["type"] = "Snapshot",
                ["fullBackup"] = "0 * * * *",
                ["destinations"] = new JsonArray("nas"),
            }
        );
        Assert.Contains("created", (await served.RunAsync(0, "task", "put", "demo/a.db", "-f", file)).Output, StringComparison.Ordinal);
        Assert.Contains("saved", (await served.RunAsync(0, "task", "put", "demo/a.db", "-f", file)).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await served.JsonAsync(0, "task", "list", "demo/a.db"))["items"]!.AsArray().Count);
        Assert.Contains(
            "next:             ",
            (await served.RunAsync(0, "task", "show", "demo/a.db", "every hour")).Output,
            StringComparison.Ordinal
        );
        var begun = (await served.RunAsync(0, "backup", "demo/a.db", "--task", "Every hour", "--no-wait")).Output.Trim();
        await served.RunAsync(0, "operation", "watch", begun);
        var shown = await served.JsonAsync(0, "operation", "show", begun);
        Assert.Equal(("Completed", "Every hour"), (Text(shown, "state"), Text(shown, "taskName")));
        Assert.NotEmpty(shown["log"]!.AsArray());
        await FailsAsync(served, 1, "not-allowed", "operation", "abort", begun);
        await FailsAsync(served, 1, "not-allowed", "operation", "delay", begun, "--minutes", "5");
        await FailsAsync(served, 1, "not-allowed", "task", "delete", "demo/a.db", "Server Wide Backup, nightly");
        await served.RunAsync(0, "task", "delete", "demo/a.db", "every hour");
        Assert.Single((await served.JsonAsync(0, "task", "list", "demo/a.db"))["items"]!.AsArray());
        var once = await served.JsonAsync(0, "backup", "demo/b.db", "--to", "nas", "--type", "snapshot");
        Assert.Equal("Completed", Text(Assert.Single(once["items"]!.AsArray())!, "state"));
    }

    [Fact]
    public async Task Retention_of_a_task_is_previewed_blocked_and_approved()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        var file = await served.FileAsync(
            "kept.json",
            new JsonObject
            {
                ["name"] = "Kept",
                ["type"] = "Snapshot",
                ["fullBackup"] = "0 * * * *",
                ["destinations"] = new JsonArray("nas"),
                ["retention"] = new JsonObject { ["minimumAgeDays"] = 1 },
            }
        );
        await served.RunAsync(0, "task", "put", "demo/a.db", "-f", file);
        await served.RunAsync(0, "backup", "demo/a.db", "--task", "Kept");
        var chain = Assert.Single(Directory.GetDirectories($"{served.Place.Destination}/nas/demo/a.db"));
        string[] retention = ["task", "retention", "demo/a.db", "kept"];
        Assert.Contains("nas: 1 stay", (await served.RunAsync(0, retention)).Output, StringComparison.Ordinal);
        // nothing needs approval
        Assert.Empty((await served.JsonAsync(0, [.. retention, "--approve"]))["items"]![0]!["deleted"]!.AsArray());

        // Five chains of a past year: a safety limit blocks their deletion until an operator approves it.
        for (var day = 1; day <= 5; day++)
        {
            var old = Directory.CreateDirectory(chain.Replace(Path.GetFileName(chain)[..10], $"2025-01-0{day}", StringComparison.Ordinal));
            var archive = Directory.GetFiles(chain, "*.tar.zst").Single();
            var name = Path.GetFileName(archive);
            File.Copy(archive, $"{old.FullName}/{name.Replace(name[..10], $"2025-01-0{day}", StringComparison.Ordinal)}");
        }

        var preview = (await served.RunAsync(0, [.. retention, "--dry-run"])).Output;
        Assert.Contains("nas: waits demo/a.db/2025-01-03-", preview, StringComparison.Ordinal);
        Assert.Contains("--approve", preview, StringComparison.Ordinal);
        Assert.DoesNotContain("deleted", (await served.RunAsync(0, retention)).Output, StringComparison.Ordinal);
        Assert.Equal(6, Directory.GetDirectories($"{served.Place.Destination}/nas/demo/a.db").Length);
        Assert.Contains(
            "nas: deleted demo/a.db/2025-01-03-",
            (await served.RunAsync(0, [.. retention, "--approve"])).Output,
            StringComparison.Ordinal
        );
        Assert.Equal([chain], Directory.GetDirectories($"{served.Place.Destination}/nas/demo/a.db"));
        await served.RunAsync(2, [.. retention, "--approve", "--dry-run"]);
        await FailsAsync(served, 3, "not-found", "task", "retention", "demo/a.db", "nothing");
    }

    [Fact]
    public async Task Sources_destinations_tokens_and_the_audit_log()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        Assert.Contains("nas works", (await served.RunAsync(0, "destination", "test", "nas")).Output, StringComparison.Ordinal);
        Assert.Equal($"{served.Place.Destination}/nas", Text((await served.JsonAsync(0, "destination", "list"))["items"]![0]!, "path"));
        served.Place.Make("late.db");
        Assert.Equal(3, (await served.JsonAsync(0, "source", "discover"))["items"]![0]!["databases"]!.GetValue<int>());
        Assert.Single((await served.JsonAsync(0, "task", "list", "demo/late.db"))["items"]!.AsArray()); // covered at once
        Assert.Single((await served.JsonAsync(0, "source", "list"))["items"]!.AsArray());

        var viewer = $"{served.Place.Root}/viewer";
        var made = await served.JsonAsync(0, "token", "create", "watcher", "--role", "Viewer", "--out", viewer);
        Assert.Null(made["token"]);
        await FailsAsync(served, 6, "target-exists", "token", "create", "watcher", "--role", "Viewer", "--out", viewer);
        Assert.Equal(0, (await served.Place.HoldfastAsync("databases", "--server", served.Address, "--token-file", viewer)).ExitCode);
        Assert.Equal(
            "forbidden",
            (await served.Place.JsonAsync(1, "audit", "--server", served.Address, "--token-file", viewer))["error"]![
                "code"
            ]!.GetValue<string>()
        );
        var shown = (await served.RunAsync(0, "token", "create", "script", "--role", "Operator")).Output.Trim();
        Assert.DoesNotContain(shown, (await served.RunAsync(0, "token", "list")).Output, StringComparison.Ordinal);
        await served.RunAsync(0, "token", "delete", Text(made, "id"));
        Assert.Equal(1, (await served.Place.HoldfastAsync("databases", "--server", served.Address, "--token-file", viewer)).ExitCode);
        Assert.Contains("token:admin-token-file", (await served.RunAsync(0, "audit")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await served.JsonAsync(0, "audit", "--limit", "2"))["items"]!.AsArray().Count);
    }

    private static string Newest(Served served) =>
        Path.GetFileName(
                Workspace.Files($"{served.Place.Destination}/nas/demo/a.db").Last(f => f.EndsWith(".age", StringComparison.Ordinal))
            )
            .Split('.')[0];

    private static string Text(JsonNode node, string field) => node[field]!.GetValue<string>();

    // The same failure as text and as JSON.
    private static async Task FailsAsync(Served served, int exitCode, string code, params string[] arguments)
    {
        var text = await served.RunAsync(exitCode, arguments);
        Assert.StartsWith("error: ", text.Error, StringComparison.Ordinal);
        var json = await served.JsonAsync(exitCode, arguments);
        Assert.Equal(code, json["error"]!["code"]!.GetValue<string>());
    }
}
