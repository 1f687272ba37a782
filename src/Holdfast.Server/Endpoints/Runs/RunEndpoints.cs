using System.Security.Claims;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Runs;
using Holdfast.Core.Errors;
using Holdfast.Core.Runs;
using Holdfast.Node.Runs;
using Holdfast.Node.Tasks;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Runs;

/// <summary>Runs of server-wide backup tasks: of one slot, or because somebody asked, over all their databases.</summary>
internal static class RunEndpoints
{
    public static void MapRuns(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(RunRoutes.List).WithTags("Runs").RequireRole(Role.Viewer);
        group.MapGet("", List).WithSummary("Runs of server-wide backup tasks, the newest first");
        group.MapGet("/{id}", Show).WithSummary("One run: due, done, failed, missed");
        group.MapGet("/{id}/databases", ListDatabases).WithSummary("Its databases: what failed and what was missed first");
        group
            .MapPost("/{id}/abort", AbortAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Stop all of it that waits, runs, or has yet to begin; their slots count as used");
    }

    private static Ok<Page<Run>> List([AsParameters] RunQuery query, RunRegistry runs, TaskRegistry tasks) =>
        TypedResults.Ok(query.Execute(runs, tasks));

    private static Ok<Run> Show(string id, RunRegistry runs) => TypedResults.Ok(Find(runs, id));

    private static Ok<Page<RunDatabaseView>> ListDatabases(string id, [AsParameters] RunDatabaseQuery query, RunRegistry runs) =>
        TypedResults.Ok(query.Execute(runs, Find(runs, id).Id));

    private static async Task<Ok<RunAbortView>> AbortAsync(string id, ClaimsPrincipal principal, RunService runs) =>
        TypedResults.Ok(new RunAbortView(await runs.AbortAsync(id, principal.Caller()!.Display)));

    private static Run Find(RunRegistry runs, string id) =>
        runs.Find(id)
        ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"There is no run '{id}'.", "List them with: GET /api/v1/runs");
}
