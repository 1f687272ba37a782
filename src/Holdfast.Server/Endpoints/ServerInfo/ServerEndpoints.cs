using Holdfast.Api.Access;
using Holdfast.Api.ServerInfo;
using Holdfast.Node.Retention;
using Holdfast.Server.Access;
using Holdfast.Server.Configuration;
using Holdfast.Server.Files;
using Holdfast.Server.Notifications;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.ServerInfo;

/// <summary>Endpoints of the server itself.</summary>
internal static class ServerEndpoints
{
    public static void MapServer(this RouteGroupBuilder api)
    {
        api.MapGet(ServerRoutes.Server, Show)
            .WithTags("Server")
            .RequireRole(Role.Viewer)
            .WithSummary("Show version, allowed folders, and the status of notifications");
        api.MapPost(ServerRoutes.ConfirmClock, ConfirmClockAsync)
            .WithTags("Server")
            .RequireRole(Role.Operator)
            .WithSummary("Confirm that the clock is right although it jumped; retention continues");
        api.MapPost(ServerRoutes.StateCopies, CopyStateAsync)
            .WithTags("Server")
            .RequireRole(Role.Admin)
            .WithSummary("Copy the state of the server to its data folder");
    }

    private static async Task<Ok<StateCopyView>> CopyStateAsync(StateCopyService copies, CancellationToken cancellationToken) =>
        TypedResults.Ok(new StateCopyView(await copies.CreateAsync(cancellationToken)));

    private static async Task<NoContent> ConfirmClockAsync(TrustedClockMonitor clock, CancellationToken cancellationToken)
    {
        await clock.ConfirmAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static Ok<ServerView> Show(ServerConfig config, NotificationDeliveries deliveries) =>
        TypedResults.Ok(
            new ServerView(HoldfastServer.Version, config.Node, config.LocalRoots, ToView(deliveries.Webhook), ToView(deliveries.Heartbeat))
        );

    private static DeliveryView ToView(DeliveryStatus delivery) => new(delivery.IsConfigured, delivery.LastDelivered, delivery.Problem);
}
