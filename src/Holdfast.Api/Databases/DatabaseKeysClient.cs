using Holdfast.Api.Transport;

namespace Holdfast.Api.Databases;

/// <summary>Keys of encrypted databases.</summary>
public sealed class DatabaseKeysClient
{
    private readonly ApiSender _api;

    internal DatabaseKeysClient(ApiSender api) => _api = api;

    /// <summary>Lists the databases and globs that have a key.</summary>
    public Task<IReadOnlyList<DatabaseKeyView>> ListAsync(CancellationToken cancellationToken = default) =>
        _api.ListAsync<DatabaseKeyView>(DatabaseKeyRoutes.List, cancellationToken);

    /// <summary>Stores the key of all databases whose id matches a glob.</summary>
    public Task PutAsync(string databases, DatabaseKeyRequest request, CancellationToken cancellationToken = default) =>
        _api.PutBodyAsync(ApiRoutes.Expand(DatabaseKeyRoutes.Item, databases), request, cancellationToken);

    /// <summary>Deletes a key.</summary>
    public Task DeleteAsync(string databases, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(DatabaseKeyRoutes.Item, databases), null, cancellationToken);
}
