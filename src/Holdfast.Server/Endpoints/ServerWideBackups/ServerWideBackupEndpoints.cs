using System.Security.Claims;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Backups;
using Holdfast.Api.Operations;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Api.Tasks;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Access;
using Holdfast.Server.Audit;
using Holdfast.Server.Endpoints.Operations;
using Holdfast.Server.Endpoints.Shared;
using Holdfast.Server.Endpoints.Tasks;
using Holdfast.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.ServerWideBackups;

/// <summary>Server-wide backup tasks: one covers every database but those it excludes.</summary>
internal static class ServerWideBackupEndpoints
{
    private const int MaxShown = 1_000;

    public static void MapServerWideBackups(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(ServerWideBackupRoutes.List).WithTags("Server-wide backups").RequireRole(Role.Viewer);
        group.MapGet("", ListAsync).WithSummary("All server-wide backup tasks");
        group.MapGet("/{name}", ShowAsync).WithSummary("One server-wide backup task");
        group
            .MapPut("/{name}", PutAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Define or change a server-wide backup task; answers with what it covers");
        group
            .MapPost("/{name}/preview", PreviewDraftAsync)
            .RequireRole(Role.Operator)
            .WithMetadata(NotAuditedMetadata.Instance)
            .WithSummary("What it would cover, without saving it");
        group.MapDelete("/{name}", DeleteAsync).RequireRole(Role.Operator).WithSummary("Delete it and its tasks; backups stay");
        group.MapPost("/{name}/backup", BackUpAsync).RequireRole(Role.Operator).WithSummary("Back up all its databases now");
        group.MapPost("/{name}/key", RevealKeyAsync).RequireRole(Role.Admin).WithSummary("Reveal its key; audited");
    }

    private static async Task<Ok<Page<TemplateView>>> ListAsync(HoldfastNode node, CancellationToken cancellationToken)
    {
        var patterns = await node.DatabaseKeys.PatternsAsync(cancellationToken);
        return TypedResults.Ok(
            new Page<TemplateView>([
                .. node
                    .State.Templates.Items.Select(t => t.Value)
                    .OrderBy(t => t.Name, StringComparer.OrdinalIgnoreCase)
                    .Select(t => ViewFactory.CreateTemplateView(node, t, patterns)),
            ])
        );
    }

    private static async Task<Ok<TemplateView>> ShowAsync(
        string name,
        HttpResponse response,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        var item = Find(node, name);
        return TypedResults.Ok(
            response.WithETag(
                item.Revision,
                ViewFactory.CreateTemplateView(node, item.Value, await node.DatabaseKeys.PatternsAsync(cancellationToken))
            )
        );
    }

    private static async Task<Results<Ok<TemplateView>, Created<TemplateView>>> PutAsync(
        string name,
        TaskDefinition body,
        HttpRequest request,
        HttpResponse response,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        var key = node.TaskEditor.FindTemplate(name)?.Key ?? "";
        var saved = await ConditionalRequests.EditAsync(request, node.State.Templates, key, TaskDefinitionMapper.ToDefinition, expected =>
            node.TaskEditor.PutTemplateAsync(name, body, expected, cancellationToken)
        );
        var patterns = await node.DatabaseKeys.PatternsAsync(cancellationToken);
        var view = response.WithETag(
            saved.Item.Revision,
            ViewFactory.CreateTemplateView(node, saved.Item.Value, patterns) with
            {
                GeneratedKey = KeyMapper.ToView(saved.GeneratedKey),
                Preview = await PreviewAsync(node, saved.Item.Value, patterns, cancellationToken),
            }
        );
        return saved.IsNew
            ? TypedResults.Created(ApiRoutes.BasePath + ApiRoutes.Expand(ServerWideBackupRoutes.Item, view.Name), view)
            : TypedResults.Ok(view);
    }

    private static async Task<Ok<PreviewView>> PreviewDraftAsync(
        string name,
        TaskDefinition body,
        HoldfastNode node,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Ok(
            await PreviewAsync(
                node,
                node.TaskEditor.Draft(name, body),
                await node.DatabaseKeys.PatternsAsync(cancellationToken),
                cancellationToken
            )
        );

    private static async Task<NoContent> DeleteAsync(
        string name,
        HttpRequest request,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        var item = Find(node, name);
        await ConditionalRequests.EditAsync(request, node.State.Templates, item.Key, TaskDefinitionMapper.ToDefinition, async expected =>
        {
            await node.TaskEditor.DeleteTemplateAsync(name, expected, cancellationToken);
            return true;
        });
        return TypedResults.NoContent();
    }

    private static Task<Accepted<OperationIdsView>> BackUpAsync(
        string name,
        ClaimsPrincipal principal,
        HoldfastNode node,
        CancellationToken cancellationToken,
        BackupRequest? body = null
    )
    {
        var template = Find(node, name).Value;
        TaskEndpoints.EnsureRunnable(template.Name, template.Settings);
        var (run, operations) = node.BackUpAll(template, body?.Kind ?? BackupKind.Full, principal.Caller()!.Display);
        return AcceptedOperation.RespondAllAsync(node, [.. operations.Select(o => o.Id)], run, cancellationToken);
    }

    private static async Task<Ok<KeyView>> RevealKeyAsync(
        string name,
        HttpContext context,
        HoldfastNode node,
        AuditLog audit,
        CancellationToken cancellationToken
    )
    {
        var template = Find(node, name).Value;
        return TypedResults.Ok(
            await TaskEndpoints.GetKeyForRevealAsync(template.Id, template.Name, template.Settings, context, node, audit, cancellationToken)
        );
    }

    private static async Task<PreviewView> PreviewAsync(
        HoldfastNode node,
        Template template,
        IReadOnlyList<string> patterns,
        CancellationToken cancellationToken
    )
    {
        var preview = ViewFactory.CreatePreview(node, template, patterns);
        var (going, unseen) = (new List<string>(), new List<(string Destination, HoldfastException Error)>());
        if (template.Settings.Retention is not null)
        {
            var tasks = node
                .Tasks.All.Where(t => t.TemplateId == template.Id)
                .Take(MaxShown)
                .Select(t => t with { Settings = template.Settings });
            foreach (var task in tasks)
            {
                await FindExpiredChainsAsync(node, task, going, unseen, cancellationToken);
            }
        }

        return new(
            preview.Summary,
            [.. preview.Databases.Take(MaxShown)],
            going,
            [
                .. unseen
                    .GroupBy(u => u.Destination, StringComparer.Ordinal)
                    .Select(g => new UnreachableDestinationView(g.Key, g.Count(), OperationError.From(g.First().Error))),
            ]
        );
    }

    private static async Task FindExpiredChainsAsync(
        HoldfastNode node,
        BackupTask task,
        List<string> going,
        List<(string Destination, HoldfastException Error)> unseen,
        CancellationToken cancellationToken
    )
    {
        foreach (var name in task.Settings.Destinations)
        {
            try
            {
                await using var destination = await node.Destinations.OpenAsync(name, cancellationToken);
                var plan = await node.Retention.PlanAsync(task, name, destination, approved: true, cancellationToken);
                going.AddRange(plan.Deletable.Select(c => $"{name}: {c.Path}"));
            }
            catch (HoldfastException e)
            {
                unseen.Add((name, e));
            }
        }
    }

    private static StateItem<Template> Find(HoldfastNode node, string name) =>
        node.TaskEditor.FindTemplate(name)
        ?? throw new HoldfastException(
            ErrorCatalogue.NotFound,
            $"There is no server-wide backup '{name}'.",
            "List them with: GET /api/v1/server-wide-backups"
        );
}
