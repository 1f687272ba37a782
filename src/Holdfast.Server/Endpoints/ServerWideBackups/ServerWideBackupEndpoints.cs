using System.Security.Claims;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Backups;
using Holdfast.Api.InProcess;
using Holdfast.Api.Operations;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Api.Tasks;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Operations;
using Holdfast.Node.Repairs;
using Holdfast.Node.Tasks;
using Holdfast.Server.Access;
using Holdfast.Server.Endpoints.Operations;
using Holdfast.Server.Endpoints.Shared;
using Holdfast.Server.Endpoints.Tasks;
using Holdfast.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.ServerWideBackups;

/// <summary>Endpoints of server-wide backup tasks. Each task covers every database except those it excludes.</summary>
internal static class ServerWideBackupEndpoints
{
    public static void MapServerWideBackups(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(ServerWideBackupRoutes.List).WithTags("Server-wide backups").RequireRole(Role.Viewer);
        group.MapGet("", ListAsync).WithSummary("List server-wide backup tasks");
        group.MapGet("/{name}", ShowAsync).WithSummary("Show a server-wide backup task");
        group
            .MapPut("/{name}", PutAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Create or change a server-wide backup task; the answer lists what it covers");
        group
            .MapPost("/{name}/preview", PreviewDraftAsync)
            .RequireRole(Role.Operator)
            .WithMetadata(NotAuditedMetadata.Instance)
            .WithSummary("Preview what a definition would cover, without saving it");
        group.MapDelete("/{name}", DeleteAsync).RequireRole(Role.Operator).WithSummary("Delete it and its tasks; backups remain");
        group.MapPost("/{name}/backup", BackUpAsync).RequireRole(Role.Operator).WithSummary("Back up all its databases now");
        group
            .MapPost("/{name}/repair", RepairAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Copy what its destinations lack from each other, for each of its databases");
        group.MapPost("/{name}/key", RevealKeyAsync).RequireRole(Role.Admin).WithSummary("Reveal its key; audited");
    }

    private static async Task<Ok<Page<TemplateView>>> ListAsync(
        StateMirror<Template> templates,
        TemplateViewFactory views,
        CancellationToken cancellationToken
    )
    {
        var sorted = templates.Items.Select(t => t.Value).OrderBy(t => t.Name, StringComparer.OrdinalIgnoreCase);
        return TypedResults.Ok(new Page<TemplateView>(await views.CreateAllAsync(sorted, cancellationToken)));
    }

    private static async Task<Ok<TemplateView>> ShowAsync(
        string name,
        HttpResponse response,
        TaskEditor editor,
        TemplateViewFactory views,
        CancellationToken cancellationToken
    )
    {
        var item = Find(editor, name);
        return TypedResults.Ok(response.WithETag(item.Revision, await views.CreateAsync(item.Value, cancellationToken)));
    }

    private static async Task<Results<Ok<TemplateView>, Created<TemplateView>>> PutAsync(
        string name,
        TaskDefinition body,
        HttpRequest request,
        HttpResponse response,
        TaskEditor editor,
        TemplateViewFactory views,
        CancellationToken cancellationToken
    )
    {
        var key = editor.FindTemplate(name)?.Key ?? "";
        var saved = await ConditionalRequests.EditAsync(
            request,
            key,
            () => editor.FindTemplateById(key),
            TaskDefinitionMapper.ToDefinition,
            expected => editor.PutTemplateAsync(name, body, expected, cancellationToken)
        );
        var view = response.WithETag(
            saved.Item.Revision,
            await views.CreateWithPreviewAsync(saved.Item.Value, cancellationToken) with
            {
                GeneratedKey = KeyMapper.ToView(saved.GeneratedKey),
            }
        );
        return saved.IsNew
            ? TypedResults.Created(ApiRoutes.BasePath + ApiRoutes.Expand(ServerWideBackupRoutes.Item, view.Name), view)
            : TypedResults.Ok(view);
    }

    private static async Task<Ok<PreviewView>> PreviewDraftAsync(
        string name,
        TaskDefinition body,
        TaskEditor editor,
        TemplateViewFactory views,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(await views.CreatePreviewAsync(editor.Draft(name, body), cancellationToken));

    private static async Task<NoContent> DeleteAsync(
        string name,
        HttpRequest request,
        TaskEditor editor,
        CancellationToken cancellationToken
    )
    {
        var item = Find(editor, name);
        await ConditionalRequests.EditAsync(
            request,
            item.Key,
            () => editor.FindTemplateById(item.Key),
            TaskDefinitionMapper.ToDefinition,
            async expected =>
            {
                await editor.DeleteTemplateAsync(name, expected, cancellationToken);
                return true;
            }
        );
        return TypedResults.NoContent();
    }

    private static Task<Accepted<OperationIdsView>> BackUpAsync(
        string name,
        ClaimsPrincipal principal,
        TaskEditor editor,
        BackupService backups,
        OperationStore operations,
        CancellationToken cancellationToken,
        BackupRequest? body = null
    )
    {
        var template = Find(editor, name).Value;
        TaskEndpoints.EnsureRunnable(template.Name, template.Settings);
        var (run, queued) = backups.BackUpAll(template, body?.Kind ?? BackupKind.Full, principal.Caller()!.Display);
        return AcceptedOperation.RespondAllAsync(operations, [.. queued.Select(o => o.Id)], run, cancellationToken);
    }

    private static Task<Accepted<OperationIdsView>> RepairAsync(
        string name,
        HttpContext context,
        TaskEditor editor,
        RepairService repairs,
        OperationStore operations,
        RepairRequest? body = null
    )
    {
        var template = Find(editor, name).Value;
        var queued = repairs.RepairAll(template, body?.AllChains ?? false, context.User.Caller()!.Display);
        return AcceptedOperation.RespondAllAsync(operations, [.. queued.Select(o => o.Id)], null, context.RequestAborted);
    }

    private static async Task<Ok<KeyView>> RevealKeyAsync(string name, HttpContext context, TaskEditor editor, KeyRevealer keys)
    {
        var template = Find(editor, name).Value;
        return TypedResults.Ok(await keys.RevealAsync(template.Id, template.Name, template.Settings, context));
    }

    private static StateItem<Template> Find(TaskEditor editor, string name) =>
        editor.FindTemplate(name)
        ?? throw new HoldfastException(
            ErrorCatalog.NotFound,
            $"There is no server-wide backup '{name}'.",
            "List them with: GET /api/v1/server-wide-backups"
        );
}
