using System.Text.Json.Nodes;
using Holdfast.Api.Backups;
using Holdfast.Api.Operations;
using Holdfast.Api.Tasks;
using Holdfast.Api.Transport;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>Server-wide backup tasks.</summary>
public sealed class ServerWideBackupsClient : NamedResourceClient<TaskDefinition, TemplateView>
{
    internal ServerWideBackupsClient(ApiSender api)
        : base(api, ServerWideBackupRoutes.List, ServerWideBackupRoutes.Item) { }

    /// <summary>Previews what a definition would do, without saving it.</summary>
    public Task<PreviewView> PreviewAsync(string name, TaskDefinition definition, CancellationToken cancellationToken = default) =>
        Api.PostAsync<TaskDefinition, PreviewView>(ApiRoutes.Expand(ServerWideBackupRoutes.Preview, name), definition, cancellationToken);

    /// <summary>Previews a definition that is sent as JSON, unchanged.</summary>
    public Task<PreviewView> PreviewDocumentAsync(string name, JsonObject definition, CancellationToken cancellationToken = default) =>
        Api.PostAsync<JsonObject, PreviewView>(ApiRoutes.Expand(ServerWideBackupRoutes.Preview, name), definition, cancellationToken);

    /// <summary>Starts a backup of all its databases.</summary>
    public Task<OperationIdsView> StartAsync(string name, BackupRequest request, CancellationToken cancellationToken = default) =>
        Api.PostAsync<BackupRequest, OperationIdsView>(ApiRoutes.Expand(ServerWideBackupRoutes.Backup, name), request, cancellationToken);

    /// <summary>Copies what its destinations lack from each other, for each of its databases.</summary>
    public Task<OperationIdsView> RepairAsync(string name, RepairRequest request, CancellationToken cancellationToken = default) =>
        Api.PostAsync<RepairRequest, OperationIdsView>(ApiRoutes.Expand(ServerWideBackupRoutes.Repair, name), request, cancellationToken);

    /// <summary>Reveals its key; the audit log records it.</summary>
    public Task<KeyView> RevealKeyAsync(string name, CancellationToken cancellationToken = default) =>
        Api.PostAsync<KeyView>(ApiRoutes.Expand(ServerWideBackupRoutes.Key, name), cancellationToken);
}
