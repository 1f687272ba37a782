using Holdfast.Api;
using Holdfast.Api.Retention;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Databases;

/// <summary>
/// Previews what retention of a task would delete now at each destination, deletes it, and approves deletions that a retention
/// guard blocks.
/// </summary>
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

    private int ExpiredCount => _found?.Where(v => !v.LeftToBucket).Sum(v => v.Going.Count) ?? 0;

    private bool NeedsApproval => _found?.Any(v => v.BrakeReason is not null) ?? false;

    protected override Task OnInitializedAsync() => RunAsync(async () => _found = await Api.Retention.PreviewAsync(Database, TaskId));

    // Approves exactly the chains that are shown.
    private Task DeleteAsync() =>
        RunAsync(async () =>
        {
            var shown = _found!
                .Where(v => v.Going.Count > 0 && !v.LeftToBucket)
                .ToDictionary(v => v.Destination, v => (IReadOnlyList<string>)[.. v.Going.Select(c => c.Path)]);
            var result = await Api.Retention.ApproveAsync(Database, TaskId, new(shown));
            Snackbar.Add($"{Plural.Of(result.Sum(v => v.Deleted.Count), "chain")} deleted.", Severity.Success);
            _found = result;
        });

    private async Task RunAsync(Func<Task> action)
    {
        _isBusy = true;
        try
        {
            await action();
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
