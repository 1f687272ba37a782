using Holdfast.Api.Transport;

namespace Holdfast.Api.Kinds;

/// <summary>Kinds of engines and destinations.</summary>
public sealed class KindsClient
{
    private readonly ApiSender _api;

    internal KindsClient(ApiSender api) => _api = api;

    /// <summary>Gets all kinds. They do not change while the server runs.</summary>
    public Task<KindsView> GetAsync(CancellationToken cancellationToken = default) =>
        _api.GetAsync<KindsView>(KindRoutes.List, cancellationToken);
}
