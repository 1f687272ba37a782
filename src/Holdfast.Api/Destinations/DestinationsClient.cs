using Holdfast.Api.Operations;
using Holdfast.Api.Transport;

namespace Holdfast.Api.Destinations;

/// <summary>Destinations.</summary>
public sealed class DestinationsClient : NamedResourceClient<DestinationRequest, DestinationView>
{
    internal DestinationsClient(ApiSender api)
        : base(api, DestinationRoutes.List, DestinationRoutes.Item) { }

    /// <summary>Gets the identity that it must have, and whether it has it.</summary>
    public Task<DestinationIdentityView> GetIdentityAsync(string name, CancellationToken cancellationToken = default) =>
        Api.GetAsync<DestinationIdentityView>(ApiRoutes.Expand(DestinationRoutes.Identity, name), cancellationToken);

    /// <summary>Creates its root and gives it an identity.</summary>
    public Task<DestinationIdentityView> InitializeAsync(string name, CancellationToken cancellationToken = default) =>
        Api.PostAsync<DestinationIdentityView>(ApiRoutes.Expand(DestinationRoutes.Initialize, name), cancellationToken);

    /// <summary>Gets what a node knows about its use; returns null if no destination has this name.</summary>
    public Task<DestinationStatusView?> FindStatusAsync(string name, CancellationToken cancellationToken = default) =>
        Api.FindValueAsync<DestinationStatusView>(ApiRoutes.Expand(DestinationRoutes.Status, name), cancellationToken);

    /// <summary>Gets the result of its last test.</summary>
    public Task<DestinationTestView> GetTestAsync(string name, CancellationToken cancellationToken = default) =>
        Api.GetAsync<DestinationTestView>(ApiRoutes.Expand(DestinationRoutes.Test, name), cancellationToken);

    /// <summary>Gets the result of its last test; returns null if there is none, or no destination has this name.</summary>
    public Task<DestinationTestView?> FindTestAsync(string name, CancellationToken cancellationToken = default) =>
        Api.FindValueAsync<DestinationTestView>(ApiRoutes.Expand(DestinationRoutes.Test, name), cancellationToken);

    /// <summary>Tests whether it can be written to.</summary>
    public Task<DestinationTestView> TestAsync(string name, CancellationToken cancellationToken = default) =>
        Api.PostAsync<DestinationTestView>(ApiRoutes.Expand(DestinationRoutes.Test, name), cancellationToken);

    /// <summary>Starts an operation that rebuilds the server's catalog from it. If one is queued or running, returns that one.</summary>
    public Task<OperationIdView> RebuildCatalogAsync(
        string name,
        CatalogRebuildRequest request,
        CancellationToken cancellationToken = default
    ) =>
        Api.PostAsync<CatalogRebuildRequest, OperationIdView>(
            ApiRoutes.Expand(DestinationRoutes.Catalog, name),
            request,
            cancellationToken
        );
}
