using System.Security.Claims;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Operations;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Operations;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Operations;

/// <summary>Endpoints of operations, running and ended.</summary>
internal static class OperationEndpoints
{
    private const double MaxDelayMinutes = 43_200;

    public static void MapOperations(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(OperationRoutes.List).WithTags("Operations").RequireRole(Role.Viewer);
        group.MapGet("", List).WithSummary("List operations, newest first; filtered by database, task, kind and state");
        group.MapGet("/counts", Count).WithSummary("Count the operations in each state");
        group.MapGet("/{id}", Show).WithSummary("Show an operation");
        group.MapGet("/{id}/log", ShowLog).WithSummary("Show its log, while it runs and shortly after");
        group.MapPost("/{id}/abort", AbortAsync).RequireRole(Role.Operator).WithSummary("Abort it; a scheduled run is not repeated");
        group.MapPost("/{id}/delay", DelayAsync).RequireRole(Role.Operator).WithSummary("Stop a backup and start it again later");
    }

    private static Ok<Page<Operation>> List([AsParameters] OperationQuery query, OperationStore operations) =>
        TypedResults.Ok(query.Execute(operations));

    private static Ok<OperationCounts> Count([AsParameters] OperationQuery query, OperationStore operations) =>
        TypedResults.Ok(query.Count(operations));

    private static Ok<Operation> Show(string id, OperationStore operations) => TypedResults.Ok(operations.Find(id) ?? throw NotFound(id));

    private static Ok<Page<string>> ShowLog(string id, OperationStore operations) =>
        TypedResults.Ok(new Page<string>(operations.Find(id) is null ? throw NotFound(id) : operations.LogOf(id)));

    private static async Task<NoContent> AbortAsync(string id, ClaimsPrincipal principal, OperationStore operations)
    {
        await FindRunning(operations, id).AbortAsync(principal.Caller()!.Display, null);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DelayAsync(
        string id,
        DelayRequest body,
        ClaimsPrincipal principal,
        OperationStore operations,
        TimeProvider time
    )
    {
        if (body.Minutes is not (> 0 and <= MaxDelayMinutes))
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"A delay of {body.Minutes} minutes is out of range.",
                $"Give more than 0 and at most {MaxDelayMinutes}."
            );
        }
        var live = FindRunning(operations, id);
        if (live.Current.Kind != OperationKind.Backup || live.Current.TaskId is null)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                "Only the backup of a task can be delayed.",
                "Abort it, and start it again later."
            );
        }
        await live.AbortAsync(principal.Caller()!.Display, time.GetUtcNow() + TimeSpan.FromMinutes(body.Minutes));
        return TypedResults.NoContent();
    }

    private static RunningOperation FindRunning(OperationStore operations, string id) =>
        operations.FindRunning(id)
        ?? throw (
            operations.Find(id) is null
                ? NotFound(id)
                : new HoldfastException(ErrorCatalog.NotAllowed, $"Operation '{id}' has ended.", null)
        );

    private static HoldfastException NotFound(string id) =>
        new(ErrorCatalog.NotFound, $"There is no operation '{id}'.", "List them with: GET /api/v1/operations");
}
