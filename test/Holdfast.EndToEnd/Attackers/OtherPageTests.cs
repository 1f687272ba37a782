using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Attackers;

/// <summary>
/// A page on another port of the same host, opened by the Admin. Browsers send the session cookie with its requests,
/// because cookies ignore ports; the server rejects them.
/// </summary>
public sealed class OtherPageTests(OtherPageTests.Victim victim) : IClassFixture<OtherPageTests.Victim>
{
    [Theory]
    [InlineData("http://127.0.0.1:1", null)]
    [InlineData("http://localhost:8080", "same-site")]
    [InlineData("https://evil.example", "cross-site")]
    [InlineData("null", null)]
    public async Task A_WebSocket_of_another_page_is_rejected(string origin, string? site)
    {
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(origin, site));
        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_WebSocket_of_the_servers_page_is_accepted() =>
        await ConnectAsync(victim.Address.GetLeftPart(UriPartial.Authority), null);

    [Theory]
    [InlineData("GET", "_blazor/negotiate?negotiateVersion=1")]
    [InlineData("POST", "_blazor/negotiate?negotiateVersion=1")]
    [InlineData("GET", "_blazor?id=x")]
    [InlineData("GET", "_blazor/disconnect")]
    [InlineData("POST", "api/v1/tokens")]
    [InlineData("DELETE", "api/v1/destinations/nas")]
    public async Task Other_requests_of_another_page_are_rejected(string method, string path)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        using var request = new HttpRequestMessage(new(method), new Uri(victim.Address, path));
        request.Headers.Add("Cookie", victim.Cookie);
        request.Headers.Add("Origin", "http://127.0.0.1:1");
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private async Task ConnectAsync(string origin, string? site)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", victim.Cookie);
        socket.Options.SetRequestHeader("Origin", origin);
        if (site is not null)
        {
            socket.Options.SetRequestHeader("Sec-Fetch-Site", site);
        }
        await socket.ConnectAsync(
            new UriBuilder(victim.Address) { Scheme = "ws", Path = "/_blazor" }.Uri,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(WebSocketState.Open, socket.State);
    }

    /// <summary>A server and the session of its Admin.</summary>
    public sealed class Victim : IAsyncLifetime
    {
        private const string Password = "a long password for a test";

        private readonly Workspace _place = new();
        private ServerProcess _server = null!;
        private Cookie _session = null!;

        public Uri Address => _server.Address;

        public string Cookie => $"{_session.Name}={_session.Value}";

        public async ValueTask InitializeAsync()
        {
            Directory.CreateDirectory(_place.Destination);
            _place.Make("a.db");
            _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination);
            await _server.StartAsync();
            await _server.SendAsync(
                HttpMethod.Put,
                "users/owner",
                new JsonObject { ["role"] = "Admin", ["password"] = "the first, to be changed" }
            );
            var jar = new CookieContainer();
            using var client = new HttpClient(new SocketsHttpHandler { CookieContainer = jar })
            {
                BaseAddress = new(_server.Address, "api/v1/"),
            };
            await PostAsync("session", new { user = "owner", password = "the first, to be changed" });
            await PostAsync("session/password", new { password = "the first, to be changed", newPassword = Password });
            _session = jar.GetCookies(_server.Address).Single(c => c.Name == "holdfast-session");

            async Task PostAsync(string path, object body)
            {
                using var answer = await client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
                Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
            }
        }

        public ValueTask DisposeAsync()
        {
            _server.Dispose();
            _place.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
