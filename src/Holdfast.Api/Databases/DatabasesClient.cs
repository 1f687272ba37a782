using Holdfast.Api.Transport;

namespace Holdfast.Api.Databases;

/// <summary>Databases.</summary>
public sealed class DatabasesClient
{
    private readonly ApiSender _api;

    internal DatabasesClient(ApiSender api) => _api = api;

    /// <summary>Lists databases that match a query, in its order; null for all.</summary>
    public IAsyncEnumerable<DatabaseView> ListAsync(DatabaseQuery? query = null, CancellationToken cancellationToken = default) =>
        (query ??= new()).IsSortedById
            ? _api.EnumerateAsync<DatabaseView>(
                after => query.ToPath(DatabaseRoutes.List, after ?? query.After, query.Skip),
                cancellationToken
            )
            : _api.EnumerateBySkipAsync<DatabaseView>(
                skip => query.ToPath(DatabaseRoutes.List, query.After, skip),
                query.Skip ?? 0,
                query.PageSize,
                cancellationToken
            );

    /// <summary>Gets one page of databases.</summary>
    public Task<Page<DatabaseView>> ListPageAsync(DatabaseQuery query, CancellationToken cancellationToken = default) =>
        _api.GetAsync<Page<DatabaseView>>(query.ToPath(DatabaseRoutes.List, query.After, query.Skip), cancellationToken);

    /// <summary>Counts the databases in each state that match a query, ignoring its states.</summary>
    public Task<DatabaseCounts> CountAsync(DatabaseQuery? query = null, CancellationToken cancellationToken = default) =>
        _api.GetAsync<DatabaseCounts>((query ?? new()).ToPath(DatabaseRoutes.Counts, null, null), cancellationToken);

    /// <summary>Gets a database.</summary>
    public Task<DatabaseView> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _api.GetAsync<DatabaseView>(ApiRoutes.Expand(DatabaseRoutes.Item, id), cancellationToken);

    /// <summary>Gets a database; returns null if none has this id.</summary>
    public Task<DatabaseView?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        _api.FindValueAsync<DatabaseView>(ApiRoutes.Expand(DatabaseRoutes.Item, id), cancellationToken);

    /// <summary>Removes a dropped database from the list. Its backups remain.</summary>
    public Task DismissAsync(string id, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(DatabaseRoutes.Item, id), null, cancellationToken);

    /// <summary>Stores the key of an encrypted database.</summary>
    public Task PutKeyAsync(string id, DatabaseKeyRequest request, CancellationToken cancellationToken = default) =>
        _api.PutBodyAsync(ApiRoutes.Expand(DatabaseRoutes.Key, id), request, cancellationToken);

    /// <summary>Deletes the key of a database.</summary>
    public Task DeleteKeyAsync(string id, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(DatabaseRoutes.Key, id), null, cancellationToken);
}
