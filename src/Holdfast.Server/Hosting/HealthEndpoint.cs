using Holdfast.Node.Supervision;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Server.Hosting;

/// <summary>
/// The health check for service managers that restart the server. It fails while the server stops, and while a
/// background loop is stalled without which no backups or alerts would happen. Problems that a restart would not solve
/// only raise alerts. The answer reveals nothing about backups.
/// </summary>
internal static class HealthEndpoint
{
    private static readonly string[] CriticalLoops = ["scheduler", "alerts", "progress", "watchdog"];

    public static void MapHealth(this IEndpointRouteBuilder app) => app.MapGet("/healthz", Show).AllowAnonymous().ExcludeFromDescription();

    /// <summary>What is wrong; null if the server is healthy.</summary>
    internal static string? FindProblem(bool isStopping, IReadOnlyList<LoopStatus> loops) =>
        isStopping ? "stopping"
        : loops.FirstOrDefault(l => l.IsStuck && CriticalLoops.Contains(l.Name)) is { } stuck ? $"{stuck.Name} is stalled"
        : null;

    private static ContentHttpResult Show(IHostApplicationLifetime lifetime, Supervisor supervisor)
    {
        var problem = FindProblem(lifetime.ApplicationStopping.IsCancellationRequested, supervisor.Loops);
        return problem is null
            ? TypedResults.Text("ok\n")
            : TypedResults.Text($"{problem}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
