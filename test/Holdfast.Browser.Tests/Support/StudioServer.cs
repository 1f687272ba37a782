using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Holdfast.EndToEnd.Support;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests.Support;

/// <summary>A real server on databases of its own, and people who look at its pages.</summary>
internal sealed class StudioServer : IAsyncDisposable
{
    /// <summary>Everybody's password here.</summary>
    public const string Password = "a long password for a test";

    private readonly List<IBrowserContext> _contexts = [];

    private StudioServer(Workspace place, ServerProcess server) => (Place, Server) = (place, server);

    public Workspace Place { get; }

    public ServerProcess Server { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address => Server.Address;

    /// <summary>Requests that any page made to another host, and errors in any page's console.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Starts one, when the source has its databases.</summary>
    public static async Task<StudioServer> StartAsync(Action<Workspace>? prepare = null, Action<Workspace, JsonObject>? configure = null)
    {
        var place = new Workspace();
        Directory.CreateDirectory(place.Destination);
        if (prepare is not null)
        {
            prepare(place);
        }
        else
        {
            Samples(place);
        }
        var studio = new StudioServer(
            place,
            new(place.Root, $"{place.Root}/node", place.Source, place.Destination, configure: config => configure?.Invoke(place, config))
        );
        await studio.Server.StartAsync();
        return studio;
    }

    /// <summary>A few databases such as people have; one is encrypted.</summary>
    public static void Samples(Workspace place)
    {
        foreach (
            var (name, rows) in ((string, int)[])
                [
                    ("articles.db", 300),
                    ("orders.db", 900),
                    ("orders-2025.db", 1500),
                    ("tenants/ash.db", 40),
                    ("tenants/beech.db", 60),
                    ("tenants/cedar.db", 25),
                ]
        )
        {
            place.Make(name, rows, mode: "wal");
        }
    }

    /// <summary>A template that covers all, to one destination. Runs when it is told to.</summary>
    public async Task ProtectAsync(string name = "nightly", string fullBackup = "0 2 * * 0")
    {
        await Server.SendAsync(
            HttpMethod.Put,
            "destinations/nas",
            new JsonObject { ["kind"] = "local", ["path"] = $"{Place.Destination}/nas" }
        );
        await Server.SendAsync(
            HttpMethod.Put,
            $"server-wide-backups/{name}",
            new JsonObject
            {
                ["type"] = "Snapshot",
                ["fullBackup"] = fullBackup,
                ["incrementalBackup"] = "0 2 * * *",
                ["timeZone"] = "UTC",
                ["destinations"] = new JsonArray("nas"),
                ["retention"] = new JsonObject { ["minimumAgeDays"] = 14 },
            }
        );
    }

    /// <summary>A regular task of a database, in addition; returns its id.</summary>
    public async Task<string> OrderTaskAsync(string database = "local/orders.db")
    {
        var made = await Server.SendAsync(
            HttpMethod.Post,
            $"databases/{Uri.EscapeDataString(database)}/tasks",
            new JsonObject
            {
                ["name"] = "orders every hour",
                ["type"] = "Snapshot",
                ["incrementalBackup"] = "0 * * * *",
                ["timeZone"] = "UTC",
                ["destinations"] = new JsonArray("nas"),
                ["retention"] = new JsonObject { ["minimumAgeDays"] = 7 },
            }
        );
        return (string)made!["task"]!["id"]!;
    }

    /// <summary>Runs a template, to its end.</summary>
    public async Task RunAsync(string name = "nightly", string kind = "Full")
    {
        await Server.SendAsync(HttpMethod.Post, $"server-wide-backups/{name}/backup", new JsonObject { ["kind"] = kind });
        await Server.QuietAsync();
    }

    /// <summary>A page of somebody who is signed in with a role.</summary>
    public async Task<IPage> PageAsync(
        Chromium chromium,
        string role = "Admin",
        int width = 1280,
        int height = 800,
        bool dark = false,
        bool touch = false
    )
    {
        var cookie = await SignInAsync(role);
        var page = await StrangerAsync(chromium, width, height, dark, touch);
        await page.Context.AddCookiesAsync([
            new()
            {
                Name = cookie.Name,
                Value = cookie.Value,
                Domain = Address.Host,
                Path = "/",
                HttpOnly = true,
                SameSite = SameSiteAttribute.Strict,
            },
        ]);
        return page;
    }

    /// <summary>A page of somebody who is not signed in.</summary>
    public async Task<IPage> StrangerAsync(Chromium chromium, int width = 1280, int height = 800, bool dark = false, bool touch = false)
    {
        var context = await chromium.Browser.NewContextAsync(
            new()
            {
                BaseURL = Address.ToString(),
                ViewportSize = new() { Width = width, Height = height },
                ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
                HasTouch = touch,
                ReducedMotion = ReducedMotion.Reduce,
            }
        );
        _contexts.Add(context);
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(45_000);
        page.Request += (_, request) =>
        {
            if (
                Uri.TryCreate(request.Url, UriKind.Absolute, out var url)
                && url.Scheme is "http" or "https" or "ws" or "wss"
                && url.Authority != Address.Authority
            )
            {
                Complaints.Add($"request to {request.Url}");
            }
        };
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                Complaints.Add($"console: {message.Text}");
            }
        };
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var context in _contexts)
        {
            await context.DisposeAsync();
        }
        Server.Dispose();
        Place.Dispose();
    }

    /// <summary>Signs somebody of a role in: makes the user where it is new, and does what the first sign-in asks for.</summary>
    public async Task<System.Net.Cookie> SignInAsync(string role)
    {
        var name = role.ToLowerInvariant() + "-person";
        var jar = new CookieContainer();
        using var client = new HttpClient(new SocketsHttpHandler { CookieContainer = jar }) { BaseAddress = new(Address, "api/v1/") };
        const string First = "the first password, to be changed";
        if ((await Server.TryAsync(HttpMethod.Get, $"users/{name}"))?.IsSuccess != true)
        {
            await Server.SendAsync(HttpMethod.Put, $"users/{name}", new JsonObject { ["role"] = role, ["password"] = First });
            await PostAsync(client, "session", new { user = name, password = First });
            await PostAsync(client, "session/password", new { password = First, newPassword = Password });
        }
        else
        {
            await PostAsync(client, "session", new { user = name, password = Password });
        }

        return jar.GetCookies(Address).Single(c => c.Name == "holdfast-session");
    }

    private static async Task PostAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        Assert.True(
            answer.IsSuccessStatusCode,
            $"{path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}"
        );
    }
}
