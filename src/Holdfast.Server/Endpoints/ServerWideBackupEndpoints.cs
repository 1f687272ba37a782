using System.Security.Claims;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Tasks;
using Holdfast.Server.Access;
using Holdfast.Server.Audit;
using Holdfast.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints;

/// <summary>Server-wide backup tasks: one covers every database but those it excludes.</summary>
internal static class ServerWideBackupEndpoints
{
    private const int MostShown = 1_000;

    public static void MapServerWideBackups(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/server-wide-backups").WithTags("Server-wide backups").RequireRole(Role.Viewer);
        group.MapGet("", ListAsync).WithSummary("All server-wide backup tasks");
        group.MapGet("/{name}", ShowAsync).WithSummary("One server-wide backup task");
        group
            .MapPut("/{name}", PutAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Define or change a server-wide backup task; answers with what it covers");
        group
            .MapPost("/{name}/preview", PreviewDraftAsync)
            .RequireRole(Role.Operator)
            .WithMetadata(NotAudited.Instance)
            .WithSummary("What it would cover, without saving it");
        group.MapDelete("/{name}", DeleteAsync).RequireRole(Role.Operator).WithSummary("Delete it and its tasks; backups stay");
        group.MapPost("/{name}/backup", BackUpAsync).RequireRole(Role.Operator).WithSummary("Back up all its databases now");
        group.MapPost("/{name}/key", RevealAsync).RequireRole(Role.Admin).WithSummary("Reveal its key; audited");
    }

    private static async Task<Ok<Page<TemplateView>>> ListAsync(HoldfastNode node, CancellationToken cancellationToken)
    {
        var patterns = await node.DatabaseKeys.PatternsAsync(cancellationToken);
        return TypedResults.Ok(
            new Page<TemplateView>([
                .. node
                    .State.Templates.Items.Select(t => t.Value)
                    .OrderBy(t => t.Name, StringComparer.OrdinalIgnoreCase)
                    .Select(t => Views.Template(node, t, patterns)),
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
            response.WithTag(item.Revision, Views.Template(node, item.Value, await node.DatabaseKeys.PatternsAsync(cancellationToken)))
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
        var key = node.Editor.FindTemplate(name)?.Key ?? "";
        var saved = await Revisions.EditAsync(request, node.State.Templates, key, TaskDefinitionView.Of, expected =>
            node.Editor.PutTemplateAsync(name, body, expected, cancellationToken)
        );
        var patterns = await node.DatabaseKeys.PatternsAsync(cancellationToken);
        var view = response.WithTag(
            saved.Item.Revision,
            Views.Template(node, saved.Item.Value, patterns) with
            {
                GeneratedKey = KeyView.Of(saved.GeneratedKey),
                Preview = await PreviewAsync(node, saved.Item.Value, patterns, cancellationToken),
            }
        );
        return saved.IsNew
            ? TypedResults.Created($"{HoldfastServer.ApiPath}/server-wide-backups/{Uri.EscapeDataString(view.Name)}", view)
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
                node.Editor.Draft(name, body),
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
        await Revisions.EditAsync(request, node.State.Templates, item.Key, TaskDefinitionView.Of, async expected =>
        {
            await node.Editor.DeleteTemplateAsync(name, expected, cancellationToken);
            return true;
        });
        return TypedResults.NoContent();
    }

    private static Task<Accepted<OperationsView>> BackUpAsync(
        string name,
        ClaimsPrincipal principal,
        HoldfastNode node,
        CancellationToken cancellationToken,
        BackupRequest? body = null
    )
    {
        var template = Find(node, name).Value;
        TaskEndpoints.RefuseIdle(template.Name, template.Settings);
        var (run, operations) = node.BackUpAll(template, body?.Kind ?? BackupKind.Full, principal.Caller()!.Display);
        return Begun.AllAsync(node, [.. operations.Select(o => o.Id)], run, cancellationToken);
    }

    private static async Task<Ok<KeyView>> RevealAsync(
        string name,
        HttpContext context,
        HoldfastNode node,
        AuditLog audit,
        CancellationToken cancellationToken
    )
    {
        var template = Find(node, name).Value;
        return TypedResults.Ok(
            await TaskEndpoints.KeyAsync(template.Id, template.Name, template.Settings, context, node, audit, cancellationToken)
        );
    }

    private static async Task<PreviewView> PreviewAsync(
        HoldfastNode node,
        Template template,
        IReadOnlyList<string> patterns,
        CancellationToken cancellationToken
    )
    {
        var preview = Views.Preview(node, template, patterns);
        var (going, unseen) = (new List<string>(), new List<(string Destination, HoldfastException Error)>());
        if (template.Settings.Retention is not null)
        {
            var tasks = node
                .Tasks.All.Where(t => t.TemplateId == template.Id)
                .Take(MostShown)
                .Select(t => t with { Settings = template.Settings });
            foreach (var task in tasks)
            {
                await FindGoingAsync(node, task, going, unseen, cancellationToken);
            }
        }

        return new(
            preview.Summary,
            [.. preview.Databases.Take(MostShown)],
            going,
            [
                .. unseen
                    .GroupBy(u => u.Destination, StringComparer.Ordinal)
                    .Select(g => new UnseenDestination(g.Key, g.Count(), OperationError.Of(g.First().Error))),
            ]
        );
    }

    private static async Task FindGoingAsync(
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
                going.AddRange(plan.Deletes.Select(c => $"{name}: {c.Path}"));
            }
            catch (HoldfastException e)
            {
                unseen.Add((name, e));
            }
        }
    }

    private static StateItem<Template> Find(HoldfastNode node, string name) =>
        node.Editor.FindTemplate(name)
        ?? throw new HoldfastException(
            ErrorCatalogue.NotFound,
            $"There is no server-wide backup '{name}'.",
            "List them with: GET /api/v1/server-wide-backups"
        );
}
