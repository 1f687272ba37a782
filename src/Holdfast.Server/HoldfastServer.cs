using System.Reflection;
using Holdfast.Api;
using Holdfast.Api.Events;
using Holdfast.Api.InProcess;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Engines;
using Holdfast.Node;
using Holdfast.Node.Operations;
using Holdfast.Server.Access;
using Holdfast.Server.Access.Sessions;
using Holdfast.Server.Access.Tokens;
using Holdfast.Server.Audit;
using Holdfast.Server.Configuration;
using Holdfast.Server.Endpoints.Access;
using Holdfast.Server.Endpoints.Alerts;
using Holdfast.Server.Endpoints.Backups;
using Holdfast.Server.Endpoints.Cluster;
using Holdfast.Server.Endpoints.Databases;
using Holdfast.Server.Endpoints.Destinations;
using Holdfast.Server.Endpoints.Kinds;
using Holdfast.Server.Endpoints.Operations;
using Holdfast.Server.Endpoints.Retention;
using Holdfast.Server.Endpoints.Runs;
using Holdfast.Server.Endpoints.ServerInfo;
using Holdfast.Server.Endpoints.ServerWideBackups;
using Holdfast.Server.Endpoints.Shared;
using Holdfast.Server.Endpoints.Sources;
using Holdfast.Server.Endpoints.Tasks;
using Holdfast.Server.Events;
using Holdfast.Server.Files;
using Holdfast.Server.Hosting;
using Holdfast.Server.InProcess;
using Holdfast.Server.Metrics;
using Holdfast.Server.Notifications;
using Holdfast.Server.Problems;
using Holdfast.State;
using Holdfast.State.Embedded;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server;

/// <summary>Composes the server: state, access, API.</summary>
public static class HoldfastServer
{
    /// <summary>Maximum size of a request body, in bytes.</summary>
    public const int MaxBodyBytes = 1 << 20;

    /// <summary>How long the session of a user lasts after its last request.</summary>
    public static readonly TimeSpan SessionLength = TimeSpan.FromHours(12);

    /// <summary>Version of the server.</summary>
    public static string Version { get; } =
        (typeof(HoldfastServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split(
            '+'
        )[0];

    /// <summary>Opens the state before anything is started, so that a failure is reported in one sentence.</summary>
    /// <exception cref="HoldfastException">The state cannot be opened.</exception>
    public static void OpenState(WebApplication server) => server.Services.GetRequiredService<IStateStore>();

    /// <summary>Builds the server, which opens the state and listens when it is started. The caller disposes it asynchronously.</summary>
    /// <param name="options">Options of the command line, and the configuration.</param>
    /// <param name="more">Adds or replaces services, after all others.</param>
    /// <exception cref="HoldfastException">The data folder or the admin token file cannot be used.</exception>
    public static WebApplication Build(ServerOptions options, Action<WebApplicationBuilder>? more = null)
    {
        var data = new DataFolder(options.DataFolder);
        var adminToken = options.AdminTokenFile is null ? AdminToken.None : AdminToken.Read(options.AdminTokenFile);
        data.Create();

        // The usual builder reads settings from the current folder and the environment, which could change the listen address.
        var builder = WebApplication.CreateEmptyBuilder(
            new()
            {
                ApplicationName = "holdfast",
                EnvironmentName = Environments.Production,
                ContentRootPath = AppContext.BaseDirectory,
            }
        );
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => KestrelConfigurator.Configure(kestrel, options.Config));
        AddLogging(builder.Logging);
        AddHosting(builder.Services, options);
        AddState(builder.Services, options, data);
        builder.Services.AddAccess(data, adminToken);
        AddNode(builder.Services, options);
        AddApi(builder.Services);
        more?.Invoke(builder);

        var app = builder.Build();
        UsePipeline(app);
        app.MapHealth();
        app.MapMetrics();
        app.MapOpenApiDescription();
        MapApi(app.MapGroup(ApiRoutes.BasePath));
        return app;
    }

    // Each area of the API has one line here. Its services are registered above.
    private static void MapApi(RouteGroupBuilder api)
    {
        api.MapSession();
        api.MapUsers();
        api.MapTokens();
        api.MapAudit();
        api.MapKinds();
        api.MapSources();
        api.MapDestinations();
        api.MapCatalog();
        api.MapServerWideBackups();
        api.MapDatabases();
        api.MapDatabaseKeys();
        api.MapTasks();
        api.MapBackups();
        api.MapOperations();
        api.MapRuns();
        api.MapRetention();
        api.MapAlerts();
        api.MapCluster();
        api.MapEvents();
        api.MapServer();
    }

    private static void AddLogging(ILoggingBuilder logging) =>
        logging
            .AddSimpleConsole(o => (o.SingleLine, o.TimestampFormat, o.UseUtcTimestamp) = (true, "yyyy-MM-dd HH:mm:ss'Z' ", true))
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information)
            // it warns that its keys are not encrypted; only this user can read their folder
            .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);

    private static void AddHosting(IServiceCollection services, ServerOptions options)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 })
        {
            // Notifies the service manager when the server is ready and when it stops. (AddSystemd would require the parent
            // process to be named systemd.)
            services.AddSingleton<ISystemdNotifier, SystemdNotifier>().AddSingleton<IHostLifetime, SystemdLifetime>();
        }

        // interrupted backups need some time to end
        services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(options.Config.Limits.GraceSeconds + 15));
        services.AddSingleton(options.Time).AddSingleton(options.Config);
    }

    private static void AddState(IServiceCollection services, ServerOptions options, DataFolder data)
    {
        services.AddSingleton(data);
        var traces = data.FindExistingStateFiles();
        services.AddSingleton(_ =>
            EmbeddedStateStore.OpenAsync(data.State, traces, options.Time, CancellationToken.None).GetAwaiter().GetResult()
        ); // the container creates services synchronously
        services.AddSingleton<IStateStore>(s => s.GetRequiredService<EmbeddedStateStore>());
        services.AddSingleton(s => new StateCopyService(data, s.GetRequiredService<EmbeddedStateStore>(), options.Time));
        services.AddSingleton(_ => AuditLog.Open(data.Audit, options.Time));
    }

    private static void AddNode(IServiceCollection services, ServerOptions options)
    {
        foreach (var factory in options.Engines)
        {
            services.AddSingleton(factory);
        }
        foreach (var factory in options.Destinations)
        {
            services.AddSingleton(factory);
        }
        services.AddSingleton(s =>
            NodeHostedService.CreateSettings(
                s.GetRequiredService<ServerConfig>(),
                s.GetRequiredService<DataFolder>(),
                s.GetRequiredService<TimeProvider>(),
                [.. s.GetServices<EngineFactory>()],
                [.. s.GetServices<DestinationFactory>()]
            )
        );
        services.AddSingleton(s =>
            NodeHostedService.AttachSources(
                s.GetRequiredService<ServerConfig>(),
                [.. s.GetServices<EngineFactory>()],
                s.GetRequiredService<ILoggerFactory>()
            )
        );
        services.AddHoldfastNode();
        services.AddSingleton<EventOptions>().AddSingleton<EventHub>();
        services.AddSingleton(s => new EventFeed(
            s.GetRequiredService<EventHub>(),
            s.GetRequiredService<OperationStore>(),
            s.GetRequiredService<EventOptions>(),
            s.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<NotificationDeliveries>();
        services.AddHostedService<UnobservedTaskExceptionLogger>();
        // before the node, because they receive its events from the start
        services.AddHostedService<WebhookSender>().AddHostedService<HeartbeatSender>();
        services.AddHostedService<NodeHostedService>();
    }

    private static void AddApi(IServiceCollection services)
    {
        services.AddRouting();
        services.AddExceptionHandler<ProblemExceptionHandler>();
        services.AddProblemDetails();
        // so that a body that cannot be read is answered like any other failure
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(o => ApiJson.Apply(o.SerializerOptions));
        services.AddOpenApiDescription();
        services.AddSingleton<InProcessApi>();
        services.AddSingleton(new InProcessServer(Version, SessionLength));
        services.AddSingleton<IInProcessTransportFactory, InProcessTransportFactory>();
        services.AddSingleton<IEventFeed>(s => s.GetRequiredService<EventFeed>());
        services.AddSingleton<NodeMetrics>().AddSingleton<DatabaseMetrics>().AddSingleton<DestinationMetrics>();
        services
            .AddSingleton<DatabaseSearch>()
            .AddSingleton<DatabaseViewFactory>()
            .AddSingleton<ChainViewFactory>()
            .AddSingleton<SourceViewFactory>()
            .AddSingleton<TemplateViewFactory>()
            .AddSingleton<ExpiryPreview>()
            .AddSingleton<LifecycleRule>()
            .AddSingleton<DestinationStatusReader>()
            .AddSingleton<PreviewFactory>()
            .AddSingleton<TaskFinder>()
            .AddSingleton<TaskViewFactory>()
            .AddSingleton<TaskDefinitionReader>()
            .AddSingleton<KeyRevealer>();
    }

    private static void UsePipeline(WebApplication app)
    {
        app.Use(app.Services.GetRequiredService<InProcessApi>().CapturePipeline);
        app.UseMiddleware<SecurityHeadersMiddleware>();
        app.UseExceptionHandler();
        app.UseStatusCodePages(StatusCodeResponder.WriteAsync);
        app.UseMiddleware<LoopbackOnlyMiddleware>();
        app.UseMiddleware<EmptyBodyMiddleware>();
        app.UseRouting();
        app.UseMiddleware<RouteValueDecodingMiddleware>();
        app.UseAuthentication();
        app.UseMiddleware<CrossSiteMiddleware>();
        app.UseMiddleware<AuditMiddleware>();
        app.UseAuthorization();
    }
}
