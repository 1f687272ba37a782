using Holdfast.Api.Access;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Metrics;

/// <summary>
/// Metrics for Prometheus. They contain names of databases and tasks, so a token of a Viewer is required even from this
/// machine, which other users and proxied requests share.
/// </summary>
internal static class MetricsEndpoint
{
    public static void MapMetrics(this IEndpointRouteBuilder app) =>
        app.MapGet("/metrics", WriteAsync).RequireRole(Role.Viewer).ExcludeFromDescription();

    private static async Task WriteAsync(
        HttpResponse response,
        NodeMetrics node,
        DatabaseMetrics databases,
        DestinationMetrics destinations,
        CancellationToken cancellationToken
    )
    {
        response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        var output = new PrometheusWriter(response.BodyWriter, cancellationToken);
        await node.WriteQueueAsync(output);
        await databases.WriteDatabasesAsync(output);
        await node.WriteHealthAsync(output);
        await databases.WriteTasksAsync(output);
        await destinations.WriteAsync(output);
        await output.FlushAsync();
    }
}
