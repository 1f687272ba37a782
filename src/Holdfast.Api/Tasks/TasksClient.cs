using Holdfast.Api.Transport;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Tasks;

/// <summary>Tasks of a database.</summary>
public sealed class TasksClient
{
    private readonly ApiSender _api;

    internal TasksClient(ApiSender api) => _api = api;

    /// <summary>Its tasks.</summary>
    public Task<IReadOnlyList<TaskView>> ListAsync(string database, CancellationToken cancellationToken = default) =>
        _api.ListAsync<TaskView>(ApiRoutes.Expand(TaskRoutes.List, database), cancellationToken);

    /// <summary>One task.</summary>
    public Task<Versioned<TaskView>> GetAsync(string database, string taskId, CancellationToken cancellationToken = default) =>
        _api.GetVersionedAsync<TaskView>(ApiRoutes.Expand(TaskRoutes.Item, database, taskId), cancellationToken);

    /// <summary>One task; null where there is none of this id.</summary>
    public Task<Versioned<TaskView>?> FindAsync(string database, string taskId, CancellationToken cancellationToken = default) =>
        _api.FindAsync<TaskView>(ApiRoutes.Expand(TaskRoutes.Item, database, taskId), cancellationToken);

    /// <summary>Defines a regular task.</summary>
    public Task<Versioned<RegularTaskView>> CreateAsync(
        string database,
        TaskDefinition definition,
        CancellationToken cancellationToken = default
    ) =>
        _api.SendAsync<RegularTaskView>(
            new(HttpMethod.Post, ApiRoutes.Expand(TaskRoutes.List, database)) { Body = ApiSender.ToJson(definition) },
            cancellationToken
        );

    /// <summary>Changes a regular task.</summary>
    public Task<Versioned<RegularTaskView>> PutAsync(
        string database,
        string taskId,
        TaskDefinition definition,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) =>
        _api.PutAsync<TaskDefinition, RegularTaskView>(
            ApiRoutes.Expand(TaskRoutes.Item, database, taskId),
            definition,
            condition,
            cancellationToken
        );

    /// <summary>Deletes a regular task; its backups stay.</summary>
    public Task DeleteAsync(
        string database,
        string taskId,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) => _api.DeleteAsync(ApiRoutes.Expand(TaskRoutes.Item, database, taskId), condition, cancellationToken);

    /// <summary>Reveals its key; the audit log records it.</summary>
    public Task<KeyView> RevealKeyAsync(string database, string taskId, CancellationToken cancellationToken = default) =>
        _api.PostAsync<KeyView>(ApiRoutes.Expand(TaskRoutes.Key, database, taskId), cancellationToken);
}
