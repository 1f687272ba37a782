using Holdfast.Api.Backups;
using Holdfast.Api.Operations;
using Holdfast.Api.Tasks;
using Holdfast.Api.Transport;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>Server-wide backup tasks.</summary>
public sealed class ServerWideBackupsClient
{
    private readonly ApiSender _api;

    internal ServerWideBackupsClient(ApiSender api) => _api = api;

    /// <summary>All tasks.</summary>
    public Task<IReadOnlyList<TemplateView>> ListAsync(CancellationToken cancellationToken = default) =>
        _api.ListAsync<TemplateView>(ServerWideBackupRoutes.List, cancellationToken);

    /// <summary>One task.</summary>
    public Task<Versioned<TemplateView>> GetAsync(string name, CancellationToken cancellationToken = default) =>
        _api.GetVersionedAsync<TemplateView>(ApiRoutes.Expand(ServerWideBackupRoutes.Item, name), cancellationToken);

    /// <summary>One task; null where there is none of this name.</summary>
    public Task<Versioned<TemplateView>?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        _api.FindAsync<TemplateView>(ApiRoutes.Expand(ServerWideBackupRoutes.Item, name), cancellationToken);

    /// <summary>Defines or changes a task.</summary>
    public Task<Versioned<TemplateView>> PutAsync(
        string name,
        TaskDefinition definition,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) =>
        _api.PutAsync<TaskDefinition, TemplateView>(
            ApiRoutes.Expand(ServerWideBackupRoutes.Item, name),
            definition,
            condition,
            cancellationToken
        );

    /// <summary>What a definition would do, without saving it.</summary>
    public Task<PreviewView> PreviewAsync(string name, TaskDefinition definition, CancellationToken cancellationToken = default) =>
        _api.PostAsync<TaskDefinition, PreviewView>(ApiRoutes.Expand(ServerWideBackupRoutes.Preview, name), definition, cancellationToken);

    /// <summary>Deletes a task; its backups stay.</summary>
    public Task DeleteAsync(string name, EditCondition? condition = null, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(ServerWideBackupRoutes.Item, name), condition, cancellationToken);

    /// <summary>Starts a backup of all its databases.</summary>
    public Task<OperationIdsView> StartAsync(string name, BackupRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<BackupRequest, OperationIdsView>(ApiRoutes.Expand(ServerWideBackupRoutes.Backup, name), request, cancellationToken);

    /// <summary>Reveals its key; the audit log records it.</summary>
    public Task<KeyView> RevealKeyAsync(string name, CancellationToken cancellationToken = default) =>
        _api.PostAsync<KeyView>(ApiRoutes.Expand(ServerWideBackupRoutes.Key, name), cancellationToken);
}
