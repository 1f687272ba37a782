using System.Globalization;
using Holdfast.Api.Alerts;
using Holdfast.Api.Databases;
using Holdfast.Api.ServerInfo;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Core.Alerts;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Alerts;

/// <summary>The alerts that stand, and where they are sent.</summary>
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

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.Changed.Contains("alert") || (_list.Total == 0 && batch.HasChanges);

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _server = await Api.GetAsync<ServerView>("server", cancellationToken);
        _templates = (await Api.ListAsync<TemplateView>("server-wide-backups", cancellationToken: cancellationToken)).ToDictionary(
            t => t.Id,
            t => t.Name,
            StringComparer.Ordinal
        );
        var counts = await Api.GetAsync<DatabaseCounts>("databases/counts", cancellationToken);
        _databases = counts.Total - counts.States.GetValueOrDefault("Dropped");
        _unprotected = _databases - counts.States.GetValueOrDefault("Covered");
        _list = new(await Api.ListAsync<Alert>("alerts?limit=1000", MaxLoaded, cancellationToken));
    }

    private Task<bool> ConfirmClockAsync() =>
        ExecuteAsync(
            () => Api.SendAsync(HttpMethod.Post, "server/clock/confirm"),
            "The clock is confirmed. Retention goes on after the next full backup."
        );

    private Task<bool> AcknowledgeAsync(Alert alert) =>
        ExecuteAsync(
            () => Api.SendAsync(HttpMethod.Post, "alerts/acknowledge", new AcknowledgeRequest { Keys = [alert.Key] }),
            alert.Kind == AlertKind.BackupsMissing ? "Acknowledged. The chain is not extended all the same." : "Acknowledged."
        );

    private bool IsShown(AlertSeverity severity) => AlertList.Parse(Severity) == severity;

    private static string Count(int count) => $"{count.ToString("N0", CultureInfo.InvariantCulture)}{(count >= MaxLoaded ? "+" : "")}";
}
