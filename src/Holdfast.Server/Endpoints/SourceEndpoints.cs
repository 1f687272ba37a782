using Holdfast.Core.Errors;
using Holdfast.Node;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints;

/// <summary>What this node is attached to; defined in its configuration file.</summary>
internal static class SourceEndpoints
{
    public static void MapSources(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/sources").WithTags("Sources").RequireRole(Role.Viewer);
        group.MapGet("", List).WithSummary("All sources");
        group.MapPost("/{name}/look", LookAsync).RequireRole(Role.Operator).WithSummary("Look for databases now");
    }

    private static Ok<Page<SourceView>> List(HoldfastNode node) =>
        TypedResults.Ok(new Page<SourceView>([.. node.Sources.OrderBy(s => s.Attached.Name, StringComparer.Ordinal).Select(View)]));

    private static async Task<Ok<SourceView>> LookAsync(string name, HoldfastNode node, CancellationToken cancellationToken)
    {
        var source = node.FindSource(name) ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"There is no source '{name}'.", "Sources are defined in holdfast.json.");
        await source.LookAsync(cancellationToken);
        return TypedResults.Ok(View(source));
    }

    private static SourceView View(Node.Discovery.SourceMonitor source) => new(source.Attached.Name, source.Attached.Engine, source.Status.Databases, source.Status.At, source.Status.Problem);
}
