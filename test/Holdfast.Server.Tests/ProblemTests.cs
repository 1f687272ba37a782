using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;

namespace Holdfast.Server.Tests;

[Trait("Category", "Slow")]
public sealed class ProblemTests
{
    [Fact]
    public async Task A_failure_has_a_code_and_a_hint()
    {
        await using var server = await TestServer.StartAsync(map: app =>
            app.MapGet("/api/v1/fails", string () =>
                    throw new HoldfastException(ErrorCatalog.DestinationFull, "'nas' is full.", "Make room.")
                )
                .RequireRole(Role.Viewer)
        );
        using var client = server.Admin();
        var answer = await client.GetAsync("/api/v1/fails");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = await TestServer.JsonAsync(answer, HttpStatusCode.InsufficientStorage);
        Assert.Equal(
            ("destination-full", "'nas' is full.", "Make room.", 507),
            ((string?)problem["code"], (string?)problem["detail"], (string?)problem["hint"], (int)problem["status"]!)
        );
    }

    [Fact]
    public async Task Every_error_of_a_request_is_reported()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.Admin();
        var problem = await TestServer.JsonAsync(
            client.PutAsJsonAsync("/api/v1/users/-bad", new { role = "Viewer", password = "x" }),
            HttpStatusCode.BadRequest
        );
        Assert.Equal(["name", "password"], problem["errors"]!.AsArray().Select(e => (string)e!["field"]!));
        Assert.All(problem["errors"]!.AsArray(), e => Assert.True(e!["message"] is not null && e["hint"] is not null));
    }

    [Fact]
    public async Task An_unexpected_exception_is_answered_without_internals_and_logged_once()
    {
        await using var server = await TestServer.StartAsync(map: app =>
            app.MapGet("/api/v1/breaks", string () => throw new InvalidOperationException("internal detail")).RequireRole(Role.Viewer)
        );
        using var client = server.Admin();
        var answer = await client.GetAsync("/api/v1/breaks");
        Assert.DoesNotContain("internal detail", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var problem = await TestServer.JsonAsync(answer, HttpStatusCode.InternalServerError);
        Assert.Contains(
            (string)problem["traceId"]!,
            Assert.Single(server.Log.All, l => l.Contains("internal detail", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("{", 400)]
    [InlineData("null", 400)]
    [InlineData("[]", 400)]
    [InlineData("{}", 400)]
    [InlineData("""{ "name": "x", "role": "Boss hunter2" }""", 400)]
    [InlineData("""{ "name": "x", "role": 1 }""", 400)]
    [InlineData("""{ "name": "x", "name": "y", "role": "Viewer" }""", 400)]
    [InlineData("""{ "name": null, "role": "Viewer" }""", 400)]
    [InlineData("""{ "name": "x", "role": "Viewer", "rolle": "hunter2" }""", 400)]
    [InlineData("""{ "name": "x", "role": "Viewer", "expires": "hunter2" }""", 400)]
    [InlineData("""{ "name": hunter2 }""", 400)]
    public async Task The_problem_of_an_invalid_body_does_not_repeat_its_contents(string body, int status)
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.Admin();
        var answer = await client.PostAsync("/api/v1/tokens", new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Holdfast.", text, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Log.All, l =>
            l.Contains("hunter2", StringComparison.Ordinal)
            && !l.StartsWith("Trace", StringComparison.Ordinal)
            && !l.StartsWith("Debug", StringComparison.Ordinal)
        );
        Assert.Equal("usage", (string?)(await TestServer.JsonAsync(answer, (HttpStatusCode)status))["code"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_above_one_MiB_is_rejected_even_without_a_length(bool hasLength)
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.Admin();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tokens")
        {
            Content = new StringContent(
                $$"""{ "name": "{{new string('x', (hasLength ? 10 : 1) << 20)}}", "role": "Viewer" }""",
                Encoding.UTF8,
                "application/json"
            ),
        };
        request.Headers.TransferEncodingChunked = !hasLength;
        // With Expect, the answer precedes the body; without a length, the server answers after the limit.
        request.Headers.ExpectContinue = hasLength;
        var answer = await client.SendAsync(request);
        Assert.Equal("usage", (string?)(await TestServer.JsonAsync(answer, HttpStatusCode.RequestEntityTooLarge))["code"]);
    }

    [Fact]
    public async Task Answers_with_only_a_status_are_problems_too()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.Admin();
        Assert.Equal(
            "not-found",
            (string?)(await TestServer.JsonAsync(client.GetAsync("/api/v1/nothing"), HttpStatusCode.NotFound))["code"]
        );
        Assert.Equal(
            "usage",
            (string?)(await TestServer.JsonAsync(client.PatchAsync("/api/v1/tokens", null), HttpStatusCode.MethodNotAllowed))["code"]
        );
        using var text = new StringContent("x", MediaTypeHeaderValue.Parse("text/plain"));
        Assert.Equal(
            "usage",
            (string?)(await TestServer.JsonAsync(client.PostAsync("/api/v1/tokens", text), HttpStatusCode.UnsupportedMediaType))["code"]
        );
        Assert.Equal(
            "usage",
            (string?)(await TestServer.JsonAsync(client.GetAsync("/api/v1/audit?limit=many"), HttpStatusCode.BadRequest))["code"]
        );
    }

    [Fact]
    public async Task The_second_of_two_edits_is_refused_with_the_current_state()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.Admin();
        var made = await client.PutAsJsonAsync("/api/v1/users/bob", new { role = "Viewer", password = TestServer.Password });
        var tag = made.Headers.ETag!.Tag;
        Assert.Equal(tag, (await client.GetAsync("/api/v1/users/bob")).Headers.ETag!.Tag);
        var first = await PutAsync(tag, "Operator");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        var second = await PutAsync(tag, "Admin");
        var problem = await TestServer.JsonAsync(second, HttpStatusCode.PreconditionFailed);
        Assert.Equal(("conflict", "Operator"), ((string?)problem["code"], (string?)problem["current"]!["role"]));
        Assert.Equal(first.Headers.ETag!.Tag, (string?)problem["etag"]);
        Assert.DoesNotContain("asswordHash", problem.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await PutAsync("\"rubbish\"", "Admin")).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await PutAsync(null, "Admin", isNew: true)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(null, "Viewer")).StatusCode);
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/users/bob");
        delete.Headers.TryAddWithoutValidation("If-Match", tag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await client.SendAsync(delete)).StatusCode);

        Task<HttpResponseMessage> PutAsync(string? ifMatch, string role, bool isNew = false)
        {
            var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/users/bob") { Content = JsonContent.Create(new { role }) };
            if (ifMatch is not null)
            {
                request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
            }
            if (isNew)
            {
                request.Headers.TryAddWithoutValidation("If-None-Match", "*");
            }
            return client.SendAsync(request);
        }
    }
}
