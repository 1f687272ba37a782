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

    [SupplyParameterFromQuery] private string? Severity { get; set; }

    protected override bool IsAbout(LiveBatch batch) => batch.Changed.Contains("alert");

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _server = await Api.GetAsync<ServerView>("server", cancellationToken);
        _templates = (await Api.ListAsync<TemplateView>("server-wide-backups", cancellationToken: cancellationToken)).ToDictionary(t => t.Id, t => t.Name, StringComparer.Ordinal);
        _list = new(await Api.ListAsync<Alert>("alerts?limit=1000", MostLoaded, cancellationToken));
    }

    private bool IsShown(AlertSeverity severity) => AlertList.Parse(Severity) == severity;

    private static string Count(int count) => $"{count.ToString("N0", CultureInfo.InvariantCulture)}{(count >= MostLoaded ? "+" : "")}";
}
