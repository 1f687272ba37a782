using System.Net;
using System.Net.Http.Json;
using Holdfast.Api.Access;
using Holdfast.Server.Access.Sessions;
using Holdfast.Server.Access.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Server.Tests;

[Trait("Category", "Slow")]
public sealed class SessionTests
{
    private const string NewPassword = "a much better password";

    [Fact]
    public async Task The_first_start_creates_an_administrator_with_a_one_time_password_whose_file_is_deleted_after_the_change()
    {
        await using var server = await TestServer.StartAsync(adminToken: false);
        var file = Path.Combine(server.Data, "admin-password");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains(server.Log.All, l => l.Contains(file, StringComparison.Ordinal));
        var password = (await File.ReadAllTextAsync(file)).Trim();
        Assert.DoesNotContain(server.Log.All, l => l.Contains(password, StringComparison.Ordinal));

        using var client = server.Client();
        var session = await TestServer.JsonAsync(client.PostAsJsonAsync("/api/v1/session", new { user = "Admin", password }));
        Assert.Equal(("admin", "Admin", true), ((string?)session["user"], (string?)session["role"], (bool)session["mustChangePassword"]!));
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/users")).StatusCode);
        await TestServer.JsonAsync(
            client.PostAsJsonAsync("/api/v1/session/password", new { password, newPassword = password }),
            HttpStatusCode.BadRequest
        );
        await TestServer.JsonAsync(
            client.PostAsJsonAsync("/api/v1/session/password", new { password, newPassword = "short" }),
            HttpStatusCode.BadRequest
        );
        await TestServer.JsonAsync(
            client.PostAsJsonAsync("/api/v1/session/password", new { password = "wrong", newPassword = NewPassword }),
            HttpStatusCode.BadRequest
        );
        Assert.True(File.Exists(file));
        await TestServer.JsonAsync(client.PostAsJsonAsync("/api/v1/session/password", new { password, newPassword = NewPassword }));
        Assert.False(File.Exists(file));
        await TestServer.JsonAsync(client.GetAsync("/api/v1/users"));

        using var other = server.Client();
        await TestServer.JsonAsync(other.PostAsJsonAsync("/api/v1/session", new { user = "admin", password }), HttpStatusCode.Unauthorized);
        await TestServer.JsonAsync(other.PostAsJsonAsync("/api/v1/session", new { user = "admin", password = NewPassword }));
    }

    [Fact]
    public async Task A_session_survives_a_restart_and_a_lost_initial_password_is_replaced()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-server-").FullName;
        string cookie;
        await using (var server = await TestServer.StartAsync(folder: folder))
        {
            using var client = await server.SignInAsync("alice", Role.Viewer);
            cookie = (await client.PostAsJsonAsync("/api/v1/session", new { user = "alice", password = TestServer.Password }))
                .Headers.GetValues("Set-Cookie")
                .Single()
                .Split(';')[0];
            File.Delete(Path.Combine(server.Data, "admin-password"));
        }

        await using (var server = await TestServer.StartAsync(folder: folder))
        {
            using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = server.Address };
            client.DefaultRequestHeaders.Add("Cookie", cookie);
            Assert.Equal("alice", (string?)(await TestServer.JsonAsync(client.GetAsync("/api/v1/session")))["user"]);
            using var first = server.Client();
            await TestServer.JsonAsync(
                first.PostAsJsonAsync(
                    "/api/v1/session",
                    new { user = "admin", password = (await File.ReadAllTextAsync(Path.Combine(server.Data, "admin-password"))).Trim() }
                )
            );
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(Path.Combine(server.Data, "keys"))
            );
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Scripts_and_other_sites_cannot_use_the_cookie()
    {
        await using var server = await TestServer.StartAsync();
        await server.SignInAsync("alice", Role.Viewer);
        using var client = server.Client();
        var cookie = (await client.PostAsJsonAsync("/api/v1/session", new { user = "alice", password = TestServer.Password }))
            .Headers.GetValues("Set-Cookie")
            .Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_session_ends_after_twelve_hours_without_use()
    {
        var time = new FakeTimeProvider(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time);
        using var client = await server.SignInAsync("alice", Role.Viewer);
        time.Advance(TimeSpan.FromHours(11));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/session")).StatusCode);
        time.Advance(TimeSpan.FromHours(11));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/session")).StatusCode);
        time.Advance(TimeSpan.FromHours(12.1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/session")).StatusCode);
    }

    [Fact]
    public async Task Signing_out_removes_the_cookie()
    {
        await using var server = await TestServer.StartAsync();
        using var client = await server.SignInAsync("alice", Role.Viewer);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync("/api/v1/session")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/session")).StatusCode);
    }

    [Theory]
    [InlineData("role")]
    [InlineData("password")]
    [InlineData("disabled")]
    [InlineData("deleted")]
    [InlineData("deleted and made again")]
    public async Task Any_change_of_a_user_ends_the_sessions_at_once(string what)
    {
        await using var server = await TestServer.StartAsync();
        using var admin = server.Admin();
        using var client = await server.SignInAsync("bob", Role.Operator);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/session")).StatusCode);
        if (what.StartsWith("deleted", StringComparison.Ordinal))
        {
            Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync("/api/v1/users/bob")).StatusCode);
        }
        var body = what switch
        {
            "role" => new
            {
                role = "Viewer",
                password = (string?)null,
                disabled = false,
            },
            "password" or "deleted and made again" => new
            {
                role = "Operator",
                password = (string?)NewPassword,
                disabled = false,
            },
            _ => new
            {
                role = "Operator",
                password = (string?)null,
                disabled = true,
            },
        };
        if (what != "deleted")
        {
            Assert.True((await admin.PutAsJsonAsync("/api/v1/users/bob", body)).IsSuccessStatusCode);
        }
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/session")).StatusCode);
        if (what is "disabled" or "deleted")
        {
            using var again = server.Client();
            Assert.Equal(
                HttpStatusCode.Unauthorized,
                (await again.PostAsJsonAsync("/api/v1/session", new { user = "bob", password = TestServer.Password })).StatusCode
            );
        }
    }

    [Fact]
    public async Task Changing_the_own_password_keeps_this_session_and_ends_the_others()
    {
        await using var server = await TestServer.StartAsync();
        using var other = await server.SignInAsync("bob", Role.Operator);
        using var client = server.Client();
        await TestServer.JsonAsync(client.PostAsJsonAsync("/api/v1/session", new { user = "bob", password = TestServer.Password }));
        await TestServer.JsonAsync(
            client.PostAsJsonAsync("/api/v1/session/password", new { password = TestServer.Password, newPassword = NewPassword })
        );
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/session")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync("/api/v1/session")).StatusCode);
    }

    [Fact]
    public async Task Password_guessing_is_limited_per_user_and_a_success_resets_the_count()
    {
        var time = new FakeTimeProvider(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time);
        await server.SignInAsync("bob", Role.Viewer);
        using var client = server.Client();
        for (var i = 0; i < SignInLimiter.MaxAttemptsPerUser; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync("bob", "wrong")).StatusCode);
        }
        var limited = await SignInAsync("bob", TestServer.Password);
        Assert.Equal(HttpStatusCode.TooManyRequests, limited.StatusCode);
        Assert.Equal(SignInLimiter.Window, limited.Headers.RetryAfter!.Delta);
        Assert.Equal("too-many-attempts", (string?)(await TestServer.JsonAsync(limited, HttpStatusCode.TooManyRequests))["code"]);
        time.Advance(SignInLimiter.Window);
        for (var round = 0; round < 2; round++)
        {
            for (var i = 1; i < SignInLimiter.MaxAttemptsPerUser; i++)
            {
                Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync("bob", "wrong")).StatusCode);
            }
            Assert.Equal(HttpStatusCode.OK, (await SignInAsync("bob", TestServer.Password)).StatusCode);
        }

        Task<HttpResponseMessage> SignInAsync(string user, string password) =>
            client.PostAsJsonAsync("/api/v1/session", new { user, password });
    }

    [Fact]
    public void Password_guessing_for_many_users_is_limited_per_address_with_bounded_memory()
    {
        var time = new FakeTimeProvider();
        var limiter = new SignInLimiter(time);
        var address = IPAddress.Parse("2001:db8::1");
        for (var i = 0; i < SignInLimiter.MaxAttemptsPerAddress; i++)
        {
            limiter.RegisterAttempt(IPAddress.Parse($"2001:db8::{i:x}"), $"user{i}");
        }
        Assert.Throws<TooManyAttemptsException>(() => limiter.RegisterAttempt(address, "another"));
        limiter.RegisterAttempt(IPAddress.Parse("2001:db8:0:1::1"), "another");
        for (var i = 0; i < 50_000; i++)
        {
            limiter.RegisterAttempt(IPAddress.Parse($"2001:db8:{i:x}:2::1"), $"u{i}");
        }
        // not evicted by users with one attempt
        Assert.Throws<TooManyAttemptsException>(() => limiter.RegisterAttempt(address, "another"));
        time.Advance(SignInLimiter.Window);
        limiter.RegisterAttempt(address, "another");
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Origin", "https://evil.example", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Origin", "self", true)]
    [InlineData("X-Nothing", "x", true)]
    public async Task A_cross_site_request_of_a_browser_is_rejected(string header, string value, bool isAllowed)
    {
        await using var server = await TestServer.StartAsync();
        using var client = await server.SignInAsync("root", Role.Admin);
        client.DefaultRequestHeaders.Add(header, value == "self" ? server.Address.GetLeftPart(UriPartial.Authority) : value);
        Assert.Equal(
            isAllowed ? HttpStatusCode.Created : HttpStatusCode.Forbidden,
            (await client.PostAsJsonAsync("/api/v1/tokens", new { name = "x", role = "Viewer" })).StatusCode
        );
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/tokens")).StatusCode);
    }

    [Fact]
    public async Task The_last_administrator_cannot_be_deleted_disabled_or_demoted_even_by_concurrent_requests()
    {
        await using var server = await TestServer.StartAsync();
        using var token = server.Admin();
        var users = server.App.Services.GetRequiredService<UserStore>();
        using var first = await server.SignInAsync("first", Role.Admin);
        using var second = await server.SignInAsync("second", Role.Admin);
        Assert.Equal(HttpStatusCode.NoContent, (await token.DeleteAsync("/api/v1/users/admin")).StatusCode);
        var answers = await Task.WhenAll(first.DeleteAsync("/api/v1/users/second"), second.DeleteAsync("/api/v1/users/first"));
        Assert.Single(answers, a => a.IsSuccessStatusCode);
        var left = users.Users.Items.Single().Key;
        await TestServer.JsonAsync(token.DeleteAsync($"/api/v1/users/{left}"), HttpStatusCode.Conflict);
        await TestServer.JsonAsync(token.PutAsJsonAsync($"/api/v1/users/{left}", new { role = "Operator" }), HttpStatusCode.Conflict);
        await TestServer.JsonAsync(
            token.PutAsJsonAsync($"/api/v1/users/{left}", new { role = "Admin", disabled = true }),
            HttpStatusCode.Conflict
        );
    }

    [Fact]
    public async Task Until_the_initial_password_is_changed_the_server_only_answers_its_own_machine()
    {
        await using var server = await TestServer.StartAsync(more: b => b.Services.AddTransient<IStartupFilter, FarAway>());
        using var admin = server.Admin();
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.GetAsync("/api/v1/users")).StatusCode);
        var users = server.App.Services.GetRequiredService<UserStore>();
        var item = users.Find("admin")!;
        await users.PutAsync(users.WithPassword(item.Value, NewPassword, mustChange: false), item.Revision, CancellationToken.None);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/v1/users")).StatusCode);
    }

    private sealed class FarAway : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(inner =>
                    context =>
                    {
                        context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7");
                        return inner(context);
                    }
                );
                next(app);
            };
    }
}
