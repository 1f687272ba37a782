using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Holdfast.Api.Access;
using Holdfast.Destinations.Local;
using Holdfast.Server.Access.Tokens;
using Holdfast.Server.Access.Users;
using Holdfast.Server.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Tests.Support;

/// <summary>A complete server in its own folder and on its own port.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    public const string AdminToken = "automation-token-0123456789-abcdefghij";

    private readonly bool _ownsFolder;

    private TestServer(WebApplication app, string folder, bool ownsFolder) =>
        (App, Folder, Log, _ownsFolder) = (app, folder, app.Services.GetRequiredService<LogLines>(), ownsFolder);

    public WebApplication App { get; }

    public string Folder { get; }

    public string Data => Path.Combine(Folder, "data");

    public Uri Address => new(App.Urls.Single());

    public LogLines Log { get; }

    public static async Task<TestServer> StartAsync(
        TimeProvider? time = null,
        string? folder = null,
        Action<WebApplication>? map = null,
        Action<WebApplicationBuilder>? more = null,
        bool adminToken = true,
        ServerConfig? config = null
    )
    {
        var path = folder ?? Directory.CreateTempSubdirectory("holdfast-server-").FullName;
        var tokenFile = Path.Combine(path, "admin-token");
        if (adminToken)
        {
            File.WriteAllText(tokenFile, AdminToken + "\n");
            File.SetUnixFileMode(tokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        config ??= new() { Listen = "http://127.0.0.1:0" };
        var options = new ServerOptions
        {
            Config = config,
            Engines = TestEngines.All,
            Destinations = [new LocalDestinationFactory(config.LocalRoots)],
            DataFolder = Path.Combine(path, "data"),
            AdminTokenFile = adminToken ? tokenFile : null,
            Time = time ?? TimeProvider.System,
        };
        var app = HoldfastServer.Build(options, builder =>
        {
            builder.Services.Configure<PasswordHasherOptions>(o => o.IterationCount = 1000);
            var log = new LogLines();
            builder.Services.AddSingleton(log);
            builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
            more?.Invoke(builder);
        });
        map?.Invoke(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app, path, folder is null);
    }

    /// <summary>An anonymous client that keeps cookies.</summary>
    public HttpClient Client() =>
        new(
            new SocketsHttpHandler
            {
                CookieContainer = new CookieContainer(),
                AllowAutoRedirect = false,
                Expect100ContinueTimeout = TimeSpan.FromMinutes(1), // a body must not be sent before the answer on a busy machine
            }
        )
        {
            BaseAddress = Address,
        };

    public HttpClient With(string token)
    {
        var client = Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public HttpClient Admin() => With(AdminToken);

    /// <summary>A client with a new token of this role.</summary>
    public async Task<HttpClient> WithRoleAsync(Role role) =>
        With(
            (
                await App.Services.GetRequiredService<TokenStore>().CreateAsync($"test {role}", role, null, "test", CancellationToken.None)
            ).Token
        );

    /// <summary>Creates a user who has chosen a password, and signs in.</summary>
    public async Task<HttpClient> SignInAsync(string name, Role role)
    {
        var users = App.Services.GetRequiredService<UserStore>();
        await users.PutAsync(users.New(name, role, Password) with { MustChangePassword = false }, null, CancellationToken.None);
        var client = Client();
        var answer = await client.PostAsJsonAsync("/api/v1/session", new { user = name, password = Password });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return client;
    }

    public static async Task<JsonNode> JsonAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode} instead of {(int)expected}: {text}");
        return JsonNode.Parse(text)!;
    }

    public static async Task<JsonNode> JsonAsync(Task<HttpResponseMessage> response, HttpStatusCode expected = HttpStatusCode.OK) =>
        await JsonAsync(await response, expected);

    public async Task StopAsync() => await App.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
