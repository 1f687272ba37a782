using Holdfast.Api.Transport;

namespace Holdfast.Api.Sources;

/// <summary>Sources.</summary>
public sealed class SourcesClient
{
    private readonly ApiSender _api;

    internal SourcesClient(ApiSender api) => _api = api;

    /// <summary>All sources.</summary>
    public Task<IReadOnlyList<SourceView>> ListAsync(CancellationToken cancellationToken = default) =>
        _api.ListAsync<SourceView>(SourceRoutes.List, cancellationToken);

    /// <summary>One source.</summary>
    public Task<Versioned<SourceView>> GetAsync(string name, CancellationToken cancellationToken = default) =>
        _api.GetVersionedAsync<SourceView>(ApiRoutes.Expand(SourceRoutes.Item, name), cancellationToken);

    /// <summary>One source; null where there is none of this name.</summary>
    public Task<Versioned<SourceView>?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        _api.FindAsync<SourceView>(ApiRoutes.Expand(SourceRoutes.Item, name), cancellationToken);

    /// <summary>Defines or changes a source that is a database server.</summary>
    public Task<Versioned<SourceView>> PutAsync(
        string name,
        SourceRequest request,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) => _api.PutAsync<SourceRequest, SourceView>(ApiRoutes.Expand(SourceRoutes.Item, name), request, condition, cancellationToken);

    /// <summary>Removes a source that was defined over the API; its backups stay.</summary>
    public Task DeleteAsync(string name, EditCondition? condition = null, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(SourceRoutes.Item, name), condition, cancellationToken);

    /// <summary>Files that the last discovery skipped, with the reasons.</summary>
    public Task<SkippedFilesView> GetSkippedFilesAsync(string name, CancellationToken cancellationToken = default) =>
        _api.GetAsync<SkippedFilesView>(ApiRoutes.Expand(SourceRoutes.SkippedFiles, name), cancellationToken);

    /// <summary>Discovers its databases now.</summary>
    public Task<SourceView> DiscoverAsync(string name, CancellationToken cancellationToken = default) =>
        _api.PostAsync<SourceView>(ApiRoutes.Expand(SourceRoutes.Discover, name), cancellationToken);

    /// <summary>Confirms its present identity, and that missing databases were dropped.</summary>
    public Task<SourceView> ConfirmAsync(string name, CancellationToken cancellationToken = default) =>
        _api.PostAsync<SourceView>(ApiRoutes.Expand(SourceRoutes.Confirm, name), cancellationToken);

    /// <summary>Tests whether its databases can be backed up and restored.</summary>
    public Task<SourceTestView> TestAsync(string name, CancellationToken cancellationToken = default) =>
        _api.PostAsync<SourceTestView>(ApiRoutes.Expand(SourceRoutes.Test, name), cancellationToken);

    /// <summary>
    /// Tests a definition without saving it. With the name of a source, passwords that are left out are those stored
    /// for it.
    /// </summary>
    public Task<SourceTestView> TestDefinitionAsync(SourceRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<SourceRequest, SourceTestView>(SourceRoutes.TestDefinition, request, cancellationToken);
}
