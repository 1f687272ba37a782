using System.Globalization;
using Holdfast.Api.ServerInfo;
using Holdfast.Core.Alerts;
using Holdfast.Studio.Formatting;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Alerts;

/// <summary>Active alerts, and the state of notifications.</summary>
public sealed partial class AlertsPage
{
    private const int PageSize = 200;
    private const int MaxLoaded = 10_000;

    private AlertList _list = new([]);
    private IReadOnlyDictionary<string, string> _templates = new Dictionary<string, string>();
    private ServerView? _server;
    private int _limit = PageSize;
    private int _databases,
        _unprotected;

    [SupplyParameterFromQuery]
    private string? Severity { get; set; }

    private string UnprotectedHint =>
        $"{_unprotected.ToString("N0", CultureInfo.InvariantCulture)} of {Plural.Of(_databases, "database")} "
        + $"{(_unprotected == 1 ? "is" : "are")} not yet protected at every destination.";

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.Changed.Contains("alert") || (_list.Total == 0 && batch.HasChanges);

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _server = await Api.Server.GetAsync(cancellationToken);
        _templates = (await Api.ServerWideBackups.ListAsync(cancellationToken)).ToDictionary(
            t => t.Id,
            t => t.Name,
            StringComparer.Ordinal
        );
        var counts = await Api.Databases.CountAsync(cancellationToken: cancellationToken);
        _databases = counts.Total - counts.States.GetValueOrDefault("Dropped");
        _unprotected = _databases - counts.States.GetValueOrDefault("Covered");
        _list = new(await Api.Alerts.ListAsync(cancellationToken: cancellationToken).Take(MaxLoaded).ToListAsync(cancellationToken));
    }

    private Task<bool> ConfirmClockAsync() =>
        ExecuteAsync(() => Api.Server.ConfirmClockAsync(), "Clock confirmed. Retention resumes after the next full backup.");

    private Task<bool> AcknowledgeAsync(Alert alert) =>
        ExecuteAsync(
            () => Api.Alerts.AcknowledgeAsync(new() { Keys = [alert.Key] }),
            alert.Kind == AlertKind.BackupsMissing ? "Acknowledged. The chain will still not be extended." : "Acknowledged."
        );

    private bool IsShown(AlertSeverity severity) => AlertList.Parse(Severity) == severity;

    private static string Count(int count) => $"{count.ToString("N0", CultureInfo.InvariantCulture)}{(count >= MaxLoaded ? "+" : "")}";
}
