using System.Globalization;
using Holdfast.Core.Alerts;
using Holdfast.Server.Endpoints;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Manage;

/// <summary>The alerts that stand, and where they are sent.</summary>
public sealed partial class AlertsPage
{
    private const int Step = 200;
    private const int MostLoaded = 10_000;

    private AlertList _list = new([]);
    private IReadOnlyDictionary<string, string> _templates = new Dictionary<string, string>();
    private ServerView? _server;
    private int _most = Step;
    private int _databases,
        _unprotected;

    [SupplyParameterFromQuery]
    private string? Severity { get; set; }

    protected override bool IsAbout(LiveBatch batch) => batch.Changed.Contains("alert") || (_list.Total == 0 && batch.HasNews);

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
        _list = new(await Api.ListAsync<Alert>("alerts?limit=1000", MostLoaded, cancellationToken));
    }

    private Task<bool> ConfirmClockAsync() =>
        DoAsync(
            () => Api.SendAsync(HttpMethod.Post, "server/clock/confirm"),
            "The clock is confirmed. Retention goes on after the next full backup."
        );

    private Task<bool> AcknowledgeAsync(Alert alert) =>
        DoAsync(
            () => Api.SendAsync(HttpMethod.Post, "alerts/acknowledge", new AcknowledgeRequest { Keys = [alert.Key] }),
            alert.Kind == AlertKind.BackupsMissing ? "Acknowledged. The chain is not extended all the same." : "Acknowledged."
        );

    private bool IsShown(AlertSeverity severity) => AlertList.Parse(Severity) == severity;

    private static string Count(int count) => $"{count.ToString("N0", CultureInfo.InvariantCulture)}{(count >= MostLoaded ? "+" : "")}";
}
