using Holdfast.Api.Transport;

namespace Holdfast.Api.Databases;

/// <summary>Databases.</summary>
public sealed class DatabasesClient
{
    private readonly ApiSender _api;

    internal DatabasesClient(ApiSender api) => _api = api;

    /// <summary>Databases that match a query, in its order; null for all.</summary>
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

    /// <summary>A page of them.</summary>
    public Task<Page<DatabaseView>> ListPageAsync(DatabaseQuery query, CancellationToken cancellationToken = default) =>
        _api.GetAsync<Page<DatabaseView>>(query.ToPath(DatabaseRoutes.List, query.After, query.Skip), cancellationToken);

    /// <summary>Number of databases in each state, of those that the query matches whatever its states.</summary>
    public Task<DatabaseCounts> CountAsync(DatabaseQuery? query = null, CancellationToken cancellationToken = default) =>
        _api.GetAsync<DatabaseCounts>((query ?? new()).ToPath(DatabaseRoutes.Counts, null, null), cancellationToken);

    /// <summary>One database.</summary>
    public Task<DatabaseView> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _api.GetAsync<DatabaseView>(ApiRoutes.Expand(DatabaseRoutes.Item, id), cancellationToken);

    /// <summary>One database; null where there is none of this id.</summary>
    public Task<DatabaseView?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        _api.FindValueAsync<DatabaseView>(ApiRoutes.Expand(DatabaseRoutes.Item, id), cancellationToken);

    /// <summary>Forgets a database that was dropped.</summary>
    public Task DismissAsync(string id, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(DatabaseRoutes.Item, id), null, cancellationToken);

    /// <summary>Stores the key of an encrypted database.</summary>
    public Task PutKeyAsync(string id, DatabaseKeyRequest request, CancellationToken cancellationToken = default) =>
        _api.PutBodyAsync(ApiRoutes.Expand(DatabaseRoutes.Key, id), request, cancellationToken);

    /// <summary>Forgets the key of a database.</summary>
    public Task DeleteKeyAsync(string id, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(DatabaseRoutes.Key, id), null, cancellationToken);
}
