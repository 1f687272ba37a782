using Holdfast.Api.Access;
using Holdfast.Api.Cluster;
using Holdfast.Node;
using Holdfast.Node.Discovery;
using Holdfast.Node.Retention;
using Holdfast.Node.Tasks;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Cluster;

/// <summary>Endpoints of the nodes. With an embedded state store there is one node, which is the leader.</summary>
internal static class ClusterEndpoints
{
    public static void MapCluster(this RouteGroupBuilder api) =>
        api.MapGroup(ClusterRoutes.Cluster)
            .WithTags("Cluster")
            .RequireRole(Role.Viewer)
            .MapGet("", Show)
            .WithSummary("Show the nodes and the leader");

    private static Ok<ClusterView> Show(NodeSettings settings, TrustedClockMonitor clock, SourceRegistry sources, TaskRegistry tasks) =>
        TypedResults.Ok(
            new ClusterView(
                settings.Tag,
                settings.Tag,
                [
                    new(
                        settings.Tag,
                        "Leader",
                        "Live",
                        clock.StartedAt,
                        HoldfastServer.Version,
                        [.. sources.Items.Select(s => s.Attached.Name).Order(StringComparer.Ordinal)],
                        tasks.All.Count(t => t.Settings.Runs)
                    ),
                ]
            )
        );
}
