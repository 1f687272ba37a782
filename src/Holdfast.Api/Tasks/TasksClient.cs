using System.Text.Json.Nodes;
using Holdfast.Api.Backups;
using Holdfast.Api.Operations;
using Holdfast.Api.Transport;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Tasks;

/// <summary>Tasks of a database.</summary>
public sealed class TasksClient
{
    private readonly ApiSender _api;

    internal TasksClient(ApiSender api) => _api = api;

    /// <summary>Lists the tasks of a database.</summary>
    public Task<IReadOnlyList<TaskView>> ListAsync(string database, CancellationToken cancellationToken = default) =>
        _api.ListAsync<TaskView>(ApiRoutes.Expand(TaskRoutes.List, database), cancellationToken);

    /// <summary>Gets a task.</summary>
    public Task<Versioned<TaskView>> GetAsync(string database, string taskId, CancellationToken cancellationToken = default) =>
        _api.GetVersionedAsync<TaskView>(ApiRoutes.Expand(TaskRoutes.Item, database, taskId), cancellationToken);

    /// <summary>Gets a task; returns null if none has this id.</summary>
    public Task<Versioned<TaskView>?> FindAsync(string database, string taskId, CancellationToken cancellationToken = default) =>
        _api.FindAsync<TaskView>(ApiRoutes.Expand(TaskRoutes.Item, database, taskId), cancellationToken);

    /// <summary>Creates a regular task.</summary>
    public Task<Versioned<RegularTaskView>> CreateAsync(
        string database,
        TaskDefinition definition,
        CancellationToken cancellationToken = default
    ) => CreateAsync<TaskDefinition>(database, definition, cancellationToken);

    /// <summary>Creates a regular task from JSON, sent unchanged.</summary>
    public Task<Versioned<RegularTaskView>> CreateFromDocumentAsync(
        string database,
        JsonObject definition,
        CancellationToken cancellationToken = default
    ) => CreateAsync<JsonObject>(database, definition, cancellationToken);

    /// <summary>Changes a regular task.</summary>
    public Task<Versioned<RegularTaskView>> PutAsync(
        string database,
        string taskId,
        TaskDefinition definition,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) => PutAsync<TaskDefinition>(database, taskId, definition, condition, cancellationToken);

    /// <summary>Changes a regular task to a definition in JSON, sent unchanged.</summary>
    public Task<Versioned<RegularTaskView>> PutDocumentAsync(
        string database,
        string taskId,
        JsonObject definition,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) => PutAsync<JsonObject>(database, taskId, definition, condition, cancellationToken);

    /// <summary>Deletes a regular task. Its backups remain.</summary>
    public Task DeleteAsync(
        string database,
        string taskId,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) => _api.DeleteAsync(ApiRoutes.Expand(TaskRoutes.Item, database, taskId), condition, cancellationToken);

    /// <summary>Copies what its destinations lack from each other.</summary>
    public Task<OperationIdView> RepairAsync(
        string database,
        string taskId,
        RepairRequest request,
        CancellationToken cancellationToken = default
    ) => _api.PostAsync<RepairRequest, OperationIdView>(ApiRoutes.Expand(TaskRoutes.Repair, database, taskId), request, cancellationToken);

    /// <summary>Reveals its key; the audit log records it.</summary>
    public Task<KeyView> RevealKeyAsync(string database, string taskId, CancellationToken cancellationToken = default) =>
        _api.PostAsync<KeyView>(ApiRoutes.Expand(TaskRoutes.Key, database, taskId), cancellationToken);

    private Task<Versioned<RegularTaskView>> CreateAsync<T>(string database, T definition, CancellationToken cancellationToken) =>
        _api.SendAsync<RegularTaskView>(
            new(HttpMethod.Post, ApiRoutes.Expand(TaskRoutes.List, database)) { Body = ApiSender.ToJson(definition) },
            cancellationToken
        );

    private Task<Versioned<RegularTaskView>> PutAsync<T>(
        string database,
        string taskId,
        T definition,
        EditCondition? condition,
        CancellationToken cancellationToken
    ) => _api.PutAsync<T, RegularTaskView>(ApiRoutes.Expand(TaskRoutes.Item, database, taskId), definition, condition, cancellationToken);
}
