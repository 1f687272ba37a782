using Holdfast.Api;
using Holdfast.Core.Alerts;
using Holdfast.Studio.Live;

namespace Holdfast.Studio.Layout;

public sealed partial class AlertBell
{
    private int _count;
    private bool _hasErrors;

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.Changed.Contains("alert");

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var alerts = await Api.Alerts.ListPageAsync(new() { Limit = ApiRoutes.MaxPageSize }, cancellationToken);
        (_count, _hasErrors) = (alerts.Items.Count, alerts.Items.Any(a => a.Severity >= AlertSeverity.Error));
    }
}
