using Holdfast.Api.Transport;
using Holdfast.Core.Alerts;

namespace Holdfast.Api.Alerts;

/// <summary>Alerts.</summary>
public sealed class AlertsClient
{
    private readonly ApiSender _api;

    internal AlertsClient(ApiSender api) => _api = api;

    /// <summary>Lists all active alerts that match a query, most severe first; null for all.</summary>
    public IAsyncEnumerable<Alert> ListAsync(AlertQuery? query = null, CancellationToken cancellationToken = default) =>
        _api.EnumerateAsync<Alert>(after => (query ?? new()).ToPath(after), cancellationToken);

    /// <summary>Gets one page of active alerts.</summary>
    public Task<Page<Alert>> ListPageAsync(AlertQuery query, CancellationToken cancellationToken = default) =>
        _api.GetAsync<Page<Alert>>(query.ToPath(query.After), cancellationToken);

    /// <summary>Acknowledges alerts, which ends them.</summary>
    public Task<AcknowledgedView> AcknowledgeAsync(AcknowledgeRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<AcknowledgeRequest, AcknowledgedView>(AlertRoutes.Acknowledge, request, cancellationToken);
}
