using Holdfast.Api.Transport;

namespace Holdfast.Api.Access;

/// <summary>The audit log.</summary>
public sealed class AuditClient
{
    private readonly ApiSender _api;

    internal AuditClient(ApiSender api) => _api = api;

    /// <summary>Lists all entries that contain <paramref name="search"/>, newest first; null for all entries.</summary>
    public IAsyncEnumerable<AuditEntry> ListAsync(string? search = null, CancellationToken cancellationToken = default) =>
        _api.EnumerateAsync<AuditEntry>(after => ListPath(after, null, search), cancellationToken);

    /// <summary>Gets one page of entries, newest first.</summary>
    public Task<Page<AuditEntry>> ListPageAsync(
        string? after = null,
        int? limit = null,
        string? search = null,
        CancellationToken cancellationToken = default
    ) => _api.GetAsync<Page<AuditEntry>>(ListPath(after, limit, search), cancellationToken);

    private static string ListPath(string? after, int? limit, string? search) =>
        ApiRoutes.WithQuery(
            AuditRoutes.List,
            ("after", after),
            ("limit", ApiRoutes.Text(limit ?? ApiRoutes.MaxPageSize)),
            ("search", search)
        );
}
