using Holdfast.Api.Sources;
using Holdfast.Studio.Formatting;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Sources;

/// <summary>Lists the sources of the node, edits and tests them, and manages the keys of encrypted databases.</summary>
public sealed partial class SourcesPage
{
    private IReadOnlyList<SourceView> _sources = [];
    private string? _discovering;
    private string? _testing;
    private SourceTestView? _test;
    private SkippedFilesView? _skippedFiles;

    [SupplyParameterFromQuery]
    private string? Add { get; set; }

    [SupplyParameterFromQuery]
    private string? Edit { get; set; }

    [SupplyParameterFromQuery]
    private string? Passed { get; set; }

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.Changed.Overlaps(["databases", "sources", "alert"]);

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _sources = await Api.Sources.ListAsync(cancellationToken);
        _skippedFiles = Passed is null ? null : await Api.Sources.GetSkippedFilesAsync(Passed, cancellationToken);
    }

    private string Describe(SourceView source) =>
        Kinds.GetEngineLabel(source.Engine) + (source.Definition is { } defined ? $" · {defined.Url}" : "");

    private async Task TestAsync(string name)
    {
        (_testing, _test) = (name, null);
        await ExecuteAsync(async () => _test = await Api.Sources.TestAsync(name));
        _testing = null;
    }

    private async Task RemoveAsync(SourceView source)
    {
        if (
            !await ConfirmAsync(
                $"Remove source '{source.Name}'?",
                $"Its {Plural.Of(source.Databases, "database")} are no longer backed up and count as dropped. The server deletes "
                    + "the passwords that are stored for it.",
                "The databases are not changed, and backups stay where they are. If you add it again under the same name, its "
                    + "tasks and their history return.",
                "Remove"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => Api.Sources.DeleteAsync(source.Name), $"Source '{source.Name}' was removed. Backups stay.");
    }

    private async Task ConfirmSourceAsync(SourceView source)
    {
        var (title, will, stays) = SourceFormatter.Confirmation(source);
        if (!await ConfirmAsync(title, will, stays, "Confirm"))
        {
            return;
        }
        await ExecuteAsync(() => Api.Sources.ConfirmAsync(source.Name), $"Source '{source.Name}' is confirmed.");
    }

    private async Task OnSavedAsync(string name)
    {
        Navigation.NavigateTo("/server/sources");
        Snackbar.Add($"Source '{name}' is attached.", MudBlazor.Severity.Success);
        await ReloadAsync();
    }

    private async Task DiscoverAsync(string name)
    {
        _discovering = name;
        await ExecuteAsync(async () =>
        {
            var found = await Api.Sources.DiscoverAsync(name);
            Snackbar.Add(
                SourceFormatter.DescribeDiscovery(found),
                found.Problem is null ? MudBlazor.Severity.Success : MudBlazor.Severity.Error
            );
        });
        _discovering = null;
    }
}
