using System.Net;
using System.Text.RegularExpressions;

namespace Holdfast.Server.Tests;

public sealed class DescriptionTests
{
    [Fact]
    public async Task The_API_describes_itself_as_OpenAPI_3_1()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.Client();
        var document = await TestServer.JsonAsync(client.GetAsync("/api/v1/openapi.json"));
        Assert.StartsWith("3.1", (string)document["openapi"]!, StringComparison.Ordinal);
        Assert.NotNull(document["paths"]!["/api/v1/users/{name}"]!["put"]);
        Assert.Contains("Role: Admin.", (string)document["paths"]!["/api/v1/tokens"]!["post"]!["description"]!, StringComparison.Ordinal);
        Assert.Equal(
            ["Viewer", "Operator", "Admin"],
            document["components"]!["schemas"]!["Role"]!["enum"]!.AsArray().Select(v => (string)v!)
        );
    }

    [Fact]
    public async Task The_API_page_needs_no_other_server()
    {
        await using var server = await TestServer.StartAsync();
        using var client = new HttpClient { BaseAddress = server.Address };
        var answer = await client.GetAsync("/api");
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("connect-src 'self'", policy, StringComparison.Ordinal);
        var scripts = Regex.Matches(page, "<script([^>]*)>");
        Assert.NotEmpty(scripts);
        foreach (Match script in scripts)
        {
            Assert.Contains(
                Regex.Match(script.Value, "nonce=\"([^\"]+)\"").Groups[1].Value is { Length: > 0 } nonce
                    ? $"'nonce-{WebUtility.HtmlDecode(nonce)}'"
                    : "a nonce",
                policy,
                StringComparison.Ordinal
            );
            if (Regex.Match(script.Value, "src=\"([^\"]+)\"") is { Success: true } source)
            {
                Assert.Equal(
                    HttpStatusCode.OK,
                    (await client.GetAsync(new Uri(new Uri(server.Address, "/api/"), source.Groups[1].Value))).StatusCode
                );
            }
        }

        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
        Assert.Contains("\"withDefaultFonts\":false", page.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_has_security_headers_and_reveals_no_version()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.Client();
        foreach (var path in new[] { "/healthz", "/api/v1/users", "/nothing", "/api/v1/openapi.json" })
        {
            var answer = await client.GetAsync(path);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Contains(
                "frame-ancestors 'none'",
                answer.Headers.GetValues("Content-Security-Policy").Single(),
                StringComparison.Ordinal
            );
            Assert.Empty(answer.Headers.Server);
        }

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz")).StatusCode);
    }
}
