using System.Security.Claims;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Backups;
using Holdfast.Api.Operations;
using Holdfast.Api.Tasks;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Backups;
using Holdfast.Node.Tasks;
using Holdfast.Server.Access;
using Holdfast.Server.Audit;
using Holdfast.Server.Endpoints.Operations;
using Holdfast.Server.Endpoints.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>The tasks of a database, derived and regular together.</summary>
internal static class TaskEndpoints
{
    public static void MapTasks(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/databases/{id}").WithTags("Tasks").RequireRole(Role.Viewer);
        group.MapGet("/tasks", ListAsync).WithSummary("Its tasks");
        group.MapGet("/tasks/{taskId}", ShowAsync).WithSummary("One task");
        group.MapPost("/tasks", CreateAsync).RequireRole(Role.Operator).WithSummary("Define a regular task");
        group.MapPut("/tasks/{taskId}", PutAsync).RequireRole(Role.Operator).WithSummary("Change a regular task");
        group.MapDelete("/tasks/{taskId}", DeleteAsync).RequireRole(Role.Operator).WithSummary("Delete a regular task; its backups stay");
        group
            .MapPost("/tasks/{taskId}/backup", BackUpAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Back this database up now, as the task says");
        group.MapPost("/tasks/{taskId}/key", RevealKeyAsync).RequireRole(Role.Admin).WithSummary("Reveal the key of a task; audited");
        group.MapPost("/backup", BackUpOnceAsync).RequireRole(Role.Operator).WithSummary("One-time full backup without a task");
    }

    private static async Task<Ok<Page<TaskView>>> ListAsync(string id, HoldfastNode node, CancellationToken cancellationToken)
    {
        var patterns = await node.DatabaseKeys.PatternsAsync(cancellationToken);
        return TypedResults.Ok(
            new Page<TaskView>([.. node.Tasks.Of(FindDatabaseId(node, id)).Select(t => ViewFactory.CreateTaskView(node, t, patterns))])
        );
    }

    private static async Task<Ok<TaskView>> ShowAsync(
        string id,
        string taskId,
        HttpResponse response,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        var task = Find(node, id, taskId);
        var view = ViewFactory.CreateTaskView(node, task, await node.DatabaseKeys.PatternsAsync(cancellationToken));
        return TypedResults.Ok(node.State.Tasks.Find(taskId) is { } own ? response.WithETag(own.Revision, view) : view);
    }

    private static async Task<Created<RegularTaskView>> CreateAsync(
        string id,
        TaskDefinition body,
        HttpResponse response,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        var database = FindDatabaseId(node, id);
        var saved = await node.TaskEditor.PutRegularAsync(database, null, body, node.Tasks.Of(database), null, cancellationToken);
        return TypedResults.Created(
            ApiRoutes.BasePath + ApiRoutes.Expand(TaskRoutes.Item, id, saved.Item.Key),
            response.WithETag(saved.Item.Revision, await ToViewAsync(node, saved, cancellationToken))
        );
    }

    private static async Task<Ok<RegularTaskView>> PutAsync(
        string id,
        string taskId,
        TaskDefinition body,
        HttpRequest request,
        HttpResponse response,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        var task = EnsureEditable(Find(node, id, taskId));
        var saved = await ConditionalRequests.EditAsync(request, node.State.Tasks, taskId, TaskDefinitionMapper.ToDefinition, expected =>
            node.TaskEditor.PutRegularAsync(task.Database, taskId, body, node.Tasks.Of(task.Database), expected, cancellationToken)
        );
        return TypedResults.Ok(response.WithETag(saved.Item.Revision, await ToViewAsync(node, saved, cancellationToken)));
    }

    private static async Task<NoContent> DeleteAsync(
        string id,
        string taskId,
        HttpRequest request,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        var task = EnsureEditable(Find(node, id, taskId));
        await ConditionalRequests.EditAsync(request, node.State.Tasks, taskId, TaskDefinitionMapper.ToDefinition, async expected =>
        {
            await node.TaskEditor.DeleteRegularAsync(task.Database, taskId, expected, cancellationToken);
            return true;
        });
        return TypedResults.NoContent();
    }

    private static Task<Accepted<OperationIdView>> BackUpAsync(
        string id,
        string taskId,
        ClaimsPrincipal principal,
        HoldfastNode node,
        CancellationToken cancellationToken,
        BackupRequest? body = null
    )
    {
        var task = Find(node, id, taskId);
        EnsureRunnable(task.Name, task.Settings);
        return AcceptedOperation.RespondAsync(
            node,
            node.BackUp(new(task.Database, task.Settings, body?.Kind ?? BackupKind.Full, task), principal.Caller()!.Display).Id,
            cancellationToken
        );
    }

    private static async Task<Ok<KeyView>> RevealKeyAsync(
        string id,
        string taskId,
        HttpContext context,
        HoldfastNode node,
        AuditLog audit,
        CancellationToken cancellationToken
    )
    {
        var task = Find(node, id, taskId);
        return TypedResults.Ok(
            await GetKeyForRevealAsync(task.TemplateId ?? task.Id, task.Name, task.Settings, context, node, audit, cancellationToken)
        );
    }

    /// <summary>The key of a template or task, for an administrator; that it was shown is audited.</summary>
    internal static async Task<KeyView> GetKeyForRevealAsync(
        string id,
        string name,
        TaskSettings settings,
        HttpContext context,
        HoldfastNode node,
        AuditLog audit,
        CancellationToken cancellationToken
    )
    {
        var key = settings.Encryption is { Mode: EncryptionMode.Key, Recipients: [var recipient] }
            ? await node.ArchiveKeys.FindAsync(id, recipient, cancellationToken)
            : null;
        if (key is null)
        {
            throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"'{name}' has no key that this server keeps.",
                "With recipients only, the private keys are where you keep them."
            );
        }
        await audit.WriteAsync(context, "key-revealed", $"name={name} id={id}", "ok");
        return KeyMapper.ToView(key)!;
    }

    /// <summary>Refuses to run what the schedule would not run either.</summary>
    internal static void EnsureRunnable(string name, TaskSettings settings)
    {
        if (settings.Disabled)
        {
            throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"'{name}' is switched off.",
                "Switch it on first, or make a one-time backup of the database."
            );
        }
        if (settings.Destinations.Count == 0)
        {
            throw new HoldfastException(ErrorCatalogue.NotAllowed, $"'{name}' has no destination.", "Give it one first.");
        }
    }

    private static Task<Accepted<OperationIdView>> BackUpOnceAsync(
        string id,
        ClaimsPrincipal principal,
        HoldfastNode node,
        CancellationToken cancellationToken,
        OneTimeBackupRequest? body = null
    )
    {
        var database = FindDatabaseId(node, id);
        body ??= new();
        var settings = new TaskSettings
        {
            Type = body.Type,
            Destinations = body.Destinations,
            Encryption = new()
            {
                Mode = body.Recipients.Count == 0 ? EncryptionMode.None : EncryptionMode.Recipients,
                Recipients = body.Recipients,
                EncryptSnapshots = true,
            },
        };
        var faults = TaskValidator.Validate(settings with { FullBackup = "0 0 * * *" }).ToList();
        if (body.Destinations.Count == 0)
        {
            faults.Add(new("destinations", "A backup needs a destination.", "Name one."));
        }
        faults.AddRange(node.TaskEditor.FindUnusable(settings));
        ValidationException.ThrowIfAny([
            .. faults.Select(f => f with { Field = f.Field.Replace("encryption.", "", StringComparison.Ordinal) }),
        ]);
        return AcceptedOperation.RespondAsync(
            node,
            node.BackUp(new BackupJob(database, settings, BackupKind.Full, null), principal.Caller()!.Display).Id,
            cancellationToken
        );
    }

    private static async Task<RegularTaskView> ToViewAsync(
        HoldfastNode node,
        SavedTask<RegularTask> saved,
        CancellationToken cancellationToken
    ) =>
        new(
            ViewFactory.CreateTaskView(
                node,
                TaskDerivation.FromRegularTask(saved.Item.Value),
                await node.DatabaseKeys.PatternsAsync(cancellationToken)
            ),
            KeyMapper.ToView(saved.GeneratedKey)
        );

    private static BackupTask EnsureEditable(BackupTask task) =>
        task.IsServerWide
            ? throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"'{task.Name}' comes from a server-wide backup and cannot be changed on the database.",
                "Edit it there, or exclude the database there: /api/v1/server-wide-backups"
            )
            : task;

    internal static BackupTask Find(HoldfastNode node, string id, string taskId) =>
        node.Tasks.Of(FindDatabaseId(node, id)).FirstOrDefault(t => t.Id == taskId)
        ?? throw new HoldfastException(
            ErrorCatalogue.NotFound,
            $"Database '{id}' has no task '{taskId}'.",
            "List its tasks with: GET /api/v1/databases/ID/tasks"
        );

    private static DatabaseId FindDatabaseId(HoldfastNode node, string id) =>
        node.State.Databases.Find(id)?.Id
        ?? throw new HoldfastException(
            ErrorCatalogue.NotFound,
            $"There is no database '{id}'.",
            "List them with: GET /api/v1/databases. In a path an id is percent-encoded: demo%2Fshop.db"
        );
}
