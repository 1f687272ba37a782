using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Holdfast.Api.Access;
using Holdfast.Server.Audit;

namespace Holdfast.Server.Tests;

public sealed class AuditTests
{
    [Fact]
    public async Task The_audit_log_lists_actions_newest_first_and_contains_no_secret()
    {
        await using var server = await TestServer.StartAsync();
        using var root = await server.SignInAsync("root", Role.Admin);
        using var viewer = await server.WithRoleAsync(Role.Viewer);
        using var nobody = server.Client();
        await nobody.PostAsJsonAsync("/api/v1/session", new { user = "hunter2-in-the-wrong-field", password = "hunter2" });
        await nobody.PostAsJsonAsync("/api/v1/session", new { user = "root", password = "hunter2-again" });
        await nobody.PostAsJsonAsync("/api/v1/tokens", new { name = "stranger", role = "Admin" });
        await root.PutAsJsonAsync("/api/v1/users/bob", new { role = "Viewer", password = "hunter2 hunter2 hunter2" });
        await viewer.DeleteAsync("/api/v1/users/bob");
        var token = (string)
            (
                await TestServer.JsonAsync(
                    root.PostAsJsonAsync("/api/v1/tokens", new { name = "ci", role = "Viewer" }),
                    HttpStatusCode.Created
                )
            )["token"]!;
        await root.GetAsync("/api/v1/users");

        var entries = (await TestServer.JsonAsync(root.GetAsync("/api/v1/audit")))["items"]!.AsArray();
        Assert.Equal(
            [
                "root|POST /api/v1/tokens||201",
                "token:test Viewer|DELETE /api/v1/users/{name}|name=bob|403",
                "root|PUT /api/v1/users/{name}|name=bob|201",
                "|sign-in|name=root|failed",
                "|sign-in|(unknown user)|failed",
                "|sign-in|name=root|ok",
            ],
            entries.Select(e => $"{e!["who"]}|{e["action"]!.ToString().TrimEnd('/')}|{e["subject"]}|{e["result"]}")
        );
        Assert.All(entries, e => Assert.Equal("127.0.0.1", (string?)e!["from"]));

        var file = Path.Combine(server.Data, "audit.log");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await server.StopAsync();
        var text = await File.ReadAllTextAsync(file);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.DoesNotContain(token, text, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Log.All, l =>
            l.Contains("hunter2", StringComparison.Ordinal) || l.Contains(token, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task The_log_is_read_in_pages_whatever_its_size()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-audit-");
        await using (var log = AuditLog.Open(Path.Combine(folder.FullName, "audit.log"), TimeProvider.System))
        {
            Assert.Empty((await log.ReadAsync(null, 10, null, CancellationToken.None)).Items);
            for (var i = 0; i < 700; i++)
            {
                await log.WriteAsync(
                    new(DateTimeOffset.UnixEpoch.AddSeconds(i), "x", null, $"{i}", new string('é', i), "ok"),
                    CancellationToken.None
                );
            }
            foreach (var limit in new[] { 1, 7, 100, 1000 })
            {
                var read = new List<string>();
                string? after = null;
                do
                {
                    var page = await log.ReadAsync(after, limit, null, CancellationToken.None);
                    read.AddRange(page.Items.Select(e => e.Action));
                    after = page.Next;
                } while (after is not null);
                Assert.Equal(Enumerable.Range(0, 700).Reverse().Select(i => $"{i}"), read);
            }

            await Assert.ThrowsAsync<Core.Errors.HoldfastException>(() => log.ReadAsync("999999999", 10, null, CancellationToken.None));
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_line_truncated_by_a_crash_affects_no_other_line()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-audit-");
        var path = Path.Combine(folder.FullName, "audit.log");
        for (var i = 0; i < 3; i++)
        {
            await using (var log = AuditLog.Open(path, TimeProvider.System))
            {
                await log.WriteAsync(new(DateTimeOffset.UnixEpoch, null, null, $"{i}", null, "ok"), CancellationToken.None);
            }
            await File.AppendAllTextAsync(path, """{"time":"2026-""");
        }

        await using (var log = AuditLog.Open(path, TimeProvider.System))
        {
            Assert.Equal(["2", "1", "0"], (await log.ReadAsync(null, 10, null, CancellationToken.None)).Items.Select(e => e.Action));
        }
        Assert.All(File.ReadAllLines(path), l =>
            Assert.True(l.EndsWith("2026-", StringComparison.Ordinal) || JsonNode.Parse(l) is not null)
        );
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_log_is_searched_in_parts()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-audit-");
        await using (var log = AuditLog.Open(Path.Combine(folder.FullName, "audit.log"), TimeProvider.System))
        {
            // About 10 MiB, of which one page searches 8.
            await log.WriteAsync(new(DateTimeOffset.UnixEpoch, "Bob", null, "DELETE", null, "204"), CancellationToken.None);
            await File.AppendAllTextAsync(
                Path.Combine(folder.FullName, "audit.log"),
                string.Concat(
                    Enumerable.Repeat(
                        $$"""{"time":"2026-11-27T00:00:00+00:00","who":"ann","from":null,"action":"{{new string('x', 400)}}","""
                            + """
                            "subject":null,"result":"ok"}

                            """,
                        21_000
                    )
                )
            );
            var first = await log.ReadAsync(null, 10, "bob", CancellationToken.None);
            Assert.Empty(first.Items);
            var second = await log.ReadAsync(first.Next, 10, "bob", CancellationToken.None);
            Assert.Equal("Bob", Assert.Single(second.Items).Who);
            Assert.Null(second.Next);
            Assert.Equal(10, (await log.ReadAsync(null, 10, "ANN", CancellationToken.None)).Items.Count);
        }

        folder.Delete(recursive: true);
    }
}
