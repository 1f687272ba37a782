using Holdfast.Api;
using Holdfast.Core.Errors;
using Holdfast.Studio.Api;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Components;

/// <summary>
/// A page or part that shows what is there now: it loads when its parameters are set, and again when something it is
/// about happens, never two loads at
/// a time. What the API refuses is shown in the API's words.
/// </summary>
public abstract class LiveComponentBase : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private bool _isLoading;
    private bool _mustReload;

    [Inject]
    protected HoldfastClient Api { get; set; } = default!;

    [Inject]
    protected Session Session { get; set; } = default!;

    [Inject]
    protected LiveUpdates Updates { get; set; } = default!;

    [Inject]
    protected Clock Clock { get; set; } = default!;

    [Inject]
    protected NavigationManager Navigation { get; set; } = default!;

    [Inject]
    protected ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    protected IDialogService Dialogs { get; set; } = default!;

    /// <summary>Whether it was loaded once.</summary>
    protected bool IsLoaded { get; private set; }

    /// <summary>Why the last load failed; null where it did not.</summary>
    protected ApiException? Failure { get; private set; }

    /// <summary>Ends when the page is left.</summary>
    protected CancellationToken PageClosed => _stop.Token;

    public void Dispose()
    {
        Updates.BatchReceived -= OnBatchReceived;
        _stop.Cancel();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override void OnInitialized() => Updates.BatchReceived += OnBatchReceived;

    protected override Task OnParametersSetAsync() => ReloadAsync();

    /// <summary>Loads what is shown.</summary>
    protected abstract Task LoadAsync(CancellationToken cancellationToken);

    /// <summary>Whether what happened is reason to load again.</summary>
    protected virtual bool IsAffectedBy(UpdateBatch batch) => batch.HasChanges;

    /// <summary>Takes what happened at once, without a load: progress, say. True where it has to be drawn.</summary>
    protected virtual bool ApplyUpdate(UpdateBatch batch) => false;

    /// <summary>Loads now, or once more after the load that runs.</summary>
    protected async Task ReloadAsync()
    {
        _mustReload = true;
        if (_isLoading)
        {
            return;
        }
        _isLoading = true;
        try
        {
            while (_mustReload && !_stop.IsCancellationRequested)
            {
                _mustReload = false;
                await TryLoadAsync();
                StateHasChanged();
            }
        }
        finally
        {
            _isLoading = false;
        }
    }

    /// <summary>Does what a person asked for, says how it went, and loads again. False where it was refused.</summary>
    protected async Task<bool> ExecuteAsync(Func<Task> deed, string? done = null)
    {
        try
        {
            await deed();
            if (done is not null)
            {
                Snackbar.Add(done, Severity.Success);
            }
            await ReloadAsync();
            return true;
        }
        catch (ApiException e)
        {
            Snackbar.Add(Sentence.Join(e.Message, e.Hint), Severity.Error, o => o.RequireInteraction = true);
            return false;
        }
    }

    /// <summary>Asks before something that cannot be taken back.</summary>
    /// <param name="title">What would be done.</param>
    /// <param name="will">What it will do.</param>
    /// <param name="willNot">What it will not do.</param>
    /// <param name="button">Name of the deed.</param>
    protected async Task<bool> ConfirmAsync(string title, string will, string? willNot, string button)
    {
        var parameters = new DialogParameters<ConfirmDialog>
        {
            { d => d.Consequence, will },
            { d => d.Reassurance, willNot },
            { d => d.Button, button },
        };
        var dialog = await Dialogs.ShowAsync<ConfirmDialog>(title, parameters);
        return await dialog.Result is { Canceled: false };
    }

    private async Task TryLoadAsync()
    {
        try
        {
            await LoadAsync(_stop.Token);
            (Failure, IsLoaded) = (null, true);
        }
        catch (ApiException e)
        {
            Failure = e;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The page was left.
        }
    }

    private void OnBatchReceived(UpdateBatch batch) =>
        _ = InvokeAsync(async () =>
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }
            if (ApplyUpdate(batch))
            {
                StateHasChanged();
            }
            if (IsAffectedBy(batch))
            {
                await ReloadAsync();
            }
        });
}
