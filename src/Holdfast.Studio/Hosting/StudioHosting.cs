using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.InProcess;
using Holdfast.Studio.Api;
using Holdfast.Studio.Layout;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Hosting.StaticWebAssets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MudBlazor.Services;

namespace Holdfast.Studio.Hosting;

/// <summary>Adds Studio, the pages for people, to a server.</summary>
public static class StudioHosting
{
    /// <summary>Adds what it needs.</summary>
    public static void AddStudio(WebApplicationBuilder builder)
    {
        // nothing where the program was published: its files lie in wwwroot then
        StaticWebAssetsLoader.UseStaticWebAssets(builder.Environment, builder.Configuration);
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false"; // files go out as they were compressed, not anew at each request
        var services = builder.Services;
        services.AddRazorComponents().AddInteractiveServerComponents(o => o.DetailedErrors = false);
        // the server's own headers say it already
        services.AddAntiforgery(o => (o.Cookie.Name, o.SuppressXFrameOptionsHeader) = ("holdfast-form", true));
        services.AddCascadingAuthenticationState();
        services.AddMudServices(o => o.SnackbarConfiguration.PositionClass = MudBlazor.Defaults.Classes.Position.BottomCenter);
        services.AddHttpContextAccessor();
        services
            .AddScoped<PageCaller>()
            .AddScoped<PageTransport>()
            .AddScoped(s => new HoldfastClient(s.GetRequiredService<PageTransport>()))
            .AddScoped<Session>()
            .AddScoped<LiveUpdates>()
            .AddScoped<Preferences>()
            .AddScoped<Clock>();
        services.AddSingleton<FormApiClient>().AddSingleton(new StatusCodePagePaths("/not-found", "/not-allowed"));
        builder.Logging.AddFilter("Microsoft.AspNetCore.Components.Server.Circuits", LogLevel.Error);
    }

    /// <summary>Serves its pages at <c>/</c>.</summary>
    public static void MapStudio(this WebApplication app)
    {
        app.UseAntiforgery();
        app.MapStaticAssets().Add(e => e.Metadata.Add(new Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute()));
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(o => o.ContentSecurityFrameAncestorsPolicy = null).Add(RequireRole);
        app.MapSignOut();
    }

    // Pages say themselves who may open them (and one that says nothing is nobody's). What they are drawn through is for all who may look.
    private static void RequireRole(EndpointBuilder endpoint)
    {
        endpoint.Metadata.Add(NotAuditedMetadata.Instance); // whatever a page does, it does through the API
        if (!endpoint.Metadata.OfType<ComponentTypeMetadata>().Any())
        {
            endpoint.Metadata.Add(new RequireRoleAttribute(Role.Viewer));
        }
    }
}
