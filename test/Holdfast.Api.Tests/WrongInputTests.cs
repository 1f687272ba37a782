using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.State;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Api.Tests;

/// <summary>Invalid input is answered with 4xx and every error by its field, and nothing is stored.</summary>
public sealed class WrongInputTests
{
    /// <summary>Invalid definitions of a task, and the fields that are reported.</summary>
    public static TheoryData<string, string[]> WrongDefinitions =>
        new()
        {
            { """{"type":"Snapshot","fullBackup":"61 * * * *","timeZone":"UTC","destinations":["nas"]}""", ["fullBackup"] },
            {
                """{"type":"Snapshot","fullBackup":"* * * *","incrementalBackup":"","timeZone":"UTC"}""",
                ["fullBackup", "incrementalBackup"]
            },
            { """{"type":"Snapshot","fullBackup":"0 0 30 2 *"}""", ["fullBackup"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *\u0000"}""", ["fullBackup"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","timeZone":"Mars/Olympus"}""", ["timeZone"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","timeZone":"../../etc/passwd"}""", ["timeZone"] },
            { """{"type":"Snapshot","destinations":["nas"]}""", ["fullBackup"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","retention":{"minimumAgeDays":0.99}}""", ["retention.minimumAgeDays"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","retention":{}}""", ["retention.minimumAgeDays"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","retention":{"minimumAgeDays":1e308}}""", ["retention.minimumAgeDays"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","retention":{"minimumAgeDays":-1e308}}""", ["retention.minimumAgeDays"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","retention":{"minimumAgeDays":1e999}}""", ["retention.minimumAgeDays"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","retention":{"minimumAgeDays":"NaN"}}""", ["retention.minimumAgeDays"] },
            {
                """
                    {
                      "type": "Snapshot", "fullBackup": "0 2 * * *", "destinations": ["nas"],
                      "retention": { "minimumAgeDays": 9, "destinations": { "usb": 9 } }
                    }
                    """,
                ["retention.destinations"]
            },
            {
                """
                    {
                      "type": "Snapshot", "fullBackup": "0 2 * * *", "destinations": ["nas"],
                      "retention": { "minimumAgeDays": 9, "destinations": { "nas": 0.9 } }
                    }
                    """,
                ["retention.destinations"]
            },
            {
                """
                    {
                      "type": "Snapshot", "fullBackup": "0 2 * * *", "destinations": ["nas"],
                      "retention": { "minimumAgeDays": 9, "destinations": { "nas": 1e308 } }
                    }
                    """,
                ["retention.destinations"]
            },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","spreadMinutes":-1}""", ["spreadMinutes"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","spreadMinutes":1440}""", ["spreadMinutes"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","spreadMinutes":1e999}""", ["spreadMinutes"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","destinations":["none","nas","nas",null," "]}""", ["destinations"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","name":"Server Wide Backup, x"}""", ["name"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","name":" "}""", ["name"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","name":"a\nb"}""", ["name"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","name":"a\u0000b"}""", ["name"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","encryption":{"mode":"Key","key":"short"}}""", ["encryption.key"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","encryption":{"mode":"None","key":"short"}}""", ["encryption.key"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","encryption":{"mode":"Recipients"}}""", ["encryption.recipients"] },
            {
                """{"type":"Snapshot","fullBackup":"0 2 * * *","encryption":{"mode":"Recipients","recipients":["age1x",null,""]}}""",
                ["encryption.recipients"]
            },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","preferredNode":"not a node"}""", ["preferredNode"] },
            // All errors at once.
            {
                """
                    {
                      "type": "Backup", "fullBackup": "x", "incrementalBackup": "y", "timeZone": "z",
                      "retention": { "minimumAgeDays": 0 }, "encryption": { "mode": "Recipients" }, "destinations": ["none"], "name": ""
                    }
                    """,
                ["destinations", "encryption.recipients", "fullBackup", "incrementalBackup", "name", "retention.minimumAgeDays", "timeZone"]
            },
            // Bodies that cannot be read: the field at which reading ended.
            { """{"type":"Whole","fullBackup":"0 2 * * *"}""", ["type"] },
            { """{"type":0,"fullBackup":"0 2 * * *"}""", ["type"] },
            { """{"fullBackup":"0 2 * * *"}""", ["type"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","fulBackup":"0 2 * * *"}""", ["fulBackup"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","encryption":{"mode":"Key","keys":"x"}}""", ["encryption.keys"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","fullBackup":"0 3 * * *"}""", ["fullBackup"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","destinations":null}""", ["destinations"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","destinations":"nas"}""", ["destinations"] },
            { """{"type":"Snapshot","fullBackup":"0 2 * * *","disabled":"yes"}""", ["disabled"] },
        };

    [Fact]
    public async Task An_invalid_definition_of_a_template_or_task_is_rejected_with_every_error_and_nothing_is_stored()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        (await server.PutTemplateAsync("nightly")).Is(HttpStatusCode.Created);
        var mine = (string)
            (await server.PostAsync($"{ApiServer.Database("a.db")}/tasks", ApiServer.Template(more: ("name", "mine")))).Json(
                HttpStatusCode.Created
            )["task"]!["id"]!;
        var before = await StoredAsync(server);
        foreach (var row in WrongDefinitions)
        {
            var (body, fields) = row.Data;
            Check(await server.PutAsync("server-wide-backups/nightly", body));
            Check(await server.PutAsync("server-wide-backups/new", body));
            Check(await server.PostAsync("server-wide-backups/new/preview", body));
            Check(await server.PutAsync($"{ApiServer.Database("a.db")}/tasks/{mine}", body));
            Assert.Equal(before, await StoredAsync(server));

            void Check(Answer answer)
            {
                try
                {
                    answer.HasErrors(fields);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"{body}: {answer.Text}", e);
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("1")]
    [InlineData("{}x")]
    [InlineData("\u0000")]
    public async Task An_empty_body_or_one_that_is_not_an_object_is_rejected_by_every_endpoint_that_needs_one(string body)
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var before = await StoredAsync(server);
        foreach (
            var (method, path) in (IEnumerable<(HttpMethod, string)>)
                [
                    (HttpMethod.Put, "server-wide-backups/new"),
                    (HttpMethod.Post, "server-wide-backups/new/preview"),
                    (HttpMethod.Post, $"{ApiServer.Database("a.db")}/tasks"),
                    (HttpMethod.Put, "destinations/new"),
                    (HttpMethod.Put, $"{ApiServer.Database("a.db")}/key"),
                    (HttpMethod.Post, "restores"),
                    (HttpMethod.Post, "backups/check"),
                    (HttpMethod.Put, "users/new"),
                    (HttpMethod.Post, "tokens"),
                    (HttpMethod.Post, "operations/1/delay"),
                    (HttpMethod.Post, $"{ApiServer.Database("a.db")}/backup"),
                ]
        )
        {
            (await server.SendAsync(method, path, new StringContent(body, Encoding.UTF8, "application/json"))).Problem(400, "usage");
            var other = await server.SendAsync(method, path, new StringContent("{}", Encoding.UTF8, "text/plain"));
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, other.Status);
        }

        Assert.Equal(before, await StoredAsync(server));
    }

    [Fact]
    public async Task A_body_of_10_MB_a_deeply_nested_one_and_5000_exclusions_are_rejected()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var before = await StoredAsync(server);
        var large = new ByteArrayContent(new byte[10 << 20]);
        large.Headers.ContentType = new("application/json");
        using var patient = server.With(ApiServer.AdminToken);
        patient.DefaultRequestHeaders.ExpectContinue = true; // the answer arrives before the body is sent
        (await server.SendAsync(HttpMethod.Put, "server-wide-backups/new", large, client: patient)).Problem(413, "usage");
        var chunked = new StreamContent(new MemoryStream(Encoding.ASCII.GetBytes(new string(' ', (1 << 20) + 1))));
        chunked.Headers.ContentType = new("application/json");
        using var streaming = server.With(ApiServer.AdminToken);
        streaming.DefaultRequestHeaders.TransferEncodingChunked = true;
        (await server.SendAsync(HttpMethod.Put, "server-wide-backups/new", chunked, client: streaming)).Problem(413, "usage");
        (await server.PutAsync("server-wide-backups/new", new string('[', 100_000))).Problem(400, "usage");
        (
            await server.PutTemplateAsync(
                "new",
                ApiServer.Template(
                    more: ("excluded", new JsonArray([.. Enumerable.Range(0, 5000).Select(i => JsonValue.Create($"demo/tmp{i}"))]))
                )
            )
        ).HasErrors("excluded");
        (await server.PutTemplateAsync("new", ApiServer.Template(more: ("excluded", new JsonArray(new string('x', 2000)))))).HasErrors(
            "excluded"
        );
        (
            await server.PutTemplateAsync(
                "new",
                ApiServer.Template(
                    more: ("destinations", new JsonArray([.. Enumerable.Range(0, 5000).Select(i => JsonValue.Create($"d{i}"))]))
                )
            )
        ).HasErrors("destinations");
        (await server.PutTemplateAsync(new string('n', 200))).HasErrors("name");
        Assert.Equal(before, await StoredAsync(server));
        (
            await server.PutTemplateAsync(
                "new",
                ApiServer.Template(
                    more: ("excluded", new JsonArray([.. Enumerable.Range(0, 1000).Select(i => JsonValue.Create($"demo/tmp{i}*"))]))
                )
            )
        ).Is(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_destination_outside_of_the_allowed_roots_or_of_an_unknown_kind_is_rejected()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        File.CreateSymbolicLink(Path.Combine(server.Root, "out"), "/var");
        var before = await StoredAsync(server);
        foreach (
            var path in (string?[])
                [
                    "/",
                    "/etc",
                    $"{server.Root}/../other",
                    $"{server.Root}x",
                    $"{server.Root}/out/lib",
                    "relative",
                    "",
                    " ",
                    null,
                    "/a\0b",
                    $"{server.Root}/\0",
                ]
        )
        {
            (await server.PutAsync("destinations/new", new { kind = "local", path })).HasErrors("path");
        }

        (await server.PutAsync("destinations/new", new { kind = "ftp", path = server.Nas })).HasErrors("kind");
        (await server.PutAsync("destinations/new", new { kind = (string?)null, path = server.Nas })).HasErrors("kind");
        (await server.PutAsync("destinations/new", """{"path":"/x"}""")).HasErrors("kind");
        (
            await server.PutAsync(
                "destinations/new",
                new
                {
                    kind = "local",
                    path = server.Nas,
                    command = "rm",
                }
            )
        ).HasErrors("command");
        foreach (var name in (string[])["a b", "..%2f..", "a%2Fb", "%0A", "-x", new string('n', 65)])
        {
            (await server.PutAsync($"destinations/{name}", new { kind = "local", path = "/etc" })).HasErrors("name", "path");
        }
        Assert.Equal(before, await StoredAsync(server));
    }

    [Fact]
    public async Task Ids_in_paths_are_data_whatever_they_contain()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var before = await StoredAsync(server);
        foreach (
            var id in (string[])
                [
                    "demo%2F..%2Fa.db",
                    "demo%2F%2e%2e%2F%2e%2e%2Fetc%2Fpasswd",
                    "..%2F..",
                    "demo%2Fa.db%0A",
                    "demo%2Fa.db%20",
                    "demo%252Fa.db",
                    "demo%2Fa%25.db",
                    "%25",
                    "demo%2F",
                    "%2Fa.db",
                    "demo",
                    "*",
                    "demo%2F*",
                    "demo%2Fa.d%3F",
                    "%F0%9F%92%BE",
                    new string('x', 3000),
                ]
        )
        {
            foreach (
                var (method, path, body) in ((HttpMethod, string, string?)[])
                    [
                        (HttpMethod.Get, "", null),
                        (HttpMethod.Delete, "", null),
                        (HttpMethod.Get, "/tasks", null),
                        (HttpMethod.Post, "/tasks", ApiServer.Template(more: ("name", "mine")).ToJsonString()),
                        (HttpMethod.Get, "/tasks/x", null),
                        (HttpMethod.Put, "/tasks/x", ApiServer.Template().ToJsonString()),
                        (HttpMethod.Delete, "/tasks/x", null),
                        (HttpMethod.Post, "/tasks/x/backup", null),
                        (HttpMethod.Post, "/backup", """{"destinations":["nas"]}"""),
                        (HttpMethod.Delete, "/key", null),
                        (HttpMethod.Post, "/tasks/x/key", null),
                    ]
            )
            {
                var answer = await server.SendAsync(
                    method,
                    $"databases/{id}{path}",
                    body is null ? null : new StringContent(body, Encoding.UTF8, "application/json")
                );
                Assert.True((int)answer.Status is 404 or 400, $"{method} {id}{path}: {(int)answer.Status} {answer.Text}");
            }
        }

        foreach (
            var id in (string[])
                ["demo%2F..%2Fa.db", "demo%2Fa.db%0A", "demo", "%20%2Fa", "demo%2F", "d%01emo%2Fx", $"demo%2F{new string('x', 2000)}"]
        )
        {
            (await server.PutAsync($"databases/{id}/key", new { passphrase = "x" })).HasErrors("id");
        }
        foreach (
            var path in (string[])
                ["databases/demo%2Fa%00.db", "databases/%00", "server-wide-backups/%00", "operations/%00", "destinations/a%00"]
        )
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await server.GetAsync(path)).Status);
        }
        foreach (
            var path in (string[])
                [
                    "operations/%2e%2e%2fx",
                    "operations/%0a",
                    "operations/x/log",
                    "destinations/x",
                    "server-wide-backups/%25",
                    "server-wide-backups/x",
                    "tokens/x",
                    "users/x%2f",
                ]
        )
        {
            Assert.True((int)(await server.GetAsync(path)).Status is 404 or 405, path);
        }
        foreach (var path in (string[])["destinations/x%0a", "server-wide-backups/x", "users/x", "tokens/x", "databases/x"])
        {
            (await server.DeleteAsync(path)).Problem(404, "not-found");
        }
        (await server.PostAsync("sources/none/discover")).Problem(404, "not-found");
        (await server.PostAsync("destinations/none/test")).Problem(404, "not-found");
        Assert.Equal(before, await StoredAsync(server));

        (await server.PutTemplateAsync("dots", ApiServer.Template(more: ("name", "..")))).HasErrors("name"); // it could not be addressed

        // A percent sign, a space and a line break are part of an existing name.
        foreach (var name in (string[])["50%", "a b", "a/b", "ä€", "%2F", "...", "a?b#c"])
        {
            var saved = (await server.PutTemplateAsync(name)).Json(HttpStatusCode.Created);
            Assert.Equal(name, (string?)saved["name"]);
            Assert.Equal(
                (string)saved["id"]!,
                (string?)(await server.GetAsync($"server-wide-backups/{Uri.EscapeDataString(name)}")).Json()["id"]
            );
            (await server.DeleteAsync($"server-wide-backups/{Uri.EscapeDataString(name)}")).Is(HttpStatusCode.NoContent);
        }
    }

    [Fact]
    public async Task An_invalid_query_parameter_is_named()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        foreach (
            var (path, field) in ((string, string)[])
                [
                    ("databases?limit=x", "limit"),
                    ("databases?limit=0", "limit"),
                    ("databases?limit=1001", "limit"),
                    ("databases?limit=99999999999", "limit"),
                    ("databases?state=Happy", "state"),
                    ("operations?limit=-1", "limit"),
                    ("operations?kind=Dance", "kind"),
                    ("operations?kind=77", "kind"),
                    ("operations?state=7e7", "state"),
                    ("operations?state=99", "state"),
                    ("audit?limit=0", "limit"),
                    ("backups", "from"),
                    ("backups?from=", "from"),
                ]
        )
        {
            var answer = await server.GetAsync(path);
            Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{path}: {answer.Text}");
            answer.HasErrors(field);
        }
    }

    // Everything that operators can define.
    private static async Task<string> StoredAsync(ApiServer server)
    {
        var store = server.Services.GetRequiredService<IStateStore>();
        var entries = new List<string>();
        foreach (var prefix in (string[])["templates/", "tasks/", "destinations/", "secrets/", "users/", "tokens/"])
        {
            var range = await store.RangeAsync(prefix, TestContext.Current.CancellationToken);
            entries.AddRange(range.Entries.Select(e => $"{e.Key} {e.ModRevision}"));
        }

        return string.Join('\n', entries);
    }
}
