using Holdfast.Server.Endpoints;
using Holdfast.Studio.Live;
using Holdfast.Studio.Words;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Manage;

/// <summary>What the node is attached to, and the keys of encrypted databases.</summary>
public sealed partial class SourcesPage
{
    private IReadOnlyList<SourceView> _sources = [];
    private string? _looking;
    private string? _testing;
    private SourceTestView? _test;
    private PassedOverView? _passedOver;

    [SupplyParameterFromQuery]
    private string? Add { get; set; }

    [SupplyParameterFromQuery]
    private string? Edit { get; set; }

    [SupplyParameterFromQuery]
    private string? Passed { get; set; }

    protected override bool IsAbout(LiveBatch batch) => batch.Changed.Overlaps(["databases", "sources", "alert"]);

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _sources = await Api.ListAsync<SourceView>("sources", cancellationToken: cancellationToken);
        _passedOver = Passed is null
            ? null
            : await Api.GetAsync<PassedOverView>($"sources/{Uri.EscapeDataString(Passed)}/passed-over", cancellationToken);
    }

    private async Task TestAsync(string name)
    {
        (_testing, _test) = (name, null);
        await DoAsync(async () =>
            _test = (await Api.SendAsync<SourceTestView>(HttpMethod.Post, $"sources/{Uri.EscapeDataString(name)}/test")).Value
        );
        _testing = null;
    }

    private async Task RemoveAsync(SourceView source)
    {
        if (
            !await ConfirmAsync(
                $"Remove source '{source.Name}'?",
                $"Its {Plural.Of(source.Databases, "database")} are backed up no more, and count as dropped. The password "
                    + "that is kept for it is forgotten.",
                "No database is touched, and backups stay where they are. Added again under the same name, its tasks and "
                    + "their history are back.",
                "Remove"
            )
        )
        {
            return;
        }
        await DoAsync(
            () => Api.SendAsync(HttpMethod.Delete, $"sources/{Uri.EscapeDataString(source.Name)}"),
            $"Source '{source.Name}' was removed. Backups stay."
        );
    }

    private async Task ConfirmSourceAsync(SourceView source)
    {
        var (title, will, stays) = SourceWords.Confirmation(source);
        if (!await ConfirmAsync(title, will, stays, "Confirm"))
        {
            return;
        }
        await DoAsync(
            () => Api.SendAsync(HttpMethod.Post, $"sources/{Uri.EscapeDataString(source.Name)}/confirm"),
            $"Source '{source.Name}' is taken as it is."
        );
    }

    private async Task SavedAsync(string name)
    {
        Navigation.NavigateTo("/server/sources");
        Snackbar.Add($"Source '{name}' is attached.", MudBlazor.Severity.Success);
        await ReloadAsync();
    }

    private async Task LookAsync(string name)
    {
        _looking = name;
        await DoAsync(async () =>
        {
            var found = (await Api.SendAsync<SourceView>(HttpMethod.Post, $"sources/{Uri.EscapeDataString(name)}/look")).Value;
            Snackbar.Add(SourceWords.Found(found), found.Problem is null ? MudBlazor.Severity.Success : MudBlazor.Severity.Error);
        });
        _looking = null;
    }
}
