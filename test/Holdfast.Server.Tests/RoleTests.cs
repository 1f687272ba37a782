using System.Net;
using Holdfast.Api.Access;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Tests;

/// <summary>Tests all endpoints, including those added later.</summary>
public sealed class RoleTests
{
    // Endpoints that need no authentication, each with the reason.
    private static readonly Dictionary<string, string> Open = new(StringComparer.Ordinal)
    {
        ["POST /api/v1/session"] = "signing in",
        ["GET /api/v1/openapi.json"] = "the API's description, the same for everybody",
    };

    [Fact]
    public async Task Every_endpoint_refuses_strangers_and_the_role_below_the_one_it_needs()
    {
        await using var server = await TestServer.StartAsync();
        using var stranger = server.Client();
        using var wrongToken = server.With("holdfast_000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        var clients = new Dictionary<Role, HttpClient>();
        foreach (var role in Enum.GetValues<Role>())
        {
            clients[role] = await server.WithRoleAsync(role);
        }
        var walked = 0;
        foreach (var (endpoint, method) in Endpoints(server.App))
        {
            var name = $"{method} {endpoint.RoutePattern.RawText!.TrimEnd('/')}";
            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            {
                // the page that shows the API
                var isPage = !endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("api/v1", StringComparison.Ordinal);
                Assert.True(isPage || Open.ContainsKey(name), $"{name} is open to anybody; if that is right, say why here.");
                continue;
            }

            var needed = endpoint.Metadata.GetOrderedMetadata<RequiredRoleMetadata>();
            Assert.True(needed.Count > 0, $"{name} says nothing of who may call it, so nobody may: add .RequireRole(…).");
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(stranger, endpoint, method));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(wrongToken, endpoint, method));
            var role = needed.Max(n => n.Role);
            if (role > Role.Viewer)
            {
                Assert.True(
                    await StatusAsync(clients[role - 1], endpoint, method) == HttpStatusCode.Forbidden,
                    $"{name} needs {role}, and {role - 1} was let in."
                );
            }
            if (method == "GET")
            {
                Assert.False(
                    await StatusAsync(clients[role], endpoint, method) is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden,
                    $"{name} needs {role}, and refuses it."
                );
            }
            walked++;
        }

        Assert.True(walked >= 10, $"Only {walked} endpoints were found.");
        foreach (var client in clients.Values)
        {
            client.Dispose();
        }
    }

    [Fact]
    public async Task An_endpoint_without_a_role_is_denied_to_everybody()
    {
        await using var server = await TestServer.StartAsync(map: app => app.MapGet("/api/v1/forgotten", () => "secret"));
        using var stranger = server.Client();
        using var admin = server.Admin();
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/v1/forgotten")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.GetAsync("/api/v1/forgotten")).StatusCode);
    }

    [Fact]
    public async Task A_user_who_must_change_the_password_can_do_nothing_else()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.Client();
        var password = (await File.ReadAllTextAsync(Path.Combine(server.Data, "admin-password"))).Trim();
        var session = await TestServer.JsonAsync(
            client.PostAsync("/api/v1/session", System.Net.Http.Json.JsonContent.Create(new { user = "admin", password }))
        );
        Assert.True((bool)session["mustChangePassword"]!);
        foreach (
            var (endpoint, method) in Endpoints(server.App)
                .Where(e =>
                    e.Endpoint.Metadata.GetOrderedMetadata<RequiredRoleMetadata>() is { Count: > 0 } needed
                    && !needed.Any(n => n.BeforePasswordChange)
                )
        )
        {
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, endpoint, method));
        }
    }

    private static IEnumerable<(RouteEndpoint Endpoint, string Method)> Endpoints(WebApplication app) =>
        from source in ((IEndpointRouteBuilder)app).DataSources
        from endpoint in source.Endpoints.OfType<RouteEndpoint>()
        where endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("api", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (endpoint, method);

    // Reads only the headers: an event stream has no end.
    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, RouteEndpoint endpoint, string method)
    {
        var path = string.Concat(
            endpoint.RoutePattern.PathSegments.Select(segment =>
                "/"
                + string.Concat(
                    segment.Parts.Select(part =>
                        part switch
                        {
                            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
                            Microsoft.AspNetCore.Routing.Patterns.RoutePatternSeparatorPart separator => separator.Content,
                            _ => "1",
                        }
                    )
                )
            )
        );
        using var request = new HttpRequestMessage(new(method), path);
        using var response = await client.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        return response.StatusCode;
    }
}
