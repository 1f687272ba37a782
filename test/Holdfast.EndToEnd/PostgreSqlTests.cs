using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.EndToEnd;

/// <summary>A real PostgreSQL server, backed up by the command and by a server.</summary>
public sealed class PostgreSqlTests(Cluster cluster) : IClassFixture<Cluster>, IAsyncLifetime
{
    private const string Hostile = "'; DROP DATABASE shop; --";

    // Created while the search_path contained the table; a restore has an empty search_path.
    private const string Odd = """
        CREATE TABLE helper(i int); INSERT INTO helper VALUES (1);
        CREATE FUNCTION plus(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN i + (SELECT helper.i FROM helper); END $$;
        CREATE INDEX odd ON item (plus(id)) WHERE note <> E'of two\nlines\tand a tab \x1b';
        """;

    private string Url => $"postgresql://{Cluster.User}@127.0.0.1:{cluster.Port}";

    public async ValueTask InitializeAsync()
    {
        await cluster.ClearAsync();
        await cluster.RunAsync("postgres", $"GRANT pg_read_all_data TO {Cluster.User}; ALTER ROLE {Cluster.User} BYPASSRLS");
        foreach (var name in (string[])["shop", Hostile, "Ünïcode/ name"])
        {
            await MakeAsync(name);
        }
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task The_command_backs_up_every_database_and_a_restored_one_is_equal_even_without_holdfast()
    {
        using var place = new Workspace();
        await Served.SecretAsync($"{place.Root}/password", Cluster.Password);
        string[] backup = ["backup", "--source", $"main={Url}", "--to", place.Destination, "--password-file", $"{place.Root}/password"];
        var full = await place.JsonAsync(0, [.. backup, "--type", "snapshot"]);
        Assert.Equal(3, full["items"]!.AsArray().Count);
        // PostgreSQL has no snapshots
        Assert.All(full["items"]!.AsArray(), i => Assert.Equal(("Completed", "Backup"), ((string)i!["state"]!, (string)i["type"]!)));
        Assert.All((await place.JsonAsync(0, [.. backup, "--kind", "incremental"]))["items"]!.AsArray(), i =>
            Assert.Equal("Unchanged", (string)i!["state"]!)
        );
        await cluster.RunAsync("shop", "INSERT INTO item(note) VALUES ('one more')");
        Assert.Single((await place.JsonAsync(0, [.. backup, "--kind", "incremental"]))["items"]!.AsArray(), i =>
            (string)i!["state"]! == "Completed"
        );

        var powerful = await place.HoldfastAsync(
            1,
            "restore",
            $"{place.Destination}/main/shop",
            "--to",
            $"{Url}/copy",
            "--password-file",
            $"{place.Root}/password"
        );
        Assert.Contains("has BYPASSRLS", powerful.Error, StringComparison.Ordinal);
        Assert.Contains("--restore-user", powerful.Error, StringComparison.Ordinal);
        var old = await place.HoldfastAsync(
            0,
            "restore",
            $"{place.Destination}/main/shop",
            "--to",
            $"{Url}/old",
            "--password-file",
            $"{place.Root}/password",
            "--allow-superuser"
        );
        Assert.Contains("--allow-powerful-role", old.Error, StringComparison.Ordinal);
        await place.HoldfastAsync(
            0,
            "restore",
            $"{place.Destination}/main/shop",
            "--to",
            $"{Url}/copy",
            "--password-file",
            $"{place.Root}/password",
            "--restore-user",
            Cluster.Restorer,
            "--restore-password-file",
            $"{place.Root}/password",
            "--owner",
            Cluster.User
        );
        await SameAsync("shop", "copy");
        var taken = await place.HoldfastAsync(
            6,
            "restore",
            $"{place.Destination}/main/shop",
            "--to",
            $"{Url}/copy",
            "--password-file",
            $"{place.Root}/password",
            "--restore-user",
            Cluster.Restorer,
            "--restore-password-file",
            $"{place.Root}/password",
            "--owner",
            Cluster.User
        );
        Assert.Contains("already exists", taken.Error, StringComparison.Ordinal);

        // The same archive with standard programs of Debian.
        await cluster.CreateAsync("by-hand");
        var archive = Workspace
            .Files(place.Destination)
            .Single(f => f.Contains("%27", StringComparison.Ordinal) && f.EndsWith(".full-backup.tar.zst", StringComparison.Ordinal));
        await Child.ShellAsync(
            $"zstd -dc '{archive}' | tar xO --wildcards 'database.dump.*' | PGPASSFILE='{cluster.PassFile}' "
                + $"{Postmaster.Binaries}/pg_restore --exit-on-error --no-owner -h 127.0.0.1 -p {cluster.Port} -U {Cluster.User} -d "
                + "by-hand"
        );
        await SameAsync(Hostile, "by-hand");
    }

    [Fact]
    public async Task Problems_are_reported_with_hints_and_the_password_is_in_no_output()
    {
        using var place = new Workspace();
        await Served.SecretAsync($"{place.Root}/password", Cluster.Password);
        await Served.SecretAsync($"{place.Root}/wrong", "not the password");
        var said = new List<Ended>
        {
            await place.HoldfastAsync(7, "databases", "--source", $"main={Url}", "--password-file", $"{place.Root}/wrong"),
            await place.HoldfastAsync(
                2,
                "databases",
                "--source",
                $"main=postgresql://{Cluster.User}:secret-in-address@127.0.0.1:{cluster.Port}"
            ),
            await place.HoldfastAsync(2, "databases", "--source", $"main={Url}/shop", "--password-file", $"{place.Root}/password"),
            await place.HoldfastAsync(2, "databases", "--source", place.Source, "--password-file", $"{place.Root}/password"),
            await place.HoldfastAsync(7, "databases", "--source", "main=postgresql://holdfast@127.0.0.1:1"),
        };
        foreach (
            var (ended, hint) in said.Zip((string[])["Check the password", "list of processes", "--database", "VERB", "cannot be reached"])
        )
        {
            Assert.Contains(hint, ended.Error, StringComparison.Ordinal);
        }

        // A table without permission fails its database, and no other.
        await cluster.RunAsync("postgres", $"REVOKE pg_read_all_data FROM {Cluster.User}");
        await cluster.RunAsync("shop", "CREATE TABLE hidden(a int); REVOKE ALL ON hidden FROM PUBLIC");
        var part = await place.HoldfastAsync(
            1,
            "backup",
            "--source",
            $"main={Url}",
            "--to",
            place.Destination,
            "--password-file",
            $"{place.Root}/password"
        );
        Assert.Contains("2 backed up, 0 unchanged, 1 failed", part.Output + part.Error, StringComparison.Ordinal);
        Assert.Contains("hidden", part.Output + part.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Workspace.Files($"{place.Destination}/main/shop"), f => f.EndsWith(".zst", StringComparison.Ordinal));
        Assert.DoesNotContain(said.Append(part), e =>
            (e.Output + e.Error) is var text
            && (
                text.Contains(Cluster.Password, StringComparison.Ordinal)
                || text.Contains("not the password", StringComparison.Ordinal)
                || text.Contains("secret-in-address", StringComparison.Ordinal)
            )
        );
    }

    [Fact]
    public async Task A_database_that_does_not_fit_into_the_destination_fails_alone_and_its_dump_ends()
    {
        using var place = new Workspace();
        await Served.SecretAsync($"{place.Root}/password", Cluster.Password);
        Directory.CreateDirectory(place.Destination);
        var mounted = await Child.RunAsync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", place.Destination]);
        Assert.SkipUnless(mounted.ExitCode == 0, $"a small file system cannot be mounted here: {mounted.Error.Trim()}");
        try
        {
            await MakeAsync("large");
            await cluster.RunAsync(
                "large",
                "CREATE TABLE random AS SELECT string_agg(md5(random()::text), '') AS t FROM generate_series(1, 400000) i "
                    + "GROUP BY i % 1000",
                Cluster.User
            );
            string[] backup =
            [
                "backup",
                "--source",
                $"main={Url}",
                "--to",
                place.Destination,
                "--password-file",
                $"{place.Root}/password",
                "--jobs",
                "1",
            ];
            var items = (await place.JsonAsync(1, backup))["items"]!.AsArray();
            var failed = Assert.Single(items, i => (string)i!["state"]! == "Failed")!;
            Assert.Equal("main/large", (string?)failed["database"]);
            Assert.Equal("destination-full", (string?)failed["error"]!["code"]);
            Assert.NotNull(failed["error"]!["hint"]);
            Assert.Equal(3, items.Count(i => (string)i!["state"]! == "Completed"));
            Assert.DoesNotContain(Workspace.Files(place.Destination), f => f.EndsWith(".partial", StringComparison.Ordinal));
            Assert.Equal(1, (await Child.RunAsync("pgrep", ["-f", $"pg_dump.*port='{cluster.Port}'"])).ExitCode); // none found
            await place.HoldfastAsync(0, "verify", place.Destination);

            await Child.ShellAsync($"mount -o remount,size=64m '{place.Destination}'");
            await place.JsonAsync(0, backup);
        }
        finally
        {
            await Child.RunAsync("umount", ["-l", place.Destination]);
        }
    }

    [Fact]
    public async Task A_server_tests_a_new_source_covers_new_databases_and_restores_them()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        var place = served.Place;
        await Served.SecretAsync($"{place.Root}/password", Cluster.Password);
        await Served.SecretAsync($"{place.Root}/wrong", "not the password");
        var wrong = await served.RunAsync(1, "source", "put", "main", "--url", Url, "--password-file", $"{place.Root}/wrong");
        Assert.Contains("refused the password", wrong.Output, StringComparison.Ordinal);
        await served.RunAsync(
            0,
            "source",
            "put",
            "main",
            "--url",
            Url,
            "--password-file",
            $"{place.Root}/password",
            "--exclude",
            "Ünïcode/**"
        );
        // no restore role yet
        Assert.Contains("postgresql-role.sql", (await served.RunAsync(0, "source", "test", "main")).Output, StringComparison.Ordinal);
        string[] restores =
        [
            "--restore-user",
            Cluster.Restorer,
            "--restore-password-file",
            $"{place.Root}/password",
            "--owner",
            Cluster.User,
        ];
        await served.RunAsync(0, ["source", "put", "main", "--url", Url, "--exclude", "Ünïcode/**", .. restores]);
        var defined = (await served.JsonAsync(0, "source", "list"))["items"]!.AsArray().Single(i => (string)i!["name"]! == "main")![
            "definition"
        ]!["restore"]!;
        Assert.Equal((Cluster.Restorer, true), ((string)defined["user"]!, (bool)defined["hasPassword"]!));
        Assert.Contains("version 1", (await served.RunAsync(0, "source", "test", "main")).Output, StringComparison.Ordinal);
        await cluster.RunAsync("postgres", $"REVOKE pg_read_all_data FROM {Cluster.User}");
        Assert.Contains("GRANT pg_read_all_data", (await served.RunAsync(0, "source", "test", "main")).Output, StringComparison.Ordinal);
        await cluster.RunAsync("postgres", $"GRANT pg_read_all_data TO {Cluster.User}");

        // A new address needs the password again: the stored one is not sent to another address.
        await served.RunAsync(2, "source", "put", "main", "--url", "postgresql://holdfast@127.0.0.1:1");
        await served.RunAsync(
            0,
            "source",
            "put",
            "main",
            "--url",
            Url,
            "--exclude",
            "Ünïcode/**",
            "--restore-user",
            Cluster.Restorer,
            "--owner",
            Cluster.User
        );
        await served.RunAsync(2, "source", "put", "demo", "--url", Url, "--password-file", $"{place.Root}/password");
        var preview = (await served.RunAsync(0, "server-wide", "preview", "nightly")).Output;
        Assert.True(preview.Contains("covers 4 databases (2 as snapshot, 2 as logical backup)", StringComparison.Ordinal), preview);
        await served.RunAsync(0, "backup", "--template", "nightly");
        await served.RunAsync(0, "restore", "main/shop", "--to", "main/shop copy");
        await SameAsync("shop", "shop copy");
        Assert.Equal("Backup", (string?)(await served.JsonAsync(0, "task", "list", "main/shop"))["items"]![0]!["effectiveType"]);

        await MakeAsync("brand new");
        await served.RunAsync(0, "source", "discover", "main");
        Assert.Single((await served.JsonAsync(0, "task", "list", "main/brand new"))["items"]!.AsArray());
        await served.RunAsync(0, "source", "delete", "main");
        Assert.Equal(
            ["Dropped"],
            (await served.JsonAsync(0, "databases", "--search", "main/shop"))["items"]!
                .AsArray()
                .Select(d => (string)d!["state"]!)
                .Distinct()
        );
        await served.RunAsync(1, "source", "delete", "demo");

        Assert.DoesNotContain(Cluster.Password, served.Log, StringComparison.Ordinal);
        foreach (var file in Workspace.Files(served.ServerData))
        {
            Assert.DoesNotContain(
                Cluster.Password,
                System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task A_restore_with_omissions_is_done_with_errors_and_reports_them_in_every_format()
    {
        await cluster.RunAsync("shop", Odd, Cluster.User);
        await using var served = await Served.StartAsync();
        var place = served.Place;
        await Served.SecretAsync($"{place.Root}/password", Cluster.Password);
        string[] role = ["--restore-user", Cluster.Restorer, "--restore-password-file", $"{place.Root}/password", "--owner", Cluster.User];
        await place.HoldfastAsync(
            0,
            "backup",
            "--source",
            $"main={Url}",
            "--to",
            place.Destination,
            "--password-file",
            $"{place.Root}/password",
            "--database",
            "shop"
        );
        string[] restore =
        [
            "restore",
            $"{place.Destination}/main/shop",
            "--password-file",
            $"{place.Root}/password",
            "--continue-on-error",
            .. role,
        ];
        var text = await place.HoldfastAsync(1, [.. restore, "--to", $"{Url}/copy"]);
        AssertTold(text.Error);
        Assert.Contains("Restored main/shop", text.Output, StringComparison.Ordinal);
        var json = await place.HoldfastAsync(1, [.. restore, "--to", $"{Url}/copy2", "--output", "json"]);
        AssertTold(json.Error);
        foreach (var list in (string[])["warnings", "leftOut"])
        {
            Assert.Contains(json.Json[list]!.AsArray(), w => ((string)w!).Contains("CREATE INDEX odd", StringComparison.Ordinal));
        }

        await served.SetUpAsync();
        await served.RunAsync(
            0,
            ["source", "put", "main", "--url", Url, "--password-file", $"{place.Root}/password", "--exclude", "copy*", .. role]
        );
        await served.RunAsync(0, "backup", "--template", "nightly");
        AssertTold((await served.RunAsync(1, "restore", "main/shop", "--to", "main/other", "--continue-on-error")).Error);
        var ended = await served.RunAsync(1, "restore", "main/shop", "--to", "main/other2", "--continue-on-error", "--output", "json");
        AssertTold(ended.Error);
        Assert.Equal(("CompletedWithErrors", "restore-incomplete"), ((string?)ended.Json["state"], (string?)ended.Json["error"]!["code"]));
        Assert.Contains(ended.Json["result"]!["warnings"]!.AsArray(), w =>
            ((string)w!).Contains("CREATE INDEX odd", StringComparison.Ordinal)
        );
        await served.RunAsync(1, "operation", "watch", (string)ended.Json["id"]!);
        AssertCopyable((await served.RunAsync(0, "operation", "show", (string)ended.Json["id"]!)).Output);
        Assert.Equal(2, (await served.JsonAsync(0, "operation", "list", "--state", "CompletedWithErrors"))["items"]!.AsArray().Count);

        static void AssertTold(string error)
        {
            Assert.Contains("CREATE INDEX odd", error, StringComparison.Ordinal);
            Assert.Contains("error: The rows of '", error, StringComparison.Ordinal);
            AssertCopyable(error);
        }

        // Line breaks and tabs are printed; characters that move the cursor are not.
        static void AssertCopyable(string text)
        {
            Assert.Contains("<> 'of two\n    lines\tand a tab \uFFFD'::text", text, StringComparison.Ordinal);
            Assert.DoesNotContain('\x1b', text);
        }
    }

    private async Task MakeAsync(string name)
    {
        await cluster.CreateAsync(name);
        await cluster.RunAsync(
            name,
            "CREATE TABLE item(id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text); INSERT INTO item(note) SELECT "
                + "md5(i::text) FROM generate_series(1, 500) i; CREATE INDEX ON item(note)",
            Cluster.User
        );
    }

    private async Task SameAsync(string one, string other)
    {
        Assert.Equal(await Contents.SchemaAsync(cluster, one), await Contents.SchemaAsync(cluster, other));
        Assert.Equal(await Contents.SumsAsync(cluster, one), await Contents.SumsAsync(cluster, other));
    }
}
