using Holdfast.Api.Transport;
using Holdfast.Core.Runs;

namespace Holdfast.Api.Runs;

/// <summary>Runs of server-wide backup tasks.</summary>
public sealed class RunsClient
{
    private readonly ApiSender _api;

    internal RunsClient(ApiSender api) => _api = api;

    /// <summary>Lists runs that match a query, newest first; null for all.</summary>
    public IAsyncEnumerable<Run> ListAsync(RunQuery? query = null, CancellationToken cancellationToken = default) =>
        _api.EnumerateAsync<Run>(after => (query ?? new()).ToPath(after ?? query?.After), cancellationToken);

    /// <summary>Gets one page of runs, newest first.</summary>
    public Task<Page<Run>> ListPageAsync(RunQuery query, CancellationToken cancellationToken = default) =>
        _api.GetAsync<Page<Run>>(query.ToPath(query.After), cancellationToken);

    /// <summary>Gets a run.</summary>
    public Task<Run> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _api.GetAsync<Run>(ApiRoutes.Expand(RunRoutes.Item, id), cancellationToken);

    /// <summary>Gets a run; returns null if none has this id.</summary>
    public Task<Run?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        _api.FindValueAsync<Run>(ApiRoutes.Expand(RunRoutes.Item, id), cancellationToken);

    /// <summary>Lists the databases of a run that match a query; those that need attention come first. Null for all.</summary>
    public IAsyncEnumerable<RunDatabaseView> ListDatabasesAsync(
        string id,
        RunDatabaseQuery? query = null,
        CancellationToken cancellationToken = default
    ) =>
        _api.EnumerateBySkipAsync<RunDatabaseView>(
            skip => (query ?? new()).ToPath(id, skip),
            query?.Skip ?? 0,
            (query ?? new()).PageSize,
            cancellationToken
        );

    /// <summary>Gets one page of the databases of a run.</summary>
    public Task<Page<RunDatabaseView>> ListDatabasePageAsync(
        string id,
        RunDatabaseQuery query,
        CancellationToken cancellationToken = default
    ) => _api.GetAsync<Page<RunDatabaseView>>(query.ToPath(id, query.Skip), cancellationToken);

    /// <summary>Aborts the queued and running backups of a run.</summary>
    public Task<RunAbortView> AbortAsync(string id, CancellationToken cancellationToken = default) =>
        _api.PostAsync<RunAbortView>(ApiRoutes.Expand(RunRoutes.Abort, id), cancellationToken);
}
