using Holdfast.Api.Transport;

namespace Holdfast.Api.Cluster;

/// <summary>The cluster.</summary>
public sealed class ClusterClient
{
    private readonly ApiSender _api;

    internal ClusterClient(ApiSender api) => _api = api;

    /// <summary>Its nodes, and which leads.</summary>
    public Task<ClusterView> GetAsync(CancellationToken cancellationToken = default) =>
        _api.GetAsync<ClusterView>(ClusterRoutes.Cluster, cancellationToken);
}
