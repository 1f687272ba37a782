using System.Text.Json.Nodes;
using Holdfast.Api.Transport;

namespace Holdfast.Api.Sources;

/// <summary>Sources. Only database servers can be defined and deleted over the API.</summary>
public sealed class SourcesClient : NamedResourceClient<SourceRequest, SourceView>
{
    internal SourcesClient(ApiSender api)
        : base(api, SourceRoutes.List, SourceRoutes.Item) { }

    /// <summary>Gets the files that the last discovery skipped, with the reasons.</summary>
    public Task<SkippedFilesView> GetSkippedFilesAsync(string name, CancellationToken cancellationToken = default) =>
        Api.GetAsync<SkippedFilesView>(ApiRoutes.Expand(SourceRoutes.SkippedFiles, name), cancellationToken);

    /// <summary>Discovers the databases of a source now.</summary>
    public Task<SourceView> DiscoverAsync(string name, CancellationToken cancellationToken = default) =>
        Api.PostAsync<SourceView>(ApiRoutes.Expand(SourceRoutes.Discover, name), cancellationToken);

    /// <summary>Confirms the current identity of a source, and that its missing databases were dropped.</summary>
    public Task<SourceView> ConfirmAsync(string name, CancellationToken cancellationToken = default) =>
        Api.PostAsync<SourceView>(ApiRoutes.Expand(SourceRoutes.Confirm, name), cancellationToken);

    /// <summary>Tests whether a source's databases can be backed up and restored.</summary>
    public Task<SourceTestView> TestAsync(string name, CancellationToken cancellationToken = default) =>
        Api.PostAsync<SourceTestView>(ApiRoutes.Expand(SourceRoutes.Test, name), cancellationToken);

    /// <summary>
    /// Tests a definition without saving it. If it has the name of a source, omitted passwords are those stored for
    /// that source.
    /// </summary>
    public Task<SourceTestView> TestDefinitionAsync(SourceRequest request, CancellationToken cancellationToken = default) =>
        Api.PostAsync<SourceRequest, SourceTestView>(SourceRoutes.TestDefinition, request, cancellationToken);

    /// <summary>Tests a definition that is sent as it is, without saving it; see <see cref="TestDefinitionAsync"/>.</summary>
    public Task<SourceTestView> TestDocumentAsync(JsonObject definition, CancellationToken cancellationToken = default) =>
        Api.PostAsync<JsonObject, SourceTestView>(SourceRoutes.TestDefinition, definition, cancellationToken);
}
