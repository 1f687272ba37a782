using Holdfast.Api;
using Holdfast.Api.Retention;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Databases;

/// <summary>What retention of a task would delete now, at each destination; letting it go, and approving what a brake holds.</summary>
public sealed partial class RetentionDialog
{
    private IReadOnlyList<RetentionView>? _found;
    private ApiException? _failure;
    private bool _isBusy;

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = default!;

    [Parameter, EditorRequired]
    public string Database { get; set; } = "";

    [Parameter, EditorRequired]
    public string TaskId { get; set; } = "";

    private int ExpiredCount => _found?.Sum(v => v.Going.Count) ?? 0;

    private bool NeedsApproval => _found?.Any(v => v.BrakeReason is not null) ?? false;

    protected override Task OnInitializedAsync() => RunAsync(async () => _found = await Api.Retention.PreviewAsync(Database, TaskId));

    // Approved is exactly what is shown.
    private Task DeleteAsync() =>
        RunAsync(async () =>
        {
            var shown = _found!
                .Where(v => v.Going.Count > 0)
                .ToDictionary(v => v.Destination, v => (IReadOnlyList<string>)[.. v.Going.Select(c => c.Path)]);
            var gone = await Api.Retention.ApproveAsync(Database, TaskId, new(shown));
            Snackbar.Add($"{Plural.Of(gone.Sum(v => v.Deleted.Count), "chain")} deleted.", Severity.Success);
            _found = gone;
        });

    private async Task RunAsync(Func<Task> ask)
    {
        _isBusy = true;
        try
        {
            await ask();
            _failure = null;
        }
        catch (ApiException e)
        {
            _failure = e;
        }
        finally
        {
            _isBusy = false;
        }
    }
}
