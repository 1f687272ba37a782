using Holdfast.Api.Transport;

namespace Holdfast.Api.Cluster;

/// <summary>The nodes of the cluster.</summary>
public sealed class ClusterClient
{
    private readonly ApiSender _api;

    internal ClusterClient(ApiSender api) => _api = api;

    /// <summary>Gets the nodes and the leader.</summary>
    public Task<ClusterView> GetAsync(CancellationToken cancellationToken = default) =>
        _api.GetAsync<ClusterView>(ClusterRoutes.Cluster, cancellationToken);
}
