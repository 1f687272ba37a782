using System.Net;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Api.Tests;

/// <summary>
/// How archives are actually encrypted, compared with what task and preview say. <c>plain.db</c> is not encrypted,
/// <c>raw.enc.db</c> and <c>word.enc.db</c> are.
/// </summary>
public sealed class EncryptionTests
{
    private const string Passphrase = "a horse beside a staple";
    private static readonly byte[] RawKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    /// <summary>
    /// Database, requested type, encryption of the task (with encryptSnapshots), then the extension of the file, what
    /// protects it, and whether that is a warning.
    /// </summary>
    public static TheoryData<string, string, string, string, string, bool> Table =>
        new()
        {
            { "raw.enc.db", "Backup", "None", ".full-backup.tar.zst.age", "DatabaseKey", false },
            { "raw.enc.db", "Backup", "Key", ".full-backup.tar.zst.age", "DatabaseKey", true },
            { "raw.enc.db", "Backup", "Recipients", ".full-backup.tar.zst.age", "DatabaseKey", true },
            { "word.enc.db", "Backup", "Key", ".full-backup.tar.zst.age", "DatabaseKey", true },
            { "raw.enc.db", "Snapshot", "None", ".encrypted-snapshot.tar.zst", "DatabasePages", false },
            { "raw.enc.db", "Snapshot", "Key", ".encrypted-snapshot.tar.zst", "DatabasePages", true },
            { "raw.enc.db", "Snapshot", "Key+", ".encrypted-snapshot.tar.zst", "DatabasePages", true },
            { "plain.db", "Backup", "None", ".full-backup.tar.zst", "None", false },
            { "plain.db", "Backup", "Key", ".full-backup.tar.zst.age", "Given", false },
            { "plain.db", "Backup", "Recipients", ".full-backup.tar.zst.age", "Given", false },
            { "plain.db", "Snapshot", "None", ".snapshot.tar.zst", "None", false },
            { "plain.db", "Snapshot", "Key", ".snapshot.tar.zst", "None", true },
            { "plain.db", "Snapshot", "Recipients", ".snapshot.tar.zst", "None", true },
            { "plain.db", "Snapshot", "Key+", ".snapshot.tar.zst.age", "Given", false },
            { "plain.db", "Snapshot", "Recipients+", ".snapshot.tar.zst.age", "Given", false },
            // its key is unknown: a snapshot instead
            { "unknown.enc.db", "Backup", "Key", ".encrypted-snapshot.tar.zst", "DatabasePages", true },
        };

    [Fact]
    public async Task Preview_and_task_show_a_snapshot_that_replaces_a_logical_backup_with_the_same_encryption()
    {
        await using var server = await StartAsync(databases: ["plain.db"]);
        using (var connection = SqliteConnection.Open(Path.Combine(server.Source, "plain.db"), SqliteConstants.OpenReadWrite))
        {
            connection.Execute(
                "CREATE TABLE twice(a); INSERT INTO twice VALUES(1),(1); CREATE INDEX i ON twice(a); PRAGMA "
                    + "writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE UNIQUE INDEX i ON twice(a)' WHERE name='i'"
            );
        }
        var encryption = new JsonObject { ["mode"] = "Key", ["key"] = AgeIdentity.Generate().ToSecretKey() };
        (await server.PutTemplateAsync("nightly", ApiServer.Template("Backup", ("encryption", encryption.DeepClone())))).Is(
            HttpStatusCode.Created
        );
        var made = await server.BackedUpAsync("plain.db");
        Assert.Equal(("Snapshot", "Given"), ((string)made["type"]!, (string)made["encryption"]!["mode"]!));
        var previewed = (
            await server.PostAsync("server-wide-backups/other/preview", ApiServer.Template("Backup", ("encryption", encryption)))
        ).Json()["databases"]!
            .AsArray()
            .Single()!;
        var task = await server.TaskAsync("plain.db");
        Assert.Equal(("Snapshot", "Given"), ((string)previewed["type"]!, (string)previewed["encryption"]!["mode"]!));
        Assert.Equal(("Snapshot", "Given"), ((string)task["effectiveType"]!, (string)task["encryption"]!["mode"]!));
        foreach (var reason in (string[])[(string)previewed["typeReason"]!, (string)task["effectiveTypeReason"]!])
        {
            Assert.Contains("violate its unique index", reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task An_archive_is_encrypted_as_the_table_task_and_preview_say(
        string database,
        string type,
        string encryption,
        string ending,
        string mode,
        bool isWarning
    )
    {
        await using var server = await StartAsync(databases: [database]);
        var (given, second) = (AgeIdentity.Generate(), AgeIdentity.Generate());
        var definition = new JsonObject { ["mode"] = encryption.TrimEnd('+'), ["encryptSnapshots"] = encryption.EndsWith('+') };
        if (encryption.StartsWith("Key", StringComparison.Ordinal))
        {
            definition["key"] = given.ToSecretKey();
        }
        if (encryption.StartsWith("Recipients", StringComparison.Ordinal))
        {
            definition["recipients"] = new JsonArray(given.Recipient.ToString(), second.Recipient.ToString());
        }
        var saved = (await server.PutTemplateAsync("nightly", ApiServer.Template(type, ("encryption", definition)))).Json(
            HttpStatusCode.Created
        );
        Assert.Null(saved["generatedKey"]);

        var previewed = saved["preview"]!["databases"]!.AsArray().Single(d => (string?)d!["database"] == $"demo/{database}")!;
        var task = await server.TaskAsync(database);
        var made = await server.BackedUpAsync(database);
        var archive = Assert.Single(server.Archives(database));
        Assert.EndsWith(ending, archive, StringComparison.Ordinal);
        Assert.Equal((mode, isWarning), ((string)made["encryption"]!["mode"]!, (bool)made["encryption"]!["isWarning"]!));
        foreach (var said in (JsonNode[])[task["encryption"]!, previewed["encryption"]!])
        {
            Assert.Equal((mode, (string)made["encryption"]!["reason"]!), ((string)said["mode"]!, (string)said["reason"]!));
        }

        Assert.Equal(((string)made["type"]!, (string)made["type"]!), ((string)task["effectiveType"]!, (string)previewed["type"]!));
        if (isWarning)
        {
            Assert.Contains(made["warnings"]!.AsArray(), w =>
                ((string)w!).Contains((string)made["encryption"]!["reason"]!, StringComparison.Ordinal)
            );
        }
        else
        {
            Assert.DoesNotContain(made["warnings"]!.AsArray(), w => ((string)w!).Contains("encrypted", StringComparison.Ordinal));
        }

        // The header of the file, and what opens it.
        var point = Assert.Single(ApiServer.Items((await server.GetAsync($"backups?from=demo%2F{database}")).Json()));
        AgeIdentity[] opens = mode switch
        {
            "Given" when encryption.StartsWith("Recipients", StringComparison.Ordinal) => [given, second],
            "Given" => [given],
            "DatabaseKey" when database == "raw.enc.db" => [AgeIdentity.FromBytes(RawKey)],
            _ => [],
        };
        var needs =
            database == "word.enc.db" ? "a passphrase"
            : opens.Length == 0 ? null
            : $"key {string.Join(" or ", opens.Select(o => o.Recipient.KeyId))}";
        Assert.Equal(needs, (string?)point["needs"]);
        var file = Path.Combine(server.Nas, archive);
        if (database == "word.enc.db")
        {
            await AgePrograms.OpenWithPassphraseAsync(file, Passphrase, Path.Combine(server.Root, "opened"));
        }
        else if (needs is null)
        {
            Assert.Contains("manifest.json", await AgePrograms.ListAsync(file, null));
        }
        foreach (var key in opens)
        {
            Assert.Contains("manifest.json", await AgePrograms.ListAsync(file, key.ToSecretKey()));
        }

        // An incremental is encrypted like its full backup, and all of it can be restored with the keys.
        server.Add(database, 5, KeyOf(database));
        var incremental = await server.BackedUpAsync(database, "Incremental");
        Assert.Equal(
            ("Incremental", mode, ending.EndsWith(".age", StringComparison.Ordinal)),
            (
                (string)incremental["kind"]!,
                (string)incremental["encryption"]!["mode"]!,
                ((string)incremental["path"]!).EndsWith(".age", StringComparison.Ordinal)
            )
        );
        var target = database.EndsWith(".enc.db", StringComparison.Ordinal) ? "again.enc.db" : "again.db";
        string[] keys = mode == "Given" ? [given.ToBase64()] : [];
        await server.RestoredAsync(
            new
            {
                from = $"demo/{database}",
                target = $"demo/{target}",
                keys,
            }
        );
        Assert.Equal(45, server.Rows(target, KeyOf(database)));
        Assert.Equal(database == "plain.db", IsPlain(Path.Combine(server.Source, target)));
    }

    [Fact]
    public async Task The_preview_counts_snapshots_and_logical_backups_without_saving()
    {
        await using var server = await StartAsync();
        var preview = (await server.PostAsync("server-wide-backups/nightly/preview", ApiServer.Template("Backup"))).Json();
        Assert.Equal("covers 3 databases (1 as snapshot, 2 as logical backup)", (string?)preview["summary"]);
        Assert.Contains(
            "key is not known",
            (string?)preview["databases"]!.AsArray().Single(d => (string?)d!["database"] == "demo/unknown.enc.db")!["typeReason"],
            StringComparison.Ordinal
        );
        Assert.Empty(ApiServer.Items((await server.GetAsync("server-wide-backups")).Json()));
    }

    [Fact]
    public async Task A_backup_to_recipients_is_restored_only_with_a_key_and_says_which()
    {
        await using var server = await StartAsync();
        var (own, kept) = (AgeIdentity.Generate(), AgeIdentity.Generate());
        await server.PutTemplateAsync(
            "nightly",
            ApiServer.Template(
                "Backup",
                ("encryption", new JsonObject { ["mode"] = "Recipients", ["recipients"] = new JsonArray(own.Recipient.ToString()) })
            )
        );
        await server.BackedUpAsync("plain.db");
        foreach (var others in (bool[])[false, true])
        {
            // Keys that the server keeps for other tasks do not make a missing key a wrong one.
            if (others)
            {
                await server.PutTemplateAsync(
                    "other",
                    ApiServer.Template("Backup", ("encryption", new JsonObject { ["mode"] = "Key", ["key"] = kept.ToSecretKey() }))
                );
            }
            var refused = await server.RestoreAsync(new { from = "demo/plain.db", target = "demo/again.db" });
            Assert.Equal(("Failed", "key-missing"), ((string)refused["state"]!, (string)refused["error"]!["code"]!));
            Assert.Contains(own.Recipient.KeyId, (string?)refused["error"]!["hint"], StringComparison.Ordinal);
            var check = await CheckAsync();
            Assert.Equal(
                ("key-missing", true, null),
                ((string)check["problem"]!["code"]!, (bool)check["isEncrypted"]!, (string?)check["database"])
            );
            Assert.Equal([own.Recipient.KeyId], check["needsKeys"]!.AsArray().Select(k => (string)k!));
        }

        Assert.Equal("key-wrong", (string?)(await CheckAsync(AgeIdentity.Generate().ToSecretKey()))["problem"]!["code"]);
        Assert.Equal("key-wrong", (string?)(await CheckAsync("passphrase: of something else"))["problem"]!["code"]);
        Assert.Equal(
            (null, "demo/plain.db"),
            ((await CheckAsync(own.ToBase64()))["problem"], (string?)(await CheckAsync(own.ToSecretKey()))["database"])
        );

        var wrong = await server.RestoreAsync(
            new
            {
                from = "demo/plain.db",
                target = "demo/again.db",
                keys = new[] { AgeIdentity.Generate().ToSecretKey() },
            }
        );
        Assert.Equal("key-wrong", (string?)wrong["error"]!["code"]);
        Assert.Contains(own.Recipient.KeyId, (string?)wrong["error"]!["hint"], StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(server.Source, "again.db")));
        (
            await server.PostAsync(
                "restores",
                new
                {
                    from = "demo/plain.db",
                    target = "demo/again.db",
                    keys = new[] { "no key" },
                }
            )
        ).HasErrors("keys");
        await server.RestoredAsync(
            new
            {
                from = "demo/plain.db",
                target = "demo/again.db",
                keys = new[] { own.ToSecretKey() },
            }
        );
        Assert.Equal(40, server.Rows("again.db"));
        (await server.PostAsync("server-wide-backups/nightly/key")).Problem(404, "not-found");

        async Task<JsonNode> CheckAsync(params string[] keys) =>
            (await server.PostAsync("backups/check", new { from = "demo/plain.db", keys })).Json();
    }

    [Fact]
    public async Task The_key_of_a_database_allows_logical_backups_and_encrypts_the_restored_database()
    {
        await using var server = await StartAsync();
        await server.PutTemplateAsync("nightly", ApiServer.Template("Backup"));
        var locked = await server.BackedUpAsync("unknown.enc.db");
        Assert.Equal("Snapshot", (string?)locked["type"]);
        (await server.PutAsync($"{ApiServer.Database("unknown.enc.db")}/key", new { key = Convert.ToHexString(RawKey) })).Is(
            HttpStatusCode.NoContent
        );
        Assert.Equal(
            ("Backup", "DatabaseKey"),
            (
                (string)(await server.TaskAsync("unknown.enc.db"))["effectiveType"]!,
                (string)(await server.TaskAsync("unknown.enc.db"))["encryption"]!["mode"]!
            )
        );
        var logical = await server.BackedUpAsync("unknown.enc.db", "Incremental");
        Assert.Equal(
            ("Backup", "Full", "DatabaseKey"),
            ((string)logical["type"]!, (string)logical["kind"]!, (string)logical["encryption"]!["mode"]!)
        );
        await server.RestoredAsync(
            new { from = $"destination:nas/{Path.GetDirectoryName((string)logical["path"]!)}", target = "demo/again.enc.db" }
        );
        Assert.False(IsPlain(Path.Combine(server.Source, "again.enc.db")));
        Assert.Equal(40, server.Rows("again.enc.db", DatabaseKey.FromRaw(RawKey)));
        (await server.DeleteAsync($"{ApiServer.Database("unknown.enc.db")}/key")).Is(HttpStatusCode.NoContent);
        Assert.Equal("Snapshot", (string?)(await server.TaskAsync("unknown.enc.db"))["effectiveType"]);
    }

    [Fact]
    public async Task A_wrong_key_of_a_database_is_a_clear_failure_and_writes_nothing_unencrypted()
    {
        await using var server = await StartAsync();
        await server.PutTemplateAsync("nightly", ApiServer.Template("Backup"));
        (await server.PutAsync($"{ApiServer.Database("raw.enc.db")}/key", new { passphrase = "not this one" })).Is(
            HttpStatusCode.NoContent
        );
        var failed = await server.BackUpAsync("raw.enc.db");
        Assert.Equal(("Failed", "key-wrong"), ((string)failed["state"]!, (string)failed["error"]!["code"]!));
        Assert.Contains("raw.enc.db", (string?)failed["error"]!["message"], StringComparison.Ordinal);
        Assert.Empty(server.Archives("raw.enc.db"));
        (await server.PutAsync($"{ApiServer.Database("raw.enc.db")}/key", new { key = Convert.ToBase64String(RawKey) })).Is(
            HttpStatusCode.NoContent
        );
        Assert.Equal("DatabaseKey", (string?)(await server.BackedUpAsync("raw.enc.db"))["encryption"]!["mode"]);
    }

    [Fact]
    public async Task A_key_can_be_stored_for_many_databases_by_a_glob()
    {
        await using var server = await StartAsync(withKeys: false);
        (await server.PutAsync("databases/demo%2Fr*.enc.db/key", new { key = Convert.ToBase64String(RawKey) })).Is(
            HttpStatusCode.NoContent
        );
        await server.PutTemplateAsync("nightly", ApiServer.Template("Backup"));
        var made = await server.BackedUpAsync("raw.enc.db");
        Assert.Equal("DatabaseKey", (string?)made["encryption"]!["mode"]);
        await server.RestoredAsync(new { from = "demo/raw.enc.db", target = "demo/one.enc.db" });
        await server.RestoredAsync(new { from = $"destination:nas/{made["path"]}", target = "demo/two.enc.db" });
        Assert.Equal(40, server.Rows("two.enc.db", DatabaseKey.FromRaw(RawKey)));
    }

    [Fact]
    public async Task A_key_of_the_wrong_length_or_both_kinds_or_none_are_rejected_without_repeating_the_text()
    {
        await using var server = await StartAsync(withKeys: false);
        var path = $"{ApiServer.Database("raw.enc.db")}/key";
        foreach (
            var body in (object[])
                [
                    new { key = "c2VjcmV0LXNlY3JldA==" },
                    new { key = "c2VjcmV0LXNlY3JldA" },
                    new { key = "" },
                    new { },
                    new { passphrase = "" },
                    new { key = Convert.ToBase64String(RawKey), passphrase = "c2VjcmV0LXNlY3JldA" },
                ]
        )
        {
            var answer = await server.PutAsync(path, body);
            Assert.DoesNotContain("c2VjcmV0LXNlY3JldA", answer.Text, StringComparison.Ordinal);
            answer.HasErrors(answer.Text.Contains("empty", StringComparison.Ordinal) ? "passphrase" : "key");
        }
    }

    private static DatabaseKey? KeyOf(string database) =>
        database switch
        {
            "plain.db" => null,
            "word.enc.db" => DatabaseKey.FromPassphrase(Passphrase),
            _ => DatabaseKey.FromRaw(RawKey),
        };

    private static bool IsPlain(string path) => File.ReadAllBytes(path).AsSpan(0, 15).SequenceEqual("SQLite format 3"u8);

    private static async Task<ApiServer> StartAsync(bool withKeys = true, params string[] databases)
    {
        if (databases.Length == 0)
        {
            databases = ["plain.db", "raw.enc.db", "unknown.enc.db"];
        }
        var server = await ApiServer.StartAsync(folder =>
        {
            foreach (var name in databases)
            {
                ApiServer.Make(folder, name, KeyOf(name));
            }
        });
        if (!withKeys)
        {
            return server;
        }
        (await server.PutAsync($"{ApiServer.Database("raw.enc.db")}/key", new { key = Convert.ToBase64String(RawKey) })).Is(
            HttpStatusCode.NoContent
        );
        if (databases.Contains("word.enc.db"))
        {
            (await server.PutAsync($"{ApiServer.Database("word.enc.db")}/key", new { passphrase = Passphrase })).Is(
                HttpStatusCode.NoContent
            );
        }
        return server;
    }
}
