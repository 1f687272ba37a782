using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Backups;
using Holdfast.Api.Operations;
using Holdfast.Api.Tasks;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Operations;
using Holdfast.Node.Repairs;
using Holdfast.Node.Secrets;
using Holdfast.Node.Tasks;
using Holdfast.Server.Access;
using Holdfast.Server.Endpoints.Operations;
using Holdfast.Server.Endpoints.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Endpoints of the tasks of a database, both derived and regular.</summary>
internal static class TaskEndpoints
{
    public static void MapTasks(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/databases/{id}").WithTags("Tasks").RequireRole(Role.Viewer);
        group.MapGet("/tasks", ListAsync).WithSummary("List the tasks of a database");
        group.MapGet("/tasks/{taskId}", ShowAsync).WithSummary("Show a task");
        group.MapPost("/tasks", CreateAsync).RequireRole(Role.Operator).WithSummary("Create a regular task");
        group.MapPut("/tasks/{taskId}", PutAsync).RequireRole(Role.Operator).WithSummary("Change a regular task");
        group.MapDelete("/tasks/{taskId}", DeleteAsync).RequireRole(Role.Operator).WithSummary("Delete a regular task; its backups remain");
        group
            .MapPost("/tasks/{taskId}/backup", BackUpAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Back up this database now, by the task");
        group
            .MapPost("/tasks/{taskId}/repair", RepairAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Copy what the destinations of the task lack from each other");
        group.MapPost("/tasks/{taskId}/key", RevealKeyAsync).RequireRole(Role.Admin).WithSummary("Reveal the key of a task; audited");
        group.MapPost("/backup", BackUpOnceAsync).RequireRole(Role.Operator).WithSummary("Start a one-time full backup without a task");
    }

    private static async Task<Ok<Page<TaskView>>> ListAsync(
        string id,
        TaskFinder tasks,
        TaskViewFactory views,
        DatabaseKeys keys,
        CancellationToken cancellationToken
    )
    {
        var patterns = await keys.PatternsAsync(cancellationToken);
        return TypedResults.Ok(new Page<TaskView>([.. tasks.Of(id).Select(t => views.Create(t, patterns))]));
    }

    private static async Task<Ok<TaskView>> ShowAsync(
        string id,
        string taskId,
        HttpContext context,
        TaskFinder tasks,
        TaskEditor editor,
        TaskViewFactory views,
        DatabaseKeys keys
    )
    {
        var task = tasks.Find(id, taskId);
        var view = views.Create(task, await keys.PatternsAsync(context.RequestAborted));
        return TypedResults.Ok(editor.FindRegular(taskId) is { } own ? context.Response.WithETag(own.Revision, view) : view);
    }

    private static async Task<Created<RegularTaskView>> CreateAsync(
        string id,
        TaskDefinition body,
        HttpContext context,
        TaskFinder tasks,
        TaskEditor editor,
        TaskViewFactory views,
        DatabaseKeys keys
    )
    {
        var database = tasks.FindDatabase(id);
        var saved = await editor.PutRegularAsync(database, null, body, tasks.Of(id), null, context.RequestAborted);
        var view = ToView(saved, views, await keys.PatternsAsync(context.RequestAborted));
        return TypedResults.Created(
            ApiRoutes.BasePath + ApiRoutes.Expand(TaskRoutes.Item, id, saved.Item.Key),
            context.Response.WithETag(saved.Item.Revision, view)
        );
    }

    private static async Task<Ok<RegularTaskView>> PutAsync(
        string id,
        string taskId,
        TaskDefinition body,
        HttpContext context,
        [AsParameters] RegularTaskServices services
    )
    {
        var (tasks, editor, views, keys) = services;
        var task = tasks.FindEditable(id, taskId);
        var saved = await ConditionalRequests.EditAsync(
            context.Request,
            taskId,
            () => editor.FindRegular(taskId),
            TaskDefinitionMapper.ToDefinition,
            expected => editor.PutRegularAsync(task.Database, taskId, body, tasks.Of(id), expected, context.RequestAborted)
        );
        var view = ToView(saved, views, await keys.PatternsAsync(context.RequestAborted));
        return TypedResults.Ok(context.Response.WithETag(saved.Item.Revision, view));
    }

    private static async Task<NoContent> DeleteAsync(
        string id,
        string taskId,
        HttpRequest request,
        TaskFinder tasks,
        TaskEditor editor,
        CancellationToken cancellationToken
    )
    {
        var task = tasks.FindEditable(id, taskId);
        await ConditionalRequests.EditAsync(
            request,
            taskId,
            () => editor.FindRegular(taskId),
            TaskDefinitionMapper.ToDefinition,
            async expected =>
            {
                await editor.DeleteRegularAsync(task.Database, taskId, expected, cancellationToken);
                return true;
            }
        );
        return TypedResults.NoContent();
    }

    private static Task<Accepted<OperationIdView>> BackUpAsync(
        string id,
        string taskId,
        HttpContext context,
        TaskFinder tasks,
        BackupService backups,
        OperationStore operations,
        BackupRequest? body = null
    )
    {
        var task = tasks.Find(id, taskId);
        EnsureRunnable(task.Name, task.Settings);
        var job = new BackupJob(task.Database, task.Settings, body?.Kind ?? BackupKind.Full, task);
        return AcceptedOperation.RespondAsync(operations, backups.BackUp(job, context.User.Caller()!.Display).Id, context.RequestAborted);
    }

    private static Task<Accepted<OperationIdView>> RepairAsync(
        string id,
        string taskId,
        HttpContext context,
        TaskFinder tasks,
        RepairService repairs,
        OperationStore operations,
        RepairRequest? body = null
    )
    {
        var task = tasks.Find(id, taskId);
        var operation = repairs.Repair(task.Id, body?.AllChains ?? false, context.User.Caller()!.Display);
        return AcceptedOperation.RespondAsync(operations, operation.Id, context.RequestAborted);
    }

    private static async Task<Ok<KeyView>> RevealKeyAsync(string id, string taskId, HttpContext context, TaskFinder tasks, KeyRevealer keys)
    {
        var task = tasks.Find(id, taskId);
        return TypedResults.Ok(await keys.RevealAsync(task.TemplateId ?? task.Id, task.Name, task.Settings, context));
    }

    /// <summary>Rejects a backup that the schedule would not start either.</summary>
    internal static void EnsureRunnable(string name, TaskSettings settings)
    {
        if (settings.Disabled)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"'{name}' is disabled.",
                "Enable it first, or make a one-time backup of the database."
            );
        }
        if (settings.Destinations.Count == 0)
        {
            throw new HoldfastException(ErrorCatalog.NotAllowed, $"'{name}' has no destination.", "Add a destination first.");
        }
    }

    private static Task<Accepted<OperationIdView>> BackUpOnceAsync(
        string id,
        HttpContext context,
        TaskFinder tasks,
        TaskEditor editor,
        BackupService backups,
        OperationStore operations,
        OneTimeBackupRequest? body = null
    )
    {
        var database = tasks.FindDatabase(id);
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
        var errors = TaskValidator.Validate(settings with { FullBackup = "0 0 * * *" }).ToList();
        if (body.Destinations.Count == 0)
        {
            errors.Add(new("destinations", "At least one destination is required.", "Give the name of a destination."));
        }
        errors.AddRange(editor.FindUnusable(settings));
        ValidationException.ThrowIfAny([
            .. errors.Select(f => f with { Field = f.Field.Replace("encryption.", "", StringComparison.Ordinal) }),
        ]);
        return AcceptedOperation.RespondAsync(
            operations,
            backups.BackUp(new(database, settings, BackupKind.Full, null), context.User.Caller()!.Display).Id,
            context.RequestAborted
        );
    }

    private static RegularTaskView ToView(SavedTask<RegularTask> saved, TaskViewFactory views, IReadOnlyList<string> patterns) =>
        new(views.Create(TaskDerivation.FromRegularTask(saved.Item.Value), patterns), KeyMapper.ToView(saved.GeneratedKey));
}
