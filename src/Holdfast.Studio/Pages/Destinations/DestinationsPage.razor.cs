using Holdfast.Api.Destinations;
using Holdfast.Core.Alerts;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Destinations;

/// <summary>Lists destinations with their states, and edits and tests them.</summary>
public sealed partial class DestinationsPage
{
    private IReadOnlyList<DestinationRow> _rows = [];
    private string? _testing;

    [SupplyParameterFromQuery]
    private string? Edit { get; set; }

    [SupplyParameterFromQuery]
    private string? Add { get; set; }

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.Changed.Overlaps(["destinations", "alert", "tasks"]);

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var templates = await Api.ServerWideBackups.ListAsync(cancellationToken);
        List<Alert> failing =
        [
            .. await Api.Alerts.ListAsync(new() { Kind = AlertKind.DestinationFailing }, cancellationToken).ToListAsync(cancellationToken),
            .. await Api.Alerts.ListAsync(new() { Kind = AlertKind.DestinationIdentity }, cancellationToken).ToListAsync(cancellationToken),
        ];
        var rows = new List<DestinationRow>();
        foreach (var config in await Api.Destinations.ListAsync(cancellationToken))
        {
            var test = await Api.Destinations.FindTestAsync(config.Name, cancellationToken);
            if (test is not null)
            {
                var status = await Api.Destinations.FindStatusAsync(config.Name, cancellationToken);
                rows.Add(DestinationRow.Of(config, test, failing, templates).With(status));
            }
        }

        _rows = rows;
    }

    private async Task TestAsync(string name)
    {
        _testing = name;
        await ExecuteAsync(() => Api.Destinations.TestAsync(name), $"'{name}' works: files can be written, listed and removed there.");
        _testing = null;
        await ReloadAsync();
    }

    private async Task InitializeAsync(DestinationView config)
    {
        if (
            !await ConfirmAsync(
                $"Initialize destination '{config.Name}'?",
                $"The present contents of {Kinds.GetLocation(config)} become this destination.",
                "Do this for a new or replaced disk. If the right disk is just not mounted, mount it instead: the server "
                    + "recognizes it within a minute.",
                "Initialize"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => Api.Destinations.InitializeAsync(config.Name), $"Destination '{config.Name}' is initialized.");
        await ReloadAsync();
    }

    private async Task RemoveAsync(DestinationView config)
    {
        if (
            !await ConfirmAsync(
                $"Remove destination '{config.Name}'?",
                "Tasks can no longer write to it, and its backups are no longer listed.",
                $"Files in {Kinds.GetLocation(config)} stay: nothing there is deleted. If you add the same place again, its backups "
                    + "are listed again.",
                "Remove"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => Api.Destinations.DeleteAsync(config.Name), $"Destination '{config.Name}' was removed. Its files stay.");
    }

    private async Task SavedAsync(string name)
    {
        Navigation.NavigateTo("/server/destinations");
        await TestAsync(name);
    }
}
