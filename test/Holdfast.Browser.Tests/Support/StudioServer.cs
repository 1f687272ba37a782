using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests.Support;

/// <summary>A server process with its own databases, and browser pages of its users.</summary>
internal sealed class StudioServer : IAsyncDisposable
{
    /// <summary>The password of all users.</summary>
    public const string Password = "a long password for a test";

    private readonly List<IBrowserContext> _contexts = [];

    private StudioServer(Workspace place, ServerProcess server) => (Place, Server) = (place, server);

    public Workspace Place { get; }

    public ServerProcess Server { get; }

    /// <summary>URL of the server.</summary>
    public Uri Address => Server.Address;

    /// <summary>Requests of any page to another host, and errors in the console of any page.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Hour of the day, in UTC, that is far from now: tasks with this schedule do not start by themselves during a test.</summary>
    public static int QuietHour { get; } = (DateTimeOffset.UtcNow.Hour + 12) % 24;

    /// <summary>Texts that its pages show only for a few seconds.</summary>
    public TransientTexts Transient { get; } = new();

    /// <summary>Starts a server.</summary>
    /// <param name="prepare">Creates the databases; by default <see cref="Samples"/>.</param>
    /// <param name="configure">Changes the configuration.</param>
    /// <param name="place">The workspace, which is disposed with the server; by default a new one.</param>
    /// <param name="before">Shell commands before the start of the server.</param>
    public static async Task<StudioServer> StartAsync(
        Action<Workspace>? prepare = null,
        Action<Workspace, JsonObject>? configure = null,
        Workspace? place = null,
        string? before = null
    )
    {
        place ??= new Workspace();
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
        if (before is not null)
        {
            studio.Server.Before = before;
        }
        await studio.Server.StartAsync();
        return studio;
    }

    /// <summary>Creates six databases.</summary>
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

    /// <summary>Defines a destination and a server-wide task that covers all databases. It runs only on request.</summary>
    public async Task ProtectAsync(string name = "nightly", string? fullBackup = null)
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
                ["fullBackup"] = fullBackup ?? $"0 {QuietHour} * * 0",
                ["incrementalBackup"] = $"0 {QuietHour} * * *",
                ["timeZone"] = "UTC",
                ["destinations"] = new JsonArray("nas"),
                ["retention"] = new JsonObject { ["minimumAgeDays"] = 14 },
            }
        );
    }

    /// <summary>Creates a regular task of a database; returns its id.</summary>
    public async Task<string> OrderTaskAsync(string database = "local/orders.db")
    {
        var created = await Server.SendAsync(
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
        return (string)created!["task"]!["id"]!;
    }

    /// <summary>Runs a server-wide task and waits until it has ended.</summary>
    public async Task RunAsync(string name = "nightly", string kind = "Full")
    {
        await Server.SendAsync(HttpMethod.Post, $"server-wide-backups/{name}/backup", new JsonObject { ["kind"] = kind });
        await Server.QuietAsync();
    }

    /// <summary>Opens a page for a signed-in user with a role.</summary>
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

    /// <summary>Opens a page for a user who is not signed in.</summary>
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
        await Transient.RecordAsync(context);
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(Chromium.TimeoutMilliseconds);
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

    /// <summary>Signs in a user with a role. Creates the user if necessary, and changes its first password.</summary>
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
