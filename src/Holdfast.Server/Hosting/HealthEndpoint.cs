using Holdfast.Node.Supervision;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Server.Hosting;

/// <summary>
/// Whether the server does its work, for whoever restarts it when it does not: it answers no while it stops, and while
/// a loop stands still without which
/// nothing is backed up, or nobody is told. What a restart would not mend is an alert and nothing more. Tells nothing of what is backed up.
/// </summary>
internal static class HealthEndpoint
{
    private static readonly string[] CriticalLoops = ["scheduler", "alerts", "progress", "watchdog"];

    public static void MapHealth(this IEndpointRouteBuilder app) => app.MapGet("/healthz", Show).AllowAnonymous().ExcludeFromDescription();

    /// <summary>What is wrong; null while the server is well.</summary>
    internal static string? FindProblem(bool isStopping, IReadOnlyList<LoopStatus> loops) =>
        isStopping ? "stopping"
        : loops.FirstOrDefault(l => l.IsStuck && CriticalLoops.Contains(l.Name)) is { } stuck ? $"{stuck.Name} stands still"
        : null;

    private static ContentHttpResult Show(IHostApplicationLifetime lifetime, Supervisor supervisor)
    {
        var problem = FindProblem(lifetime.ApplicationStopping.IsCancellationRequested, supervisor.Loops);
        return problem is null
            ? TypedResults.Text("ok\n")
            : TypedResults.Text($"{problem}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
