using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;

namespace Holdfast.EndToEnd;

/// <summary>Complete round trips, with Holdfast and with only age, zstd and tar, and how archives are encrypted.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly Workspace _place = new();

    public enum Protection
    {
        None,
        Key,
        Recipient,
    }

    public static IEnumerable<TheoryDataRow<string, Protection>> TypesAndProtections() =>
        from type in Workspace.BackupTypes
        from protection in Enum.GetValues<Protection>()
        select new TheoryDataRow<string, Protection>(type, protection);

    public void Dispose() => _place.Dispose();

    [Theory]
    [MemberData(nameof(TypesAndProtections))]
    public async Task Every_point_of_a_chain_is_restored_and_the_full_one_without_Holdfast_too(string type, Protection protection)
    {
        Assert.SkipUnless(Child.Has("age") && Child.Has("zstd") && Child.Has("tar"), "age, zstd or tar is not on this machine");
        var key = AgeIdentity.Generate();
        await File.WriteAllTextAsync($"{_place.Root}/key", key.ToSecretKey() + "\n", TestContext.Current.CancellationToken);
        string[] backup = protection switch
        {
            Protection.Key => ["--key-file", $"{_place.Root}/key"],
            Protection.Recipient => ["--recipient", key.Recipient.ToString()],
            _ => [],
        };
        string[] restore = protection == Protection.None ? [] : ["--key-file", $"{_place.Root}/key"];
        _place.Make("a.db", rows: 300, mode: "wal");
        var points = new List<string>();
        for (var point = 0; point < 4; point++)
        {
            var report = await _place.BackupAsync(0, type, point == 0 ? "full" : "incremental", backup);
            Assert.Equal(point == 0 ? "Full" : "Incremental", report["items"]![0]!["kind"]!.GetValue<string>());
            points.Add(_place.SourceContents("a.db"));
            _place.Sql(
                "a.db",
                $"UPDATE t SET v = randomblob(1000) WHERE id % 50 = {point}; DELETE FROM t WHERE id = {point + 7}; CREATE "
                    + $"TABLE u{point}(x); INSERT INTO u{point} VALUES({point});"
            );
        }

        var archives = _place.Archives();
        Assert.Equal(4, archives.Length);
        for (var point = 0; point < 4; point++)
        {
            await _place.ComesBackAsync(archives[point], points[point], null, restore);
        }
        await _place.HoldfastAsync(0, ["verify", _place.Destination, .. restore]);
        if (protection != Protection.None)
        {
            Assert.All(archives, a => Assert.EndsWith(".tar.zst.age", a, StringComparison.Ordinal));
        }

        var open = protection == Protection.None ? $"cat '{archives[0]}'" : $"age -d -i '{_place.Root}/key' '{archives[0]}'";
        if (type == "snapshot")
        {
            await Child.ShellAsync($"{open} | zstd -d -q | tar x", _place.Out);
            Assert.Equal(points[0], Workspace.Contents($"{_place.Out}/database.sqlite"));
        }
        else
        {
            await Child.ShellAsync($"{open} | zstd -d -q | tar xO --wildcards 'dump.sql.*' | sqlite3 plain.db", _place.Out);
            Assert.Equal(points[0], Workspace.Contents($"{_place.Out}/plain.db"));
        }
    }

    [Fact]
    public async Task Incrementals_need_only_the_recipient_and_are_restored_with_the_key()
    {
        var key = AgeIdentity.Generate();
        await File.WriteAllTextAsync($"{_place.Root}/key", key.ToBase64(), TestContext.Current.CancellationToken);
        _place.Make("a.db", rows: 300);
        await _place.BackupAsync(0, "snapshot", "full", "--recipient", key.Recipient.ToString());
        _place.Sql("a.db", "DELETE FROM t WHERE id = 9");
        var report = await _place.BackupAsync(0, "snapshot", "incremental", "--recipient", key.Recipient.ToString());
        Assert.Equal("Incremental", report["items"]![0]!["kind"]!.GetValue<string>());
        Assert.InRange(report["items"]![0]!["ownBytes"]!.GetValue<long>(), 1, 100_000);
        await _place.ComesBackAsync(_place.Archives()[^1], _place.SourceContents("a.db"), null, "--key-file", $"{_place.Root}/key");
        // The node key only opens indexes.
        var node = Workspace.Files(_place.Data).Single(f => f.EndsWith("node.key", StringComparison.Ordinal));
        Assert.Equal(
            4,
            (await _place.HoldfastAsync("restore", _place.Archives()[^1], "--to", $"{_place.Out}/x.db", "--key-file", node)).ExitCode
        );
        // Another node cannot extend the chain: the backup is full, with the reason.
        _place.Sql("a.db", "DELETE FROM t WHERE id = 10");
        var other = await _place.BackupAsync(
            0,
            "snapshot",
            "incremental",
            "--recipient",
            key.Recipient.ToString(),
            "--node-key",
            $"{_place.Root}/other.key"
        );
        Assert.Equal("Full", other["items"]![0]!["kind"]!.GetValue<string>());
        Assert.Contains("index cannot be read", other["items"]![0]!["warnings"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("removed", "is missing")]
    [InlineData("damaged", "cannot be read")]
    [InlineData("cut", "cannot be read")]
    [InlineData("emptied", "cannot be read")]
    [InlineData("swapped", "cannot be read")]
    public async Task Without_an_intact_index_the_next_backup_is_full_and_says_why(string how, string why)
    {
        _place.Make("a.db", rows: 300);
        await _place.BackupAsync(0, "snapshot", "full");
        _place.Sql("a.db", "UPDATE t SET v = randomblob(1000) WHERE id = 5");
        await _place.BackupAsync(0, "snapshot", "incremental");
        var indexes = Workspace.Files(_place.Destination).Where(f => f.EndsWith(".index", StringComparison.Ordinal)).ToList();
        var index = await File.ReadAllBytesAsync(indexes[0], TestContext.Current.CancellationToken);
        if (how == "removed")
        {
            File.Delete(indexes[0]);
        }
        else if (how == "swapped")
        {
            File.Copy(indexes[0], indexes[1], overwrite: true);
        }
        else
        {
            index[^60] ^= 4;
            await File.WriteAllBytesAsync(
                indexes[0],
                how == "damaged" ? index
                    : how == "cut" ? index[..^60]
                    : [],
                TestContext.Current.CancellationToken
            );
        }

        _place.Sql("a.db", "UPDATE t SET v = randomblob(1000) WHERE id = 6");
        var report = await _place.BackupAsync(0, "snapshot", "incremental");
        Assert.Equal("Full", report["items"]![0]!["kind"]!.GetValue<string>());
        Assert.Contains(why, report["items"]![0]!["warnings"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(_place.Leftovers());
        await _place.ComesBackAsync(_place.Chains("a.db")[^1], _place.SourceContents("a.db"));
        await _place.HoldfastAsync(0, "verify", _place.Destination);
    }

    [Theory]
    [InlineData("raw", true)]
    [InlineData("raw", false)]
    [InlineData("passphrase", true)]
    [InlineData("passphrase", false)]
    public async Task An_encrypted_database_is_never_written_unencrypted_and_its_key_appears_nowhere(string kind, bool keyGiven)
    {
        Assert.SkipUnless(Holdfast.Engines.Sqlite.Native.CipherSupport.IsAvailable, "SQLite3 Multiple Ciphers is not built");
        const string Secret = "planted-Secret-4711-in-the-rows";
        var (key, text) =
            kind == "raw"
                ? (
                    DatabaseKey.FromRaw(Enumerable.Range(1, 32).Select(i => (byte)(i * 7)).ToArray()),
                    Convert.ToBase64String(Enumerable.Range(1, 32).Select(i => (byte)(i * 7)).ToArray())
                )
                : (DatabaseKey.FromPassphrase("planted Passphrase 0815"), "passphrase: planted Passphrase 0815");
        await File.WriteAllTextAsync($"{_place.Root}/database.key", text + "\n", TestContext.Current.CancellationToken);
        _place.Make("hr.db", rows: 2000, key: key);
        _place.Sql("hr.db", $"CREATE TABLE salaries(name TEXT); INSERT INTO salaries VALUES('{Secret}')", key);
        string[] secrets =
            kind == "raw"
                ? [text, Convert.ToHexString(key.Raw!), Convert.ToHexStringLower(key.Raw!), Secret, "salaries"]
                : ["planted Passphrase 0815", Secret, "salaries"];
        string[] keys = keyGiven ? ["--database-key", $"*={_place.Root}/database.key"] : [];
        var said = new StringBuilder();
        foreach (var backupKind in (string[])["full", "incremental"])
        {
            using var backup = Child.Start(
                Child.Holdfast,
                [
                    "backup",
                    "--source",
                    _place.Source,
                    "--to",
                    _place.Destination,
                    "--type",
                    "snapshot",
                    "--kind",
                    backupKind,
                    "--encrypted",
                    "*",
                    "--output",
                    "json",
                    .. keys,
                ],
                _place.Data
            );
            while (!backup.HasExited)
            {
                foreach (var file in (string[])["cmdline", "environ"])
                {
                    foreach (
                        var process in Directory
                            .EnumerateDirectories("/proc")
                            .Where(p => int.TryParse(Path.GetFileName(p), out var id) && id >= backup.Id)
                    )
                    {
                        try
                        {
                            var shown = await File.ReadAllBytesAsync($"{process}/{file}", TestContext.Current.CancellationToken);
                            Assert.DoesNotContain(secrets, s => Encoding.UTF8.GetString(shown).Contains(s, StringComparison.Ordinal));
                        }
                        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                        {
                            // The process has ended.
                        }
                    }
                }

                await Task.Yield();
            }

            var ended = await Child.EndAsync(backup);
            Assert.True(ended.ExitCode == 0, ended.ToString());
            said.Append(ended);
            Assert.Equal("DatabasePages", ended.Json["items"]![0]!["encryption"]!.GetValue<string>());
            _place.Sql("hr.db", "UPDATE t SET v = randomblob(1000) WHERE id = 3", key);
        }

        // An image of an encrypted database is already encrypted.
        Assert.Contains(".encrypted-snapshot.tar.zst", _place.Archives()[0], StringComparison.Ordinal);
        said.Append(await _place.HoldfastAsync(0, "verify", _place.Destination))
            .Append(await _place.HoldfastAsync(0, "points", _place.Destination, "--output", "json"))
            .Append(string.Join('\n', Workspace.Files(_place.Root)));
        Assert.DoesNotContain(secrets, s => said.ToString().Contains(s, StringComparison.OrdinalIgnoreCase));
        foreach (var archive in _place.Archives())
        {
            var tar = await Child.RunAsync(
                "bash",
                ["-c", $"zstd -dqc '{archive}' | grep -a -c -e '{Secret}' -e salaries -e 'SQLite format'"]
            );
            Assert.Equal("0", tar.Output.Trim());
        }

        var target = $"{_place.Out}/x.db";
        await _place.HoldfastAsync(0, "restore", _place.Archives()[^1], "--to", target);
        Assert.Contains(Secret, Workspace.Contents(target, key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encrypted_database_with_a_wrong_key_is_reported_and_not_backed_up_in_another_form()
    {
        Assert.SkipUnless(Holdfast.Engines.Sqlite.Native.CipherSupport.IsAvailable, "SQLite3 Multiple Ciphers is not built");
        _place.Make("hr.db", key: DatabaseKey.FromPassphrase("right"));
        await File.WriteAllTextAsync($"{_place.Root}/database.key", "passphrase: wrong\n", TestContext.Current.CancellationToken);
        var report = await _place.BackupAsync(4, "snapshot", "full", "--encrypted", "*", "--database-key", $"*={_place.Root}/database.key");
        Assert.Equal("key-wrong", report["items"]![0]!["error"]!["code"]!.GetValue<string>());
        Assert.Empty(_place.Archives());
    }

    [Theory]
    [MemberData(nameof(Workspace.Types), MemberType = typeof(Workspace))]
    public async Task Two_concurrent_backups_of_one_source_both_succeed(string type)
    {
        for (var i = 0; i < 30; i++)
        {
            _place.Make($"{i}.db");
        }
        foreach (var kind in (string[])["full", "incremental", "full"])
        {
            for (var i = 0; i < 30; i++)
            {
                _place.Sql($"{i}.db", "UPDATE t SET v = randomblob(1000) WHERE id = 3");
            }
            var runs = Enumerable
                .Range(0, 3)
                .Select(_ =>
                    Child.RunAsync(
                        Child.Holdfast,
                        ["backup", "--source", _place.Source, "--to", _place.Destination, "--type", type, "--kind", kind],
                        data: _place.Data
                    )
                )
                .ToList();
            foreach (var ended in await Task.WhenAll(runs))
            {
                Assert.True(ended.ExitCode == 0, $"{kind}: {ended}");
            }
            await _place.HoldfastAsync(0, "verify", _place.Destination);
            Assert.Empty(_place.Leftovers());
            Assert.All(_place.Archives(), a =>
                Assert.True(File.Exists(a.Replace(".tar.zst", ".index", StringComparison.Ordinal)), $"{a} has no index")
            );
        }

        await _place.BackupAsync(0, type, "incremental");
        await _place.ComesBackAsync(_place.Chains("7.db")[^1], _place.SourceContents("7.db"));
    }
}
