using System.Diagnostics;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Discovery;

public sealed class DiscoveryTests : IDisposable
{
    private const string Small = "CREATE TABLE t(a); INSERT INTO t VALUES(1)";
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task An_empty_log_beside_its_database_is_a_side_file_and_not_an_empty_database()
    {
        _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        foreach (var name in (string[])["app.db-wal", "alone.db-wal"])
        {
            File.WriteAllText(_folder[name], "");
        }
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        await foreach (var _ in source.DiscoverAsync(TestContext.Current.CancellationToken)) { }

        var reasons = source.SkippedFiles.Files.ToDictionary(f => f.Name, f => f.Reason);
        Assert.Equal((SkipReason.SideFile, SkipReason.Empty), (reasons["app.db-wal"], reasons["alone.db-wal"]));
    }

    [Fact]
    public async Task Skipped_files_are_reported_with_the_reason()
    {
        _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        _folder.Make("out.db");
        File.WriteAllText(_folder["notes.txt"], "no database");
        File.WriteAllText(_folder["empty.db"], "");
        File.WriteAllText(_folder["app.db-wal"], "a log");
        File.WriteAllText(_folder[$"_holdfast_restore_{new string('a', 32)}"], "x");
        File.CreateSymbolicLink(_folder["link.db"], _folder["app.db"]);
        using (var mkfifo = Process.Start("mkfifo", [_folder["pipe"]]))
        {
            mkfifo.WaitForExit();
        }
        _folder.Make("twice.db");
        using (var ln = Process.Start("ln", [_folder["twice.db"], _folder["twin.db"]]))
        {
            ln.WaitForExit();
        }
        File.WriteAllText(_folder["short.db"], "SQLite format 3\0");
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config() with { Exclude = ["out.db"] });
        await foreach (var _ in source.DiscoverAsync(default)) { }

        (string, SkipReason)[] expected =
        [
            ("notes.txt", SkipReason.NotADatabase),
            ("empty.db", SkipReason.Empty),
            ("app.db-wal", SkipReason.SideFile),
            ($"_holdfast_restore_{new string('a', 32)}", SkipReason.OwnFile),
            ("link.db", SkipReason.Link),
            ("twin.db", SkipReason.HardLink),
            ("pipe", SkipReason.Special),
            ("short.db", SkipReason.Unreadable),
            ("out.db", SkipReason.Excluded),
        ];
        Assert.Equal(expected, source.SkippedFiles.Files.Select(f => (f.Name, f.Reason)));
        Assert.All(source.SkippedFiles.Counts, c => Assert.Equal(1, c.Value));
        Assert.Contains(
            "same file as 'twice.db'",
            source.SkippedFiles.Files.Single(f => f.Name == "twin.db").Detail,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_file_that_looks_encrypted_is_distinguished_from_other_files()
    {
        var random = new Random(5);
        var pages = new byte[8 * 4096];
        random.NextBytes(pages);
        File.WriteAllBytes(_folder["pay.db"], pages);
        File.WriteAllBytes(_folder["odd.bin"], pages[..^1]); // not a multiple of the page size
        File.WriteAllBytes(_folder["zeros.bin"], new byte[4096]);
        File.WriteAllText(
            _folder["text.txt"],
            new string('x', 2048) + string.Concat(Enumerable.Range(0, 2048).Select(_ => (char)random.Next(' ', '~')))
        );
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        await foreach (var found in source.DiscoverAsync(default))
        {
            Assert.Fail(found.Name);
        }
        (string, SkipReason)[] expected =
        [
            ("pay.db", SkipReason.LooksEncrypted),
            ("odd.bin", SkipReason.NotADatabase),
            ("text.txt", SkipReason.NotADatabase),
            ("zeros.bin", SkipReason.NotADatabase),
        ];
        Assert.Equal(expected, source.SkippedFiles.Files.Select(f => (f.Name, f.Reason)));
    }

    [Fact]
    public async Task The_list_of_skipped_files_is_bounded_and_all_are_counted()
    {
        for (var i = 0; i < 250; i++)
        {
            File.WriteAllText(_folder[$"note-{i:d3}"], "no database");
        }
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        await foreach (var _ in source.DiscoverAsync(default)) { }

        Assert.Equal(SkippedFiles.MaxListed, source.SkippedFiles.Files.Count);
        Assert.Equal(250, source.SkippedFiles.Counts[SkipReason.NotADatabase]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Databases_are_found_by_their_header_whatever_their_name_in_ordinal_order()
    {
        foreach (
            var name in (string[])
                [
                    "b.db",
                    "a/z",
                    "a.sqlite",
                    "B",
                    "deep/er/one.db",
                    "line\nbreak.db",
                    "100%.db",
                    "..hidden",
                    "sp ace'\".db",
                    "ünï.db",
                    "x-journal",
                ]
        )
        {
            _folder.Make(name, schema: Small);
        }
        File.WriteAllText(_folder["text.db"], new string('x', 5000));
        File.WriteAllBytes(_folder["empty.db"], []);
        var found = await _folder.Discover();
        Assert.Equal(
            [
                "..hidden",
                "100%.db",
                "B",
                "a.sqlite",
                "a/z",
                "b.db",
                "deep/er/one.db",
                "line\nbreak.db",
                "sp ace'\".db",
                "x-journal",
                "ünï.db",
            ],
            found.Select(d => d.Name)
        );
        Assert.All(found, d => Assert.Null(d.Problem));
        Assert.All(found, d => Assert.Equal(EncryptionState.No, d.Encryption));
        Assert.All(found, d => Assert.Equal(8192, d.SizeBytes));
    }

    [Fact]
    public async Task Side_files_and_own_files_are_skipped_even_if_a_glob_declares_everything_encrypted()
    {
        using var open = SqliteConnection.Open(
            _folder.Make("app.db", "PRAGMA journal_mode=WAL", schema: Small),
            SqliteConstants.OpenReadWrite
        );
        open.Execute("INSERT INTO t VALUES(2)");
        Assert.True(File.Exists(_folder["app.db-wal"]));
        foreach (
            var name in (string[])
                [
                    "app.db-journal",
                    "_holdfast_restore_1",
                    "_holdfast_restore_1-wal",
                    "holdfast-spool-1",
                    "x.partial",
                    "2026-01-01-00-00-00.full-backup.tar.zst.age",
                    "2026-01-01-00-00-00.full-backup.index",
                    ".holdfast-source",
                ]
        )
        {
            File.WriteAllBytes(_folder[name], new byte[4096]);
        }
        var found = Assert.Single(await _folder.Discover(_folder.Config("*")));
        Assert.Equal("app.db", found.Name);
        Assert.Equal(EncryptionState.No, found.Encryption); // its header is not encrypted
        Assert.Equal(8192 + new FileInfo(_folder["app.db-wal"]).Length, found.SizeBytes);
    }

    [Fact]
    public async Task Include_and_exclude_take_globs_over_the_whole_name()
    {
        foreach (var name in (string[])["a.db", "a.sqlite", "tenants/1.db", "tenants/old/2.db", "tmp/3.db"])
        {
            _folder.Make(name, schema: Small);
        }
        Assert.Equal(
            ["a.db", "tenants/1.db", "tenants/old/2.db"],
            (await _folder.Discover(_folder.Config() with { Include = ["*.db"], Exclude = ["tmp/**"] })).Select(d => d.Name)
        );
        Assert.Equal(["tenants/1.db"], (await _folder.Discover(_folder.Config() with { Include = ["tenants/*.db"] })).Select(d => d.Name));
        Assert.Equal(
            ["tenants/1.db", "tenants/old/2.db"],
            (await _folder.Discover(_folder.Config() with { Include = ["tenants/**"] })).Select(d => d.Name)
        );
        Assert.Empty(await _folder.Discover(_folder.Config() with { Include = ["*.DB"] }));
    }

    [Theory]
    [InlineData("*.db", "a/b.db", true)]
    [InlineData("*.db", "a\nb.db", true)]
    [InlineData("a/*.db", "a/b/c.db", false)]
    [InlineData("a/**/c.db", "a/c.db", true)]
    [InlineData("a/**/c.db", "a/x/y/c.db", true)]
    [InlineData("**/c.db", "c.db", true)]
    [InlineData("/c.db", "c.db", true)]
    [InlineData("/c.db", "x/c.db", false)]
    [InlineData("a?.db", "a1.db", true)]
    [InlineData("a.db", "axdb", false)]
    [InlineData("[a].db", "[a].db", true)]
    [InlineData("*", "x", true)]
    public void Globs_match_as_expected(string glob, string name, bool matches) =>
        Assert.Equal(matches, new NameGlobs([glob]).Matches(name));

    [Fact]
    public async Task An_encrypted_database_is_found_by_its_glob_or_guessed_by_its_log()
    {
        _folder.Make("named.enc", key: TestFolder.Key, schema: Small);
        using var guessed = SqliteConnection.Open(
            _folder.Make("other", "PRAGMA journal_mode=WAL", TestFolder.Key, Small),
            SqliteConstants.OpenReadWrite,
            TestFolder.Key
        );
        guessed.Execute("INSERT INTO t VALUES(3)");
        _folder.Make("silent", key: TestFolder.Key, schema: Small);
        var found = await _folder.Discover(_folder.Config("*.enc"));
        Assert.Equal([("named.enc", EncryptionState.Yes), ("other", EncryptionState.Maybe)], found.Select(d => (d.Name, d.Encryption)));
    }

    [Fact]
    public async Task Truncated_or_damaged_databases_are_listed_with_their_problem()
    {
        File.WriteAllText(_folder["cut.db"], "SQLite format 3\0");
        var bytes = File.ReadAllBytes(_folder.Make("bad.db", schema: Small));
        bytes[16] = 0x77;
        File.WriteAllBytes(_folder["bad.db"], bytes);
        File.WriteAllBytes(_folder["short.enc"], new byte[100]);
        var found = await _folder.Discover(_folder.Config("*.enc"));
        Assert.Equal(["bad.db", "cut.db", "short.enc"], found.Select(d => d.Name));
        Assert.All(found, d => Assert.Equal(ErrorCatalog.SourceUnreadable, d.Problem?.Error));
    }

    [Fact]
    public async Task Links_are_not_followed_and_pipes_are_not_opened()
    {
        using var outside = new TestFolder();
        outside.Make("secret.db", schema: Small);
        _folder.Make("real.db", schema: Small);
        File.CreateSymbolicLink(_folder["link.db"], outside["secret.db"]);
        File.CreateSymbolicLink(_folder["inner.db"], _folder["real.db"]);
        Directory.CreateSymbolicLink(_folder["folder"], outside.Root);
        Directory.CreateSymbolicLink(_folder["loop"], _folder.Root);
        using (var mkfifo = Process.Start("mkfifo", [_folder["pipe.db"]]))
        {
            mkfifo.WaitForExit();
        }
        Assert.Equal(["real.db"], (await _folder.Discover()).Select(d => d.Name));
        foreach (
            var name in (string[])
                [
                    "link.db",
                    "folder/secret.db",
                    "inner.db",
                    "../" + Path.GetFileName(outside.Root) + "/secret.db",
                    "loop/real.db",
                    "/etc/passwd",
                    "a//b",
                    "",
                ]
        )
        {
            await Assert.ThrowsAsync<HoldfastException>(() => _folder.Open(name));
        }
    }

    [Fact]
    public async Task A_database_named_like_the_side_file_of_another_kind_of_file_is_found()
    {
        Directory.CreateDirectory(_folder["tenant"]);
        File.WriteAllText(_folder["notes"], "no database");
        foreach (var name in (string[])["tenant-wal", "tenant-shm", "tenant-journal", "notes-journal", "customer.partial"])
        {
            _folder.Make(name, schema: Small);
        }
        File.WriteAllBytes(_folder["other.partial"], new byte[4096]);
        var found = await _folder.Discover(_folder.Config("other*"));
        Assert.Equal(["customer.partial", "notes-journal", "tenant-journal", "tenant-shm", "tenant-wal"], found.Select(d => d.Name));
        Assert.All(found, d => Assert.Null(d.Problem));
    }

    [Fact]
    public async Task The_header_decides_whatever_the_name_suggests()
    {
        string[] names = ["app", "app-journal", "app-wal", "app-shm", "_holdfast_restore_invoices", "holdfast-spool-parts.db", "x.partial"];
        foreach (var name in names)
        {
            _folder.Make(name, schema: Small);
        }
        using var open = SqliteConnection.Open(
            _folder.Make("live", "PRAGMA journal_mode=WAL", schema: Small),
            SqliteConstants.OpenReadWrite
        );
        open.Execute("INSERT INTO t VALUES(2)"); // its side files are not databases
        var found = await _folder.Discover();
        Assert.Equal(names.Append("live").Order(StringComparer.Ordinal), found.Select(d => d.Name));
        Assert.All(found, d => Assert.Null(d.Problem));
        foreach (var name in names)
        {
            await _folder.Image(name); // none is treated as a journal and deleted
        }
        Assert.All(names, name => Assert.True(File.Exists(_folder[name])));
    }

    [Fact]
    public async Task A_name_that_is_not_UTF_8_is_not_confused_with_its_placeholder()
    {
        _folder.Make("bad\uFFFD.db", schema: Small);
        using (
            var python = Process.Start(
                "python3",
                [
                    "-c",
                    "import os,shutil,sys; r=os.fsencode(sys.argv[1]); shutil.copy(r + b'/bad\\xef\\xbf\\xbd.db', r + b'/bad\\xff.db')",
                    _folder.Root,
                ]
            )
        )
        {
            python.WaitForExit();
        }
        var found = await _folder.Discover();
        Assert.Equal(["bad%FF.db~", "bad\uFFFD.db"], found.Select(d => d.Problem is null ? d.Name : d.Name[..10]));
        using var remove = Process.Start("bash", ["-c", "rm -rf \"$0\"/*", _folder.Root]); // .NET cannot represent it
        remove.WaitForExit();
    }

    [Fact]
    public async Task Of_two_hard_links_only_the_one_with_the_log_is_a_database()
    {
        _folder.Make("a.db", "PRAGMA journal_mode=WAL", schema: Small);
        using (var link = Process.Start("ln", [_folder["a.db"], _folder["z.db"]]))
        {
            link.WaitForExit();
        }
        Assert.Contains("'a.db'", (await _folder.Discover()).Single(d => d.Problem is not null).Problem!.Message, StringComparison.Ordinal);
        using var open = SqliteConnection.Open(_folder["z.db"], SqliteConstants.OpenReadWrite);
        open.Execute("INSERT INTO t VALUES(2)"); // stored in z.db-wal
        var found = await _folder.Discover();
        Assert.Equal(["a.db", "z.db"], found.Select(d => d.Name));
        Assert.Contains("'z.db'", found[0].Problem!.Message, StringComparison.Ordinal);
        Assert.Null(found[1].Problem);
        await using var view = await _folder.Open("z.db");
        Assert.Contains("2 names", Assert.Single(view.Warnings), StringComparison.Ordinal); // another name may be outside of the source
        using var image = SqliteConnection.Open(await _folder.WriteImage(view), SqliteConstants.OpenReadWrite);
        Assert.Equal(2, image.QueryInt64("SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task Names_that_are_not_UTF_8_are_distinguished_and_other_files_are_skipped()
    {
        _folder.Make("a.db", schema: Small);
        const string Script = """
            import os, shutil, sys
            root = os.fsencode(sys.argv[1])
            for name in (b'caf\xe9.db', b'caf\xe8.db'): shutil.copy(root + b'/a.db', root + b'/' + name)
            open(root + b'/photo\xe9.jpg', 'wb').write(b'\xff' * 9000)
            os.mkdir(root + b'/d\xe9')
            """;
        using (var python = Process.Start("python3", ["-c", Script, _folder.Root]))
        {
            python.WaitForExit();
        }
        try
        {
            var found = await _folder.Discover();
            Assert.Equal(["a.db", "caf%E8.db~", "caf%E9.db~", "d%E9~"], found.Select(d => d.Name == "a.db" ? d.Name : d.Name[..^8]));
            _folder.Make(found[1].Name, schema: Small); // a file that really has this name keeps it
            var again = await _folder.Discover();
            Assert.Null(again.Single(d => d.Name == found[1].Name).Problem);
            Assert.NotNull(again.Single(d => d.Name == found[1].Name + "~").Problem);
            Assert.Equal(["a.db"], (await _folder.Discover(_folder.Config() with { Exclude = ["caf%*", "d%E9*"] })).Select(d => d.Name));
        }
        finally
        {
            using var remove = Process.Start("bash", ["-c", "rm -rf \"$0\"/*", _folder.Root]); // .NET cannot represent them
            remove.WaitForExit();
        }
    }

    [Fact]
    public async Task A_former_database_that_still_exists_is_distinguished_from_a_deleted_one()
    {
        foreach (var name in (string[])["emptied.db", "overwritten.db", "gone.db", "whole.db", "left-out.db"])
        {
            _folder.Make(name, schema: Small);
        }
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config() with { Exclude = ["left-out*"] });
        File.WriteAllBytes(_folder["emptied.db"], []);
        File.WriteAllBytes(_folder["overwritten.db"], new byte[8192]);
        File.Delete(_folder["gone.db"]);
        var explained = await source.ExplainAbsenceAsync(
            ["emptied.db", "overwritten.db", "gone.db", "whole.db", "left-out.db", "../etc/passwd"],
            default
        );
        Assert.Equal(["emptied.db", "overwritten.db", "whole.db"], explained.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("0 bytes", explained["emptied.db"].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_not_UTF_8_is_reported()
    {
        var name = _folder["plain"];
        File.WriteAllBytes(name, File.ReadAllBytes(_folder.Make("a.db", schema: Small)));
        using (
            var python = Process.Start(
                "python3",
                ["-c", "import os,sys; os.rename(sys.argv[1], os.fsencode(sys.argv[2]) + b'/x\\xff.db')", name, _folder.Root]
            )
        )
        {
            python.WaitForExit();
        }
        var found = await _folder.Discover();
        Assert.Equal(2, found.Count);
        Assert.Contains("UTF-8", found[1].Problem!.Message);
        using var remove = Process.Start("find", [_folder.Root, "-name", "x*", "-delete"]); // .NET cannot represent it
        remove.WaitForExit();
    }

    [Fact]
    public async Task A_missing_directory_is_an_error_and_never_an_empty_list()
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _folder.Discover(new SqliteSourceConfig { Path = _folder["nowhere"] })
        );
        Assert.Equal(ErrorCatalog.SourceUnreadable, failure.Error);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Ten_thousand_databases_are_found_in_under_a_second()
    {
        var bytes = File.ReadAllBytes(_folder.Make("seed", schema: Small));
        for (var i = 0; i < 10_000; i++)
        {
            if (i % 100 == 0)
            {
                Directory.CreateDirectory(_folder[$"t{i / 100}"]);
            }
            File.WriteAllBytes(_folder[$"t{i / 100}/{i}.db"], bytes);
        }

        await _folder.Discover();
        var before = Environment.CpuUsage.TotalTime;
        Assert.Equal(10_000, (await _folder.Discover(_folder.Config("*.enc") with { Include = ["*.db"], Exclude = ["tmp/**"] })).Count);
        var cpu = Environment.CpuUsage.TotalTime - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{cpu.TotalMilliseconds:0} ms CPU");
        Assert.True(cpu < TimeSpan.FromSeconds(1.5), $"{cpu.TotalMilliseconds} ms");
    }

    [Fact]
    public async Task Discovery_does_not_drop_locks_of_other_connections()
    {
        using var reader = SqliteConnection.Open(_folder.Make("app.db"), SqliteConstants.OpenReadWrite);
        reader.Execute("BEGIN");
        reader.QueryInt64("SELECT count(*) FROM account");
        Assert.Equal(SqliteConstants.Busy, OtherProcess.Try(_folder["app.db"], "BEGIN EXCLUSIVE"));
        for (var i = 0; i < 20; i++)
        {
            await _folder.Discover();
        }
        await using (await _folder.Open("app.db")) { }

        Assert.Equal(SqliteConstants.Busy, OtherProcess.Try(_folder["app.db"], "BEGIN EXCLUSIVE"));
        reader.Execute("COMMIT");
        Assert.Equal(SqliteConstants.Ok, OtherProcess.Try(_folder["app.db"], "BEGIN EXCLUSIVE"));
    }
}
