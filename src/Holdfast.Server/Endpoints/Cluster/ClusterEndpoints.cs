using Holdfast.Api.Access;
using Holdfast.Api.Cluster;
using Holdfast.Node;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Cluster;

/// <summary>The nodes. On an embedded state store there is one, which leads itself.</summary>
internal static class ClusterEndpoints
{
    public static void MapCluster(this RouteGroupBuilder api) =>
        api.MapGroup(ClusterRoutes.Cluster)
            .WithTags("Cluster")
            .RequireRole(Role.Viewer)
            .MapGet("", Show)
            .WithSummary("Nodes, and which leads");

    private static Ok<ClusterView> Show(HoldfastNode node) =>
        TypedResults.Ok(
            new ClusterView(
                node.Tag,
                node.Tag,
                [
                    new(
                        node.Tag,
                        "Leader",
                        "Live",
                        node.StartedAt,
                        HoldfastServer.Version,
                        [.. node.Sources.Items.Select(s => s.Attached.Name).Order(StringComparer.Ordinal)],
                        node.Tasks.All.Count(t => t.Settings.Runs)
                    ),
                ]
            )
        );
}
