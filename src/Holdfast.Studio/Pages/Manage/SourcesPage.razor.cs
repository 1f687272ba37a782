using Holdfast.Server.Endpoints;
using Holdfast.Studio.Live;

namespace Holdfast.Studio.Pages.Manage;

/// <summary>What the node is attached to, and the keys of encrypted databases.</summary>
public sealed partial class SourcesPage
{
    private IReadOnlyList<SourceView> _sources = [];
    private string? _looking;

    protected override bool IsAbout(LiveBatch batch) => batch.Changed.Overlaps(["databases", "alert"]);

    protected override async Task LoadAsync(CancellationToken cancellationToken) => _sources = await Api.ListAsync<SourceView>("sources", cancellationToken: cancellationToken);

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
