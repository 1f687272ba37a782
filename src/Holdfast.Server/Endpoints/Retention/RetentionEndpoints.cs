using System.Globalization;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Retention;
using Holdfast.Server.Access;
using Holdfast.Server.Audit;
using Holdfast.Server.Endpoints.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Retention;

/// <summary>Endpoints of manual retention: preview, run now, and approve deletions that a safety limit blocks.</summary>
internal static class RetentionEndpoints
{
    public static void MapRetention(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(RetentionRoutes.Retention).WithTags("Retention").RequireRole(Role.Viewer);
        group.MapGet("", ShowAsync).WithSummary("Preview what retention would delete now, at each destination");
        group.MapPost("", RunAsync).RequireRole(Role.Operator).WithSummary("Delete expired chains now, except those that need approval");
        group
            .MapPost("/approve", ApproveAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Delete the given chains, although a safety limit blocks their deletion");
    }

    private static async Task<Ok<Page<RetentionView>>> ShowAsync(
        string id,
        string taskId,
        TaskFinder tasks,
        RetentionService retention,
        CancellationToken cancellationToken
    ) => ToResponse(await retention.PreviewAsync(tasks.Find(id, taskId), cancellationToken));

    private static async Task<Ok<Page<RetentionView>>> RunAsync(
        string id,
        string taskId,
        TaskFinder tasks,
        RetentionService retention,
        CancellationToken cancellationToken,
        bool dryRun = false
    )
    {
        var task = tasks.Find(id, taskId);
        return ToResponse(
            dryRun ? await retention.PreviewAsync(task, cancellationToken) : await retention.RunAsync(task, cancellationToken)
        );
    }

    private static async Task<Ok<Page<RetentionView>>> ApproveAsync(
        string id,
        string taskId,
        RetentionApprovalRequest body,
        HttpContext context,
        TaskFinder tasks,
        RetentionService retention,
        AuditLog audit
    )
    {
        var task = tasks.Find(id, taskId);
        var errors = body
            .Chains.Keys.Where(d => !task.Settings.Destinations.Contains(d))
            .Select(d => new ValidationError("chains", $"'{d}' is not a destination of the task.", "Use the names that the preview shows."))
            .ToList();
        if (body.Chains.Values.All(c => c.Count == 0))
        {
            errors.Add(
                new("chains", "The request approves no chain.", "Give the paths from the preview: GET the same address without /approve.")
            );
        }
        ValidationException.ThrowIfAny(errors);

        // Written before the deletion, so that the log has it even if the server stops meanwhile.
        var approved = string.Join(
            "; ",
            body.Chains.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key}: {c.Value.Count} ({string.Join(", ", c.Value)})"))
        );
        await audit.WriteAsync(context, "retention-approved", $"database={id} task={taskId} {approved}", "begins");
        var runs = await retention.ApproveAsync(task, body.Chains, context.RequestAborted);
        await audit.WriteAsync(
            context,
            "retention-approved",
            $"database={id} task={taskId}",
            string.Create(CultureInfo.InvariantCulture, $"deleted {runs.Sum(r => r.Deleted.Count)}")
        );
        return ToResponse(runs);
    }

    private static Ok<Page<RetentionView>> ToResponse(IReadOnlyList<RetentionResult> runs) =>
        TypedResults.Ok(new Page<RetentionView>([.. runs.Select(RetentionMapper.ToView)]));
}
