using Holdfast.Api.Operations;
using Holdfast.Api.Tasks;
using Holdfast.Api.Transport;

namespace Holdfast.Api.Backups;

/// <summary>Starts backups, restores and verifications, and lists stored backups.</summary>
public sealed class BackupsClient
{
    private readonly ApiSender _api;

    internal BackupsClient(ApiSender api) => _api = api;

    /// <summary>Starts a backup of a task. If the task already has one queued or running, returns the id of that one.</summary>
    public Task<OperationIdView> StartAsync(
        string database,
        string taskId,
        BackupRequest request,
        CancellationToken cancellationToken = default
    ) => _api.PostAsync<BackupRequest, OperationIdView>(ApiRoutes.Expand(TaskRoutes.Backup, database, taskId), request, cancellationToken);

    /// <summary>Starts a full backup of a database without a task.</summary>
    public Task<OperationIdView> StartOneTimeAsync(
        string database,
        OneTimeBackupRequest request,
        CancellationToken cancellationToken = default
    ) =>
        _api.PostAsync<OneTimeBackupRequest, OperationIdView>(
            ApiRoutes.Expand(TaskRoutes.OneTimeBackup, database),
            request,
            cancellationToken
        );

    /// <summary>Lists the restore points of a location: a database id, <c>destination:NAME/path</c>, or a path.</summary>
    public Task<IReadOnlyList<RestorePointView>> ListPointsAsync(string from, CancellationToken cancellationToken = default) =>
        _api.ListAsync<RestorePointView>(ApiRoutes.WithQuery(BackupRoutes.Points, ("from", from)), cancellationToken);

    /// <summary>Lists the chains of a location, as for restore points.</summary>
    public Task<ChainsView> ListChainsAsync(string from, CancellationToken cancellationToken = default) =>
        _api.GetAsync<ChainsView>(ApiRoutes.WithQuery(BackupRoutes.Chains, ("from", from)), cancellationToken);

    /// <summary>Lists the databases that have backups below a destination or a path.</summary>
    public Task<IReadOnlyList<BackedUpDatabaseView>> ListDatabasesAsync(string from, CancellationToken cancellationToken = default) =>
        _api.ListAsync<BackedUpDatabaseView>(ApiRoutes.WithQuery(BackupRoutes.Databases, ("from", from)), cancellationToken);

    /// <summary>Checks whether a restore point can be read.</summary>
    public Task<RestorePointCheckView> CheckAsync(RestorePointCheckRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<RestorePointCheckRequest, RestorePointCheckView>(BackupRoutes.Check, request, cancellationToken);

    /// <summary>Starts a verification of chains.</summary>
    public Task<OperationIdView> VerifyAsync(VerifyRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<VerifyRequest, OperationIdView>(BackupRoutes.Verify, request, cancellationToken);

    /// <summary>Starts a restore as a new database.</summary>
    public Task<OperationIdView> RestoreAsync(RestoreRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<RestoreRequest, OperationIdView>(BackupRoutes.Restores, request, cancellationToken);

    /// <summary>Deletes a chain at one destination.</summary>
    public Task RemoveChainAsync(ChainRemovalRequest request, CancellationToken cancellationToken = default) =>
        _api.PostBodyAsync(BackupRoutes.RemoveChain, request, cancellationToken);
}
