using Holdfast.Server.Access;
using Holdfast.Server.Alerts;
using Holdfast.Server.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints;

/// <summary>What the server says of itself.</summary>
internal static class ServerEndpoints
{
    public static void MapServer(this RouteGroupBuilder api) =>
        api.MapGet("/server", Show).WithTags("Server").RequireRole(Role.Viewer).WithSummary("Version, allowed folders, and how notifications stand");

    private static Ok<ServerView> Show(ServerConfig config, Deliveries deliveries) =>
        TypedResults.Ok(new ServerView(HoldfastServer.Version, config.Node, config.LocalRoots, DeliveryView.Of(deliveries.Webhook), DeliveryView.Of(deliveries.Heartbeat)));
}
