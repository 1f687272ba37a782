using Holdfast.Api.Transport;

namespace Holdfast.Api.Retention;

/// <summary>Manual retention of a task.</summary>
public sealed class RetentionClient
{
    private readonly ApiSender _api;

    internal RetentionClient(ApiSender api) => _api = api;

    /// <summary>Previews which chains retention would delete now, at each destination.</summary>
    public Task<IReadOnlyList<RetentionView>> PreviewAsync(string database, string taskId, CancellationToken cancellationToken = default) =>
        _api.ListAsync<RetentionView>(ApiRoutes.Expand(RetentionRoutes.Retention, database, taskId), cancellationToken);

    /// <summary>Deletes expired chains. A dry run deletes nothing.</summary>
    public Task<IReadOnlyList<RetentionView>> RunAsync(
        string database,
        string taskId,
        bool dryRun = false,
        CancellationToken cancellationToken = default
    ) =>
        _api.PostListAsync<RetentionView>(
            ApiRoutes.WithQuery(ApiRoutes.Expand(RetentionRoutes.Retention, database, taskId), ("dryRun", dryRun ? "true" : null)),
            cancellationToken
        );

    /// <summary>Deletes chains that an operator approves, although the retention guard blocks the deletion.</summary>
    public Task<IReadOnlyList<RetentionView>> ApproveAsync(
        string database,
        string taskId,
        RetentionApprovalRequest request,
        CancellationToken cancellationToken = default
    ) =>
        _api.PostListAsync<RetentionApprovalRequest, RetentionView>(
            ApiRoutes.Expand(RetentionRoutes.Approve, database, taskId),
            request,
            cancellationToken
        );
}
