using Holdfast.Api.Transport;

namespace Holdfast.Api.Destinations;

/// <summary>Destinations.</summary>
public sealed class DestinationsClient
{
    private readonly ApiSender _api;

    internal DestinationsClient(ApiSender api) => _api = api;

    /// <summary>All destinations.</summary>
    public Task<IReadOnlyList<DestinationView>> ListAsync(CancellationToken cancellationToken = default) =>
        _api.ListAsync<DestinationView>(DestinationRoutes.List, cancellationToken);

    /// <summary>One destination.</summary>
    public Task<Versioned<DestinationView>> GetAsync(string name, CancellationToken cancellationToken = default) =>
        _api.GetVersionedAsync<DestinationView>(ApiRoutes.Expand(DestinationRoutes.Item, name), cancellationToken);

    /// <summary>One destination; null where there is none of this name.</summary>
    public Task<Versioned<DestinationView>?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        _api.FindAsync<DestinationView>(ApiRoutes.Expand(DestinationRoutes.Item, name), cancellationToken);

    /// <summary>Defines or changes a destination.</summary>
    public Task<Versioned<DestinationView>> PutAsync(
        string name,
        DestinationRequest request,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) =>
        _api.PutAsync<DestinationRequest, DestinationView>(
            ApiRoutes.Expand(DestinationRoutes.Item, name),
            request,
            condition,
            cancellationToken
        );

    /// <summary>Removes a destination; what is stored there stays.</summary>
    public Task DeleteAsync(string name, EditCondition? condition = null, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(DestinationRoutes.Item, name), condition, cancellationToken);

    /// <summary>The identity that it must have, and whether it has it.</summary>
    public Task<DestinationIdentityView> GetIdentityAsync(string name, CancellationToken cancellationToken = default) =>
        _api.GetAsync<DestinationIdentityView>(ApiRoutes.Expand(DestinationRoutes.Identity, name), cancellationToken);

    /// <summary>Creates its root and gives it an identity.</summary>
    public Task<DestinationIdentityView> InitializeAsync(string name, CancellationToken cancellationToken = default) =>
        _api.PostAsync<DestinationIdentityView>(ApiRoutes.Expand(DestinationRoutes.Initialize, name), cancellationToken);

    /// <summary>The result of its last test.</summary>
    public Task<DestinationTestView> GetTestAsync(string name, CancellationToken cancellationToken = default) =>
        _api.GetAsync<DestinationTestView>(ApiRoutes.Expand(DestinationRoutes.Test, name), cancellationToken);

    /// <summary>The result of its last test; null where there is none, or no such destination.</summary>
    public Task<DestinationTestView?> FindTestAsync(string name, CancellationToken cancellationToken = default) =>
        _api.FindValueAsync<DestinationTestView>(ApiRoutes.Expand(DestinationRoutes.Test, name), cancellationToken);

    /// <summary>Tests whether it can be written to.</summary>
    public Task<DestinationTestView> TestAsync(string name, CancellationToken cancellationToken = default) =>
        _api.PostAsync<DestinationTestView>(ApiRoutes.Expand(DestinationRoutes.Test, name), cancellationToken);
}
