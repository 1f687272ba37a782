using Holdfast.Api.Access;
using Holdfast.Api.Kinds;
using Holdfast.Destinations;
using Holdfast.Engines;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Kinds;

/// <summary>The registered kinds of engines and destinations.</summary>
internal static class KindEndpoints
{
    public static void MapKinds(this RouteGroupBuilder api) =>
        api.MapGroup(KindRoutes.List)
            .WithTags("Kinds")
            .RequireRole(Role.Viewer)
            .MapGet("", Show)
            .WithSummary("Kinds of engines and destinations, with the forms that define sources and destinations");

    private static Ok<KindsView> Show(IEnumerable<EngineFactory> engines, IEnumerable<DestinationFactory> destinations) =>
        TypedResults.Ok(new KindsView([.. engines.Select(e => e.Description)], [.. destinations.Select(d => d.Description)]));
}
