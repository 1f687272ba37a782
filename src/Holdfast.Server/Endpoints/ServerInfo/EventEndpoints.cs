using Holdfast.Api.Access;
using Holdfast.Api.Events;
using Holdfast.Server.Access;
using Holdfast.Server.Access.Sessions;
using Holdfast.Server.Events;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Server.Endpoints.ServerInfo;

/// <summary>The endpoint of the event stream.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this RouteGroupBuilder api) =>
        api.MapGet(EventRoutes.Stream, ListenAsync)
            .WithTags("Events")
            .RequireRole(Role.Viewer)
            .WithSummary("Stream server-sent events: operation, alert, databases, tasks, destinations, sources, reload")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream");

    private static async Task ListenAsync(
        HttpContext context,
        EventFeed feed,
        SessionValidator sessions,
        EventOptions options,
        TimeProvider time,
        IHostApplicationLifetime lifetime
    )
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await new EventStream(context, feed, sessions, options, time).RunAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The listener has disconnected, or the server stops.
        }
    }
}
