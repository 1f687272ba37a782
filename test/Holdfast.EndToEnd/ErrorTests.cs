using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary>Exit codes, the text on standard error, and the code in JSON, as documented in <c>holdfast --help</c>.</summary>
public sealed class ErrorTests : IDisposable
{
    private readonly Workspace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task A_missing_or_wrong_key_is_4()
    {
        _place.Make("a.db");
        await KeysAsync("right", "wrong");
        await _place.BackupAsync(0, "snapshot", "full", "--key-file", $"{_place.Root}/right");
        var archive = Assert.Single(_place.Archives());
        await FailsAsync(4, "key-missing", "restore", archive, "--to", $"{_place.Out}/x.db");
        await FailsAsync(4, "key-wrong", "restore", archive, "--to", $"{_place.Out}/x.db", "--key-file", $"{_place.Root}/wrong");
        await FailsAsync(4, "key-missing", "extract", archive, "--to", $"{_place.Out}/x");
        var verified = await _place.JsonAsync(4, "verify", archive);
        Assert.Equal("key-missing", verified["items"]![0]!["error"]!["code"]!.GetValue<string>());
        Assert.Equal("NotChecked", verified["items"]![0]!["state"]!.GetValue<string>());
        var output = (await _place.HoldfastAsync(4, "verify", archive, "--key-file", $"{_place.Root}/wrong")).Output;
        Assert.StartsWith("NOT CHECKED  ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("BAD", output, StringComparison.Ordinal);
        Assert.Contains("0 of 1 archives are intact, 1 could not be checked, ", output, StringComparison.Ordinal);
        await _place.ComesBackAsync(
            archive,
            _place.SourceContents("a.db"),
            null,
            "--key-file",
            $"{_place.Root}/right",
            "--key-file",
            $"{_place.Root}/wrong"
        );
    }

    [Fact]
    public async Task Backup_and_databases_report_an_encrypted_database_that_no_option_matches()
    {
        _place.Make("a.db");
        var key = Core.Encryption.DatabaseKey.FromRaw([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        _place.Make("hr/pay.db", key: key);
        await File.WriteAllTextAsync($"{_place.Source}/notes.txt", "no database", TestContext.Current.CancellationToken);
        string[][] commands =
        [
            ["backup", "--source", _place.Source, "--to", _place.Destination],
            ["databases", "--source", _place.Source],
        ];
        foreach (var command in commands)
        {
            var text = (await _place.HoldfastAsync(0, command)).Output;
            Assert.Contains(
                "skipped, looks like an encrypted database: 1 (hr/pay.db). If it is one, back it up with --encrypted GLOB",
                text,
                StringComparison.Ordinal
            );
            Assert.Contains("skipped, not a database by its header: 1 (notes.txt)", text, StringComparison.Ordinal);
            var passedOver = (await _place.JsonAsync(0, command))["passedOver"]!;
            Assert.Equal(1, passedOver["counts"]!["LooksEncrypted"]!.GetValue<int>());
            Assert.Equal("hr/pay.db", passedOver["items"]![0]!["name"]!.GetValue<string>());
        }

        Assert.DoesNotContain(
            "skipped",
            (await _place.HoldfastAsync(0, [.. commands[0], "--database", "a.db"])).Output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            "encrypted database",
            (await _place.HoldfastAsync(0, [.. commands[0], "--encrypted", "hr/*"])).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_server_whose_port_is_in_use_is_2_and_creates_no_data_folder()
    {
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();
        var listen = $"http://127.0.0.1:{((System.Net.IPEndPoint)other.LocalEndpoint).Port}";
        await File.WriteAllTextAsync(
            $"{_place.Root}/holdfast.json",
            new JsonObject { ["listen"] = listen }.ToJsonString(),
            TestContext.Current.CancellationToken
        );
        var ended = await _place.HoldfastAsync(2, "serve", "--config", $"{_place.Root}/holdfast.json", "--data", $"{_place.Root}/new");
        Assert.Contains(
            $"The server cannot listen at {listen}: another program already listens there.",
            ended.Error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("report", ended.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"{_place.Root}/new"));
    }

    [Fact]
    public async Task Verify_and_restore_report_an_index_whose_archive_is_missing()
    {
        _place.Make("a.db");
        await _place.BackupAsync(0, "snapshot", "full");
        _place.Sql("a.db", "UPDATE t SET v = randomblob(1000) WHERE id = 7");
        await _place.BackupAsync(0, "snapshot", "incremental");
        var chain = Path.GetDirectoryName(_place.Archives()[0])!;
        Assert.DoesNotContain("without its archive", (await _place.HoldfastAsync(0, "verify", chain)).Output, StringComparison.Ordinal);
        var newest = _place.Archives().Single(f => f.Contains("incremental", StringComparison.Ordinal));
        File.Delete(newest);
        var note = $"'{newest[..^".tar.zst".Length]}.index' exists without its archive: a newer archive than the last one here was lost";
        Assert.Contains(note, (await _place.HoldfastAsync(0, "verify", chain)).Output, StringComparison.Ordinal);
        Assert.Contains(note, (await _place.JsonAsync(0, "verify", chain))["notes"]![0]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains(
            note,
            (await _place.HoldfastAsync(0, "restore", chain, "--to", $"{_place.Out}/x.db")).Error,
            StringComparison.Ordinal
        );
        var full = Assert.Single(_place.Archives());
        Assert.DoesNotContain(
            note,
            (await _place.HoldfastAsync(0, "restore", full, "--to", $"{_place.Out}/y.db")).Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_corrupt_or_truncated_archive_or_one_without_its_parent_is_5_and_leaves_no_database()
    {
        _place.Make("a.db", rows: 200);
        await _place.BackupAsync(0, "snapshot", "full");
        _place.Sql("a.db", "UPDATE t SET v = randomblob(1000) WHERE id = 7");
        await _place.BackupAsync(0, "snapshot", "incremental");
        var (full, incremental) = (
            _place.Archives().Single(f => !f.Contains("incremental", StringComparison.Ordinal)),
            _place.Archives().Single(f => f.Contains("incremental", StringComparison.Ordinal))
        );
        var whole = await File.ReadAllBytesAsync(full, TestContext.Current.CancellationToken);
        var damaged = (byte[])whole.Clone();
        damaged[damaged.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(full, damaged, TestContext.Current.CancellationToken);
        await FailsAsync(5, "corrupt", "restore", full, "--to", $"{_place.Out}/x.db");
        await FailsAsync(5, "corrupt", "restore", incremental, "--to", $"{_place.Out}/x.db");
        await File.WriteAllBytesAsync(full, whole[..^700], TestContext.Current.CancellationToken);
        await FailsAsync(5, "truncated", "restore", full, "--to", $"{_place.Out}/x.db");
        await FailsAsync(5, "truncated", "extract", incremental, "--to", $"{_place.Out}/x");
        await File.WriteAllBytesAsync(full, [], TestContext.Current.CancellationToken);
        await FailsAsync(5, "truncated", "restore", full, "--to", $"{_place.Out}/x.db");
        File.Delete(full);
        await FailsAsync(5, "chain-incomplete", "restore", incremental, "--to", $"{_place.Out}/x.db");
        Assert.Equal(5, (await _place.HoldfastAsync("verify", _place.Destination)).ExitCode);
        // A backup that finds its chain damaged starts a new one, and says why.
        var next = await _place.BackupAsync(0, "snapshot", "incremental");
        Assert.Equal("Full", Item(next)["kind"]!.GetValue<string>());
        Assert.Contains("missing", Item(next)["warnings"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_place.Out), f => !f.EndsWith("/x", StringComparison.Ordinal));
        Assert.Empty(Workspace.Files($"{_place.Out}/x"));
    }

    [Fact]
    public async Task An_archive_replaced_by_one_of_another_database_is_rejected_or_causes_a_warning_if_given_by_its_path()
    {
        _place.Make("a.db");
        _place.Make("b.db");
        await _place.BackupAsync(0, "snapshot", "full");
        var (own, other) = (
            Directory.GetFiles(_place.Chains("a.db")[0], "*.snapshot.tar.zst").Single(),
            Directory.GetFiles(_place.Chains("b.db")[0], "*.snapshot.tar.zst").Single()
        );
        File.Copy(other, own, overwrite: true);
        foreach (var path in (string[])[_place.Chains("a.db")[0], $"{_place.Destination}/local/a.db"])
        {
            await FailsAsync(5, "refused-content", "restore", path, "--to", $"{_place.Out}/x.db");
            await FailsAsync(5, "refused-content", "extract", path, "--to", $"{_place.Out}/x");
            await _place.HoldfastAsync(5, "verify", path);
            await _place.HoldfastAsync(0, "verify", path, "--allow-mismatch");
        }

        var expected = _place.SourceContents("b.db");
        await _place.ComesBackAsync(_place.Chains("a.db")[0], expected, null, "--allow-mismatch");
        var warned = await _place.HoldfastAsync(0, "restore", own, "--to", $"{_place.Out}/y.db");
        Assert.Contains("does not match its location: it belongs to database 'local/b.db'", warned.Error, StringComparison.Ordinal);

        // Outside of the root of a destination, the folders above it have no meaning.
        Directory.CreateDirectory($"{_place.Root}/elsewhere/a.db");
        Directory.Move(_place.Chains("a.db")[0], $"{_place.Root}/elsewhere/a.db/{Path.GetFileName(_place.Chains("a.db")[0])}");
        await _place.ComesBackAsync($"{_place.Root}/elsewhere/a.db", expected);
    }

    [Fact]
    public async Task The_newest_archive_replaced_by_an_older_one_of_its_chain_is_rejected()
    {
        _place.Make("a.db");
        await _place.BackupAsync(0, "snapshot", "full");
        foreach (var id in (int[])[3, 4])
        {
            _place.Sql("a.db", $"DELETE FROM t WHERE id = {id}");
            await _place.BackupAsync(0, "snapshot", "incremental");
        }

        var incrementals = Directory
            .GetFiles(_place.Chains("a.db")[0], "*.incremental-backup.tar.zst")
            .Order(StringComparer.Ordinal)
            .ToList();
        File.Copy(incrementals[0], incrementals[1], overwrite: true);
        await FailsAsync(5, "refused-content", "restore", _place.Chains("a.db")[0], "--to", $"{_place.Out}/x.db");
        await _place.HoldfastAsync(5, "verify", _place.Chains("a.db")[0]);
    }

    [Fact]
    public async Task An_archive_of_another_chain_in_the_folder_is_not_used_as_a_parent()
    {
        _place.Make("a.db");
        _place.Make("b.db");
        await _place.BackupAsync(0, "snapshot", "full");
        _place.Sql("a.db", "DELETE FROM t WHERE id = 3");
        await _place.BackupAsync(0, "snapshot", "incremental");
        var incremental = _place.Archives().Single(f => f.Contains("incremental", StringComparison.Ordinal));
        var (own, other) = (
            Directory.GetFiles(_place.Chains("a.db")[0], "*.snapshot.tar.zst").Single(),
            Directory.GetFiles(_place.Chains("b.db")[0], "*.snapshot.tar.zst").Single()
        );
        File.Copy(other, own, overwrite: true);
        await FailsAsync(5, "chain-incomplete", "restore", incremental, "--to", $"{_place.Out}/x.db");
    }

    [Fact]
    public async Task A_target_that_exists_is_6_and_stays_unchanged()
    {
        _place.Make("a.db");
        await _place.BackupAsync(0, "snapshot", "full");
        var target = $"{_place.Out}/x.db";
        foreach (var taken in (string[])[target, $"{target}-wal", $"{target}-journal"])
        {
            await File.WriteAllTextAsync(taken, "mine", TestContext.Current.CancellationToken);
            await FailsAsync(6, "target-exists", "restore", _place.Destination, "--to", target);
            Assert.Equal("mine", await File.ReadAllTextAsync(taken, TestContext.Current.CancellationToken));
            File.Delete(taken);
        }

        Directory.CreateDirectory(target);
        await FailsAsync(6, "target-exists", "restore", _place.Destination, "--to", target);
        await _place.HoldfastAsync(0, "extract", _place.Destination, "--to", $"{_place.Out}/items");
        await FailsAsync(6, "target-exists", "extract", _place.Destination, "--to", $"{_place.Out}/items");
        Directory.Delete(target);
        File.CreateSymbolicLink(target, "/nowhere");
        await FailsAsync(6, "target-exists", "restore", _place.Destination, "--to", target);
        await FailsAsync(6, "target-exists", "keygen", "--out", _place.Archives()[0]);
    }

    [Fact]
    public async Task A_path_that_does_not_exist_is_3()
    {
        _place.Make("a.db");
        await FailsAsync(3, "not-found", "restore", $"{_place.Root}/nothing", "--to", $"{_place.Out}/x.db");
        await FailsAsync(3, "not-found", "restore", _place.Source, "--to", $"{_place.Out}/x.db");
        await FailsAsync(3, "not-found", "points", _place.Out);
        await FailsAsync(3, "not-found", "verify", $"{_place.Source}/a.db");
        await FailsAsync(
            3,
            "not-found",
            "backup",
            "--source",
            _place.Source,
            "--to",
            _place.Destination,
            "--type",
            "snapshot",
            "--database",
            "b.db"
        );
        await FailsAsync(3, "not-found", "backup", "--source", _place.Out, "--to", _place.Destination, "--type", "snapshot");
        await _place.BackupAsync(0, "snapshot", "full");
        await FailsAsync(3, "not-found", "restore", _place.Destination, "--point", "2001-01-01-00-00-00", "--to", $"{_place.Out}/x.db");
        await FailsAsync(3, "not-found", "restore", _place.Destination, "--to", $"{_place.Out}/no/folder/x.db");
    }

    [Fact]
    public async Task A_source_that_cannot_be_read_is_7()
    {
        await FailsAsync(
            7,
            "source-unreadable",
            "backup",
            "--source",
            $"{_place.Root}/nothing",
            "--to",
            _place.Destination,
            "--type",
            "snapshot"
        );
        await FailsAsync(7, "source-unreadable", "databases", "--source", $"{_place.Root}/nothing");
        _place.Make("a.db");
        await FailsAsync(7, "source-unreadable", "databases", "--source", $"{_place.Source}/a.db");
    }

    [Fact]
    public async Task A_locked_database_is_7_and_the_others_are_backed_up()
    {
        _place.Make("a.db");
        _place.Make("b.db");
        using var holder = Child.Start("sqlite3", ["-batch", $"{_place.Source}/a.db"]);
        await holder.StandardInput.WriteLineAsync("BEGIN EXCLUSIVE; SELECT 'held';");
        await holder.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        try
        {
            var both = await _place.BackupAsync(1, "snapshot", "full");
            Assert.Equal("source-locked", Item(both, "local/a.db")["error"]!["code"]!.GetValue<string>());
            Assert.Equal("Completed", Item(both, "local/b.db")["state"]!.GetValue<string>());
            var text = await _place.HoldfastAsync(
                7,
                "backup",
                "--source",
                _place.Source,
                "--to",
                _place.Destination,
                "--type",
                "snapshot",
                "--database",
                "a.db"
            );
            Assert.Contains("FAILED", text.Output, StringComparison.Ordinal);
            Assert.Contains("locked", text.Output, StringComparison.Ordinal);
        }
        finally
        {
            holder.Kill();
            await holder.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await _place.BackupAsync(0, "snapshot", "full");
    }

    [Fact]
    public async Task Files_that_are_not_databases_are_skipped_and_damaged_databases_are_reported()
    {
        _place.Make("good.db");
        await File.WriteAllTextAsync(
            $"{_place.Source}/notes.txt",
            "not a database, only text that is long enough to have been one, had it begun otherwise",
            TestContext.Current.CancellationToken
        );
        await File.WriteAllBytesAsync($"{_place.Source}/empty.db", [], TestContext.Current.CancellationToken);
        Directory.CreateDirectory($"{_place.Source}/folder.db");
        await Child.ShellAsync($"mkfifo '{_place.Source}/pipe.db'");
        var good = await File.ReadAllBytesAsync($"{_place.Source}/good.db", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync($"{_place.Source}/stump.db", good[..200], TestContext.Current.CancellationToken);
        var report = await _place.BackupAsync(1, "snapshot", "full");
        Assert.Equal(["local/good.db", "local/stump.db"], report["items"]!.AsArray().Select(i => i!["database"]!.GetValue<string>()));
        Assert.Equal("source-unreadable", Item(report, "local/stump.db")["error"]!["code"]!.GetValue<string>());
        Assert.Equal("Completed", Item(report, "local/good.db")["state"]!.GetValue<string>());
        var text = await _place.HoldfastAsync(1, "backup", "--source", _place.Source, "--to", _place.Destination, "--type", "snapshot");
        Assert.Contains("1 backed up, 0 unchanged, 1 failed", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_symbolic_link_out_of_the_directory_is_not_followed()
    {
        _place.Make("good.db");
        Directory.CreateDirectory($"{_place.Root}/elsewhere");
        File.Move($"{_place.Source}/good.db", $"{_place.Root}/elsewhere/secret.db");
        _place.Make("good.db");
        File.CreateSymbolicLink($"{_place.Source}/link.db", $"{_place.Root}/elsewhere/secret.db");
        Directory.CreateSymbolicLink($"{_place.Source}/linked", $"{_place.Root}/elsewhere");
        var report = await _place.BackupAsync(0, "snapshot", "full");
        Assert.Equal("local/good.db", Assert.Single(report["items"]!.AsArray())!["database"]!.GetValue<string>());
        await FailsAsync(
            3,
            "not-found",
            "backup",
            "--source",
            _place.Source,
            "--to",
            _place.Destination,
            "--type",
            "snapshot",
            "--database",
            "link.db"
        );
    }

    [Theory]
    [InlineData]
    [InlineData("frobnicate")]
    [InlineData("backup")]
    [InlineData("backup", "--source", ".")]
    [InlineData("backup", "--source", ".", "--to", "x", "--type", "sideways")]
    [InlineData("backup", "--source", ".", "--to", "x", "--node", "toolong")]
    [InlineData("backup", "--source", ".", "--to", "x", "--jobs", "0")]
    [InlineData("backup", "--source", ".", "--to", "x", "--jobs", "many")]
    [InlineData("backup", "--source", ".", "--to", "x", "--recipient", "age1nonsense")]
    [InlineData("backup", "--source", ".", "--to", "x", "--database-key", "nothing")]
    [InlineData("restore", "x")]
    [InlineData("restore", "--to", "x")]
    [InlineData("verify")]
    [InlineData("points", "a", "b")]
    [InlineData("keygen", "surplus")]
    public async Task An_invalid_command_line_is_2(params string[] arguments)
    {
        var ended = await Child.RunAsync(Child.Holdfast, arguments, data: _place.Data, folder: _place.Out);
        Assert.True(ended.ExitCode == 2, ended.ToString());
        Assert.Contains("error: ", ended.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", ended.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_place.Out));
    }

    [Fact]
    public async Task An_invalid_command_line_is_one_JSON_document_too()
    {
        var json = await _place.JsonAsync(2, "keygen", "--frobnicate", "--sideways");
        Assert.Equal("usage", json["error"]!["code"]!.GetValue<string>());
        Assert.Contains("--sideways", json["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    // Unexpected exceptions of libraries, such as for an empty path.
    [Theory]
    [InlineData("keygen", "--out", "")]
    [InlineData("serve", "--config", "")]
    public Task An_unexpected_exception_is_1_and_JSON_too(params string[] arguments) => FailsAsync(1, "unexpected", arguments);

    [Fact]
    public Task An_empty_path_is_reported_as_such() => FailsAsync(2, "usage", "verify", "");

    [Fact]
    public async Task A_closed_pipe_does_not_crash_the_command()
    {
        var ended = await Child.RunAsync(
            "bash",
            ["-c", $"'{Child.Holdfast}' databases --source '{_place.Root}/nothing' --output json | true; echo ${{PIPESTATUS[0]}}"],
            data: _place.Data
        );
        Assert.Contains(ended.Output.Trim(), (string[])["7", "1"]);
        Assert.DoesNotContain("Unhandled", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_key_file_is_reported_without_its_contents()
    {
        _place.Make("a.db");
        await File.WriteAllTextAsync($"{_place.Root}/key", "AGE-SECRET-KEY-1VERYSECRETNONSENSE", TestContext.Current.CancellationToken);
        foreach (
            var arguments in (string[][])
                [
                    ["--key-file", $"{_place.Root}/key"],
                    ["--key-file", $"{_place.Root}/no-key"],
                    ["--database-key", $"*={_place.Root}/key"],
                    ["--database-key", $"*={_place.Root}/no-key"],
                    ["--key-file", _place.Root],
                ]
        )
        {
            var ended = await _place.HoldfastAsync([
                "backup",
                "--source",
                _place.Source,
                "--to",
                _place.Destination,
                "--type",
                "snapshot",
                .. arguments,
            ]);
            Assert.InRange(ended.ExitCode, 2, 4);
            Assert.Contains("error: ", ended.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("VERYSECRET", ended.Error + ended.Output, StringComparison.Ordinal);
        }
    }

    private static JsonNode Item(JsonNode report, string? database = null) =>
        report["items"]!.AsArray().Single(i => database is null || i!["database"]!.GetValue<string>() == database)!;

    private async Task KeysAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await _place.HoldfastAsync(0, "keygen", "--out", $"{_place.Root}/{name}");
        }
    }

    // The same failure as text and as JSON.
    private async Task FailsAsync(int exitCode, string code, params string[] arguments)
    {
        var text = await _place.HoldfastAsync(exitCode, arguments);
        Assert.StartsWith("error: ", text.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", text.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text.Error, StringComparison.Ordinal);
        var json = await _place.JsonAsync(exitCode, arguments);
        Assert.Equal(code, json["error"]!["code"]!.GetValue<string>());
        Debug.Assert(json["error"]!["message"] is not null);
    }
}
