using System.Net;
using System.Net.Http.Json;
using Holdfast.Core.Errors;
using Holdfast.Server.Access.Tokens;
using Holdfast.Server.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Server.Tests;

public sealed class TokenTests
{
    [Fact]
    public async Task A_token_is_shown_once_works_until_it_is_deleted_and_only_its_hash_is_stored()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = server.Admin();
        var made = await TestServer.JsonAsync(
            admin.PostAsJsonAsync("/api/v1/tokens", new { name = "ci", role = "Operator" }),
            HttpStatusCode.Created
        );
        var token = (string)made["token"]!;
        using var client = server.With(token);
        var session = await TestServer.JsonAsync(client.GetAsync("/api/v1/session"));
        Assert.Equal(("ci", "Operator"), ((string?)session["user"], (string?)session["role"]));
        var list = await admin.GetStringAsync("/api/v1/tokens");
        Assert.Contains("\"ci\"", list, StringComparison.Ordinal);
        var secret = token.Split('_', 3)[2]; // it can contain the separator itself
        Assert.DoesNotContain(secret, list, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Log.All, l => l.Contains(secret, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/api/v1/tokens/{made["id"]}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/session")).StatusCode);
        await TestServer.JsonAsync(admin.DeleteAsync($"/api/v1/tokens/{made["id"]}"), HttpStatusCode.NotFound);

        await server.StopAsync();
        foreach (var file in Directory.EnumerateFiles(server.Data, "*", SearchOption.AllDirectories))
        {
            var text = await File.ReadAllTextAsync(file);
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
            Assert.DoesNotContain(TestServer.AdminToken, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_token_expires_and_records_its_last_use()
    {
        var time = new FakeTimeProvider(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time);
        using var admin = server.Admin();
        await TestServer.JsonAsync(
            admin.PostAsJsonAsync(
                "/api/v1/tokens",
                new
                {
                    name = "",
                    role = "Viewer",
                    expires = time.GetUtcNow(),
                }
            ),
            HttpStatusCode.BadRequest
        );
        var made = await TestServer.JsonAsync(
            admin.PostAsJsonAsync(
                "/api/v1/tokens",
                new
                {
                    name = "short",
                    role = "Viewer",
                    expires = time.GetUtcNow().AddHours(1),
                }
            ),
            HttpStatusCode.Created
        );
        using var client = server.With((string)made["token"]!);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/session")).StatusCode);
        var tokens = server.App.Services.GetRequiredService<TokenStore>();
        for (var i = 0; i < 1000 && tokens.Tokens.Find((string)made["id"]!)!.Value.LastUsed is null; i++)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
        Assert.Equal(time.GetUtcNow(), tokens.Tokens.Find((string)made["id"]!)!.Value.LastUsed);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/session")).StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("holdfast_")]
    [InlineData("holdfast_xxxxxxxxxxxx_!!!")]
    [InlineData("automation-token-0123456789-abcdefghi")]
    [InlineData("automation-token-0123456789-abcdefghijk")]
    public async Task An_invalid_token_is_rejected(string token)
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        var answer = await client.GetAsync("/api/v1/session");
        Assert.Equal("sign-in-needed", (string?)(await TestServer.JsonAsync(answer, HttpStatusCode.Unauthorized))["code"]);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead | UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void An_admin_token_file_that_others_can_read_is_rejected(UnixFileMode more)
    {
        using var folder = new TokenFile(TestServer.AdminToken, more);
        var failure = Assert.Throws<HoldfastException>(() =>
            HoldfastServer.Build(
                new ServerOptions
                {
                    Config = new ServerConfig(),
                    DataFolder = folder.Data,
                    AdminTokenFile = folder.Path,
                }
            )
        );
        Assert.Equal(ErrorCatalog.Usage, failure.Error);
        Assert.Contains("chmod 600", failure.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain(TestServer.AdminToken, failure.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Data));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("")]
    [InlineData("two lines of text that are long enough\nbut two")]
    public void An_admin_token_file_without_a_long_token_is_rejected(string text)
    {
        using var folder = new TokenFile(text);
        Assert.Equal(ErrorCatalog.Usage, Assert.Throws<HoldfastException>(() => AdminToken.Read(folder.Path)).Error);
        Assert.Equal(ErrorCatalog.NotFound, Assert.Throws<HoldfastException>(() => AdminToken.Read(folder.Path + ".none")).Error);
    }

    [Fact]
    public void An_admin_token_file_of_another_user_is_rejected()
    {
        // Only root can change the owner of a file.
        using var folder = new TokenFile(TestServer.AdminToken);
        if (Environment.UserName != "root")
        {
            return;
        }
        using (var chown = System.Diagnostics.Process.Start("chown", ["12345", folder.Path]))
        {
            chown.WaitForExit();
        }
        Assert.Contains("12345", Assert.Throws<HoldfastException>(() => AdminToken.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    private sealed class TokenFile : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-token-").FullName;

        public TokenFile(string text, UnixFileMode more = UnixFileMode.None)
        {
            File.WriteAllText(Path, text);
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
        }

        public string Path => System.IO.Path.Combine(_folder, "token");

        public string Data => System.IO.Path.Combine(_folder, "data");

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
