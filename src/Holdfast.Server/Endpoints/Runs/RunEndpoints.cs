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

/// <summary>
/// Endpoints of runs of server-wide backup tasks. A run covers all databases of the task, either at a scheduled time or
/// on request.
/// </summary>
internal static class RunEndpoints
{
    public static void MapRuns(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(RunRoutes.List).WithTags("Runs").RequireRole(Role.Viewer);
        group.MapGet("", List).WithSummary("List runs of server-wide backup tasks, newest first");
        group.MapGet("/{id}", Show).WithSummary("Show a run: number of databases due, completed, failed and missed");
        group.MapGet("/{id}/databases", ListDatabases).WithSummary("List its databases, failed and missed ones first");
        group
            .MapPost("/{id}/abort", AbortAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Abort its queued, running and pending backups; they are not repeated");
    }

    private static Ok<Page<Run>> List([AsParameters] RunQuery query, RunRegistry runs, TaskRegistry tasks) =>
        TypedResults.Ok(query.Execute(runs, tasks));

    private static Ok<Run> Show(string id, RunRegistry runs) => TypedResults.Ok(Find(runs, id));

    private static Ok<Page<RunDatabaseView>> ListDatabases(string id, [AsParameters] RunDatabaseQuery query, RunRegistry runs) =>
        TypedResults.Ok(query.Execute(runs, Find(runs, id).Id));

    private static async Task<Ok<RunAbortView>> AbortAsync(string id, ClaimsPrincipal principal, RunService runs) =>
        TypedResults.Ok(new RunAbortView(await runs.AbortAsync(id, principal.Caller()!.Display)));

    private static Run Find(RunRegistry runs, string id) =>
        runs.Find(id) ?? throw new HoldfastException(ErrorCatalog.NotFound, $"There is no run '{id}'.", "List them with: GET /api/v1/runs");
}
