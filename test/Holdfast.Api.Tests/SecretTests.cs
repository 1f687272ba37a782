using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Api.Access;
using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;

namespace Holdfast.Api.Tests;

/// <summary>Secrets are planted wherever the API accepts one, and searched for wherever they could have gone.</summary>
public sealed class SecretTests
{
    private const string Passphrase = "planted passphrase of a database 5521";
    private const string RestorePassphrase = "planted passphrase of a restore 7731";
    private const string Password = "planted password of alice 9081";
    private const string WrongPassword = "planted wrong password 3341";

    [Fact]
    public async Task Planted_secrets_appear_nowhere()
    {
        var archiveKey = AgeIdentity.Generate();
        var restoreKey = AgeIdentity.Generate();
        var databaseKey = AgeIdentity.Generate();
        var cutKey = AgeIdentity.Generate().ToSecretKey()[..^1];
        await using var server = await ApiServer.StartAsync(folder =>
        {
            ApiServer.Make(folder, "a.db");
            ApiServer.Make(folder, "word.enc.db", DatabaseKey.FromPassphrase(Passphrase));
            ApiServer.Make(folder, "raw.enc.db", DatabaseKey.FromRaw(Convert.FromBase64String(databaseKey.ToBase64())));
        });
        var secrets = new List<string> { Passphrase, RestorePassphrase, Password, WrongPassword, cutKey, ApiServer.AdminToken };
        foreach (var key in (AgeIdentity[])[archiveKey, restoreKey, databaseKey])
        {
            var raw = Convert.FromBase64String(key.ToBase64());
            secrets.AddRange(key.ToSecretKey(), key.ToBase64(), Convert.ToHexString(raw));
        }

        // Every place that accepts a secret, valid and invalid.
        (
            await server.PutTemplateAsync(
                "nightly",
                ApiServer.Template("Backup", ("encryption", new JsonObject { ["mode"] = "Key", ["key"] = archiveKey.ToSecretKey() }))
            )
        ).Is(HttpStatusCode.Created);
        (
            await server.PostAsync(
                $"{ApiServer.Database("a.db")}/tasks",
                ApiServer.Template(
                    "Backup",
                    ("name", "mine"),
                    ("encryption", new JsonObject { ["mode"] = "Key", ["key"] = archiveKey.ToBase64() })
                )
            )
        ).Is(HttpStatusCode.Created);
        (await server.PutAsync($"{ApiServer.Database("word.enc.db")}/key", new { passphrase = Passphrase })).Is(HttpStatusCode.NoContent);
        (await server.PutAsync($"{ApiServer.Database("raw.enc.db")}/key", new { key = databaseKey.ToBase64() })).Is(
            HttpStatusCode.NoContent
        );
        (await server.PutAsync("users/alice", new { role = "Operator", password = Password })).Is(HttpStatusCode.Created);
        (
            await server.PutTemplateAsync(
                "wrong",
                ApiServer.Template("Backup", ("fullBackup", "x"), ("encryption", new JsonObject { ["mode"] = "Key", ["key"] = cutKey }))
            )
        ).HasErrors("fullBackup", "encryption.key");
        (
            await server.PutTemplateAsync(
                "wrong",
                ApiServer.Template(
                    "Backup",
                    (
                        "encryption",
                        new JsonObject { ["mode"] = "Recipients", ["recipients"] = new JsonArray(cutKey, restoreKey.ToSecretKey()) }
                    )
                )
            )
        ).HasErrors("encryption.recipients");
        (
            await server.PutTemplateAsync(
                "wrong",
                ApiServer.Template(
                    "Backup",
                    (
                        "encryption",
                        new JsonObject
                        {
                            ["mode"] = "Key",
                            ["key"] = new JsonObject { ["value"] = restoreKey.ToSecretKey() },
                        }
                    )
                )
            )
        ).Is(HttpStatusCode.BadRequest);
        (await server.PutAsync("server-wide-backups/wrong", $$"""{"type":"{{restoreKey.ToSecretKey()}}"}""")).Is(HttpStatusCode.BadRequest);
        (await server.PutAsync("server-wide-backups/wrong", restoreKey.ToSecretKey())).Is(HttpStatusCode.BadRequest);
        (
            await server.PostAsync(
                $"{ApiServer.Database("a.db")}/backup",
                new { destinations = new[] { "nas" }, recipients = new[] { restoreKey.ToSecretKey() } }
            )
        ).HasErrors("recipients");
        (await server.PutAsync($"{ApiServer.Database("raw.enc.db")}/key", new { key = cutKey })).HasErrors("key");
        (
            await server.PutAsync(
                $"{ApiServer.Database("raw.enc.db")}/key",
                new { key = restoreKey.ToBase64(), passphrase = RestorePassphrase }
            )
        ).HasErrors("key");
        (await server.PutAsync($"{ApiServer.Database("raw.enc.db")}/key", new { secret = restoreKey.ToBase64() })).Is(
            HttpStatusCode.BadRequest
        );
        (
            await server.PostAsync(
                "restores",
                new
                {
                    from = "demo/a.db",
                    target = "demo/new.db",
                    keys = new[] { cutKey },
                }
            )
        ).HasErrors("keys");
        foreach (var password in (string[])[Password, WrongPassword])
        {
            Assert.True((int)(await server.PostAsync("session", new { user = "alice", password })).Status is 200 or 401);
        }
        (await server.PutAsync("users/bob", new { role = "King", password = WrongPassword })).Is(HttpStatusCode.BadRequest);
        using (var stranger = server.With($"holdfast_{restoreKey.ToBase64()}"))
        {
            (await server.SendAsync(HttpMethod.Get, "databases", client: stranger)).Is(HttpStatusCode.Unauthorized);
        }

        // Successful and failed backups and restores.
        foreach (var name in (string[])["word.enc.db", "raw.enc.db"])
        {
            await server.BackedUpAsync(name);
        }
        foreach (var task in await server.TasksAsync("a.db"))
        {
            await server.BackedUpAsync("a.db", task: (string)task["id"]!);
        }
        await server.RestoredAsync(
            new
            {
                from = "demo/raw.enc.db",
                target = "demo/again.enc.db",
                keys = new[] { restoreKey.ToSecretKey(), "passphrase: " + RestorePassphrase },
            }
        );
        (
            await server.PostAsync(
                "backups/check",
                new { from = "demo/raw.enc.db", keys = new[] { restoreKey.ToSecretKey(), "passphrase: " + RestorePassphrase } }
            )
        ).Is(HttpStatusCode.OK);
        (await server.PutAsync($"{ApiServer.Database("word.enc.db")}/key", new { passphrase = RestorePassphrase })).Is(
            HttpStatusCode.NoContent
        );
        Assert.Equal("key-wrong", (string?)(await server.BackUpAsync("word.enc.db"))["error"]!["code"]);
        Assert.Equal(
            "key-wrong",
            (string?)
                (
                    await server.RestoreAsync(
                        new
                        {
                            from = "demo/word.enc.db",
                            target = "demo/x.enc.db",
                            keys = new[] { "passphrase: " + WrongPassword },
                        }
                    )
                )["error"]!["code"]
        );
        (await server.PutAsync($"{ApiServer.Database("word.enc.db")}/key", new { passphrase = Passphrase })).Is(HttpStatusCode.NoContent);
        await using (var children = new ChildWatch())
        {
            foreach (var name in (string[])["word.enc.db", "raw.enc.db"])
            {
                await server.BackedUpAsync(name, "Incremental");
            }
            await server.RestoredAsync(
                new
                {
                    from = "demo/raw.enc.db",
                    target = "demo/third.enc.db",
                    keys = new[] { restoreKey.ToSecretKey() },
                }
            );
            Missing(secrets, "the process list", children.Seen);
        }

        // A generated key and a token are shown once, and are secrets from then on.
        var generated = (
            await server.PutTemplateAsync("generated", ApiServer.Template("Backup", ("encryption", new JsonObject { ["mode"] = "Key" })))
        ).Json(HttpStatusCode.Created)["generatedKey"]!;
        var token = (string)
            (await server.PostAsync("tokens", new { name = "ci", role = Role.Admin.ToString() })).Json(HttpStatusCode.Created)["token"]!;
        var shown = server.Answers.ToList();
        secrets.AddRange((string)generated["secretKey"]!, (string)generated["base64"]!, token);
        using (var ci = server.With(token))
        {
            (await server.SendAsync(HttpMethod.Get, "databases", client: ci)).Is(HttpStatusCode.OK);
        }
        Assert.Equal(archiveKey.ToSecretKey(), (string?)(await server.PostAsync("server-wide-backups/nightly/key")).Json()["secretKey"]);
        var revealed = server.Answers.Last();
        foreach (
            var path in (string[])
                [
                    "databases",
                    "databases/demo%2Fa.db",
                    "databases/demo%2Fa.db/tasks",
                    "databases/demo%2Fraw.enc.db/tasks",
                    "server-wide-backups",
                    "server-wide-backups/nightly",
                    "server-wide-backups/generated",
                    "destinations",
                    "destinations/nas",
                    "sources",
                    "operations?limit=1000",
                    "backups?from=demo%2Fa.db",
                    "backups?from=destination:nas",
                    "backups/chains?from=destination:nas",
                    "backups/databases?from=destination:nas",
                    "operations/counts",
                    "tokens",
                    "users",
                    "users/alice",
                    "audit?limit=1000",
                    "openapi.json",
                ]
        )
        {
            (await server.GetAsync(path)).Is(HttpStatusCode.OK);
        }

        foreach (var operation in ApiServer.Items((await server.GetAsync("operations?limit=1000")).Json()))
        {
            (await server.GetAsync($"operations/{operation["id"]}/log")).Is(HttpStatusCode.OK);
        }
        (
            await server.PutTemplateAsync(
                "generated",
                (JsonObject)(await server.GetAsync("server-wide-backups/generated")).Json()["definition"]!
            )
        ).Is(HttpStatusCode.OK);

        Missing(
            secrets,
            "the answers",
            server.Answers.Where(a =>
                a != revealed
                && !(
                    shown.Contains(a)
                    && (
                        a.Contains(token, StringComparison.Ordinal) || a.Contains((string)generated["secretKey"]!, StringComparison.Ordinal)
                    )
                )
            )
        );
        Missing(secrets, "the log", server.Log.All);
        // the search itself works
        Assert.Contains(server.Log.All, l => l.Contains("word.enc.db", StringComparison.Ordinal));
        await server.Node.State.Writer.FlushAsync(TestContext.Current.CancellationToken);
        Missing(
            secrets,
            "the audit log",
            [await File.ReadAllTextAsync(Path.Combine(server.Data, "audit.log"), TestContext.Current.CancellationToken)]
        );
        foreach (
            var file in Directory
                .GetFiles(server.Data, "*", SearchOption.AllDirectories)
                .Concat(Directory.GetFiles(server.Nas, "*", SearchOption.AllDirectories))
        )
        {
            using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[open.Length];
            open.ReadExactly(bytes);
            Missing(secrets, file, [Encoding.Latin1.GetString(bytes)]);
            foreach (var key in (AgeIdentity[])[archiveKey, restoreKey, databaseKey])
            {
                Assert.True(bytes.AsSpan().IndexOf(Convert.FromBase64String(key.ToBase64())) < 0, $"a raw key is in {file}");
            }
        }

        Assert.Contains("state.db", Directory.GetFiles(server.Data).Select(Path.GetFileName));
        Missing(secrets, "the process list", ChildWatch.Processes());
    }

    private static void Missing(IEnumerable<string> secrets, string where, IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            foreach (var secret in secrets)
            {
                Assert.False(
                    text.Contains(secret, StringComparison.OrdinalIgnoreCase),
                    $"'{secret}' is in {where}: {(text.Length > 2000 ? "(long)" : text)}"
                );
            }
        }
    }

    /// <summary>Reads the command lines and environments of all processes repeatedly, because children live only briefly.</summary>
    private sealed class ChildWatch : IAsyncDisposable
    {
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _watching;

        public ChildWatch() =>
            _watching = Task.Run(() =>
            {
                do
                {
                    lock (_seen)
                    {
                        _seen.UnionWith(Processes());
                    }
                } while (!_stop.IsCancellationRequested);
            });

        public IEnumerable<string> Seen
        {
            get
            {
                lock (_seen)
                {
                    return [.. _seen];
                }
            }
        }

        public static IEnumerable<string> Processes()
        {
            foreach (var process in Directory.GetDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
            {
                foreach (var file in (string[])["cmdline", "environ"])
                {
                    string text;
                    try
                    {
                        text = File.ReadAllText(Path.Combine(process, file));
                    }
                    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                    {
                        continue; // it has ended, or belongs to another user
                    }

                    yield return text;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _watching;
            _stop.Dispose();
        }
    }
}
