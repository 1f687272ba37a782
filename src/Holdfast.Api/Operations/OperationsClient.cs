using Holdfast.Api.Transport;
using Holdfast.Core.Operations;

namespace Holdfast.Api.Operations;

/// <summary>Operations.</summary>
public sealed class OperationsClient
{
    private readonly ApiSender _api;

    internal OperationsClient(ApiSender api) => _api = api;

    /// <summary>Lists operations that match a query, newest first; null for all.</summary>
    public IAsyncEnumerable<Operation> ListAsync(OperationQuery? query = null, CancellationToken cancellationToken = default) =>
        _api.EnumerateAsync<Operation>(after => (query ?? new()).ToPath(OperationRoutes.List, after ?? query?.After), cancellationToken);

    /// <summary>Gets one page of operations, newest first.</summary>
    public Task<Page<Operation>> ListPageAsync(OperationQuery query, CancellationToken cancellationToken = default) =>
        _api.GetAsync<Page<Operation>>(query.ToPath(OperationRoutes.List, query.After), cancellationToken);

    /// <summary>Counts the operations in each state that match a query, ignoring its state.</summary>
    public Task<OperationCounts> CountAsync(OperationQuery? query = null, CancellationToken cancellationToken = default) =>
        _api.GetAsync<OperationCounts>((query ?? new()).ToPath(OperationRoutes.Counts, null), cancellationToken);

    /// <summary>Gets an operation.</summary>
    public Task<Operation> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _api.GetAsync<Operation>(ApiRoutes.Expand(OperationRoutes.Item, id), cancellationToken);

    /// <summary>Gets an operation; returns null if none has this id.</summary>
    public Task<Operation?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        _api.FindValueAsync<Operation>(ApiRoutes.Expand(OperationRoutes.Item, id), cancellationToken);

    /// <summary>Gets the lines of its log, which are kept while it runs and shortly after.</summary>
    public Task<IReadOnlyList<string>> GetLogAsync(string id, CancellationToken cancellationToken = default) =>
        _api.ListAsync<string>(ApiRoutes.Expand(OperationRoutes.Log, id), cancellationToken);

    /// <summary>Aborts it.</summary>
    public Task AbortAsync(string id, CancellationToken cancellationToken = default) =>
        _api.PostAsync(ApiRoutes.Expand(OperationRoutes.Abort, id), cancellationToken);

    /// <summary>Stops a backup and starts it again later.</summary>
    public Task DelayAsync(string id, DelayRequest request, CancellationToken cancellationToken = default) =>
        _api.PostBodyAsync(ApiRoutes.Expand(OperationRoutes.Delay, id), request, cancellationToken);
}
