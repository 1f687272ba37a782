using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.InProcess;
using Holdfast.Studio.Api;
using Holdfast.Studio.Kinds;
using Holdfast.Studio.Layout;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Hosting.StaticWebAssets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MudBlazor.Services;

namespace Holdfast.Studio.Hosting;

/// <summary>Adds Studio, the web interface, to a server.</summary>
public static class StudioHosting
{
    /// <summary>Registers the services of Studio.</summary>
    public static void AddStudio(WebApplicationBuilder builder)
    {
        // has no effect in a published program, whose files are in wwwroot
        StaticWebAssetsLoader.UseStaticWebAssets(builder.Environment, builder.Configuration);
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false"; // serve the precompressed files, do not compress per request
        var services = builder.Services;
        services.AddRazorComponents().AddInteractiveServerComponents(o => o.DetailedErrors = false);
        // the server sets this header itself
        services.AddAntiforgery(o => (o.Cookie.Name, o.SuppressXFrameOptionsHeader) = ("holdfast-form", true));
        services.AddCascadingAuthenticationState();
        services.AddMudServices(o => o.SnackbarConfiguration.PositionClass = MudBlazor.Defaults.Classes.Position.BottomCenter);
        services.AddHttpContextAccessor();
        services
            .AddScoped<PageCaller>()
            .AddScoped<PageTransport>()
            .AddScoped(s => new HoldfastClient(s.GetRequiredService<PageTransport>()))
            .AddScoped<Session>()
            .AddScoped<KindCatalog>()
            .AddScoped<LiveUpdates>()
            .AddScoped<Preferences>()
            .AddScoped<Clock>();
        services.AddSingleton<FormApiClient>().AddSingleton(new StatusCodePagePaths("/not-found", "/not-allowed"));
        builder.Logging.AddFilter("Microsoft.AspNetCore.Components.Server.Circuits", LogLevel.Error);
    }

    /// <summary>Maps the pages of Studio at <c>/</c>.</summary>
    public static void MapStudio(this WebApplication app)
    {
        app.UseAntiforgery();
        app.MapStaticAssets().Add(e => e.Metadata.Add(new Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute()));
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(o => o.ContentSecurityFrameAncestorsPolicy = null).Add(RequireRole);
        app.MapSignOut();
    }

    // Each page declares its own role; the other endpoints of the framework (circuits, for example) require a Viewer.
    private static void RequireRole(EndpointBuilder endpoint)
    {
        endpoint.Metadata.Add(NotAuditedMetadata.Instance); // pages act through the API only, which is audited
        if (!endpoint.Metadata.OfType<ComponentTypeMetadata>().Any())
        {
            endpoint.Metadata.Add(new RequireRoleAttribute(Role.Viewer));
        }
    }
}
