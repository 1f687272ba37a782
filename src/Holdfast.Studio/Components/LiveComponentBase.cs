using Holdfast.Api;
using Holdfast.Core.Errors;
using Holdfast.Studio.Api;
using Holdfast.Studio.Components.Forms;
using Holdfast.Studio.Kinds;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Components;

/// <summary>
/// A page or component that stays up to date: it loads when its parameters are set, and again when an event affects it, one
/// load at a time. Errors of the API are shown with their message and hint.
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
    protected KindCatalog Kinds { get; set; } = default!;

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

    /// <summary>Whether a load has succeeded.</summary>
    protected bool IsLoaded { get; private set; }

    /// <summary>The error of the last load; null if it succeeded.</summary>
    protected ApiException? Failure { get; private set; }

    /// <summary>Cancelled when the user leaves the page.</summary>
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

    /// <summary>Loads the data of the component.</summary>
    protected abstract Task LoadAsync(CancellationToken cancellationToken);

    /// <summary>Whether the component must reload after these events.</summary>
    protected virtual bool IsAffectedBy(UpdateBatch batch) => batch.HasChanges;

    /// <summary>Applies events without a load, progress for example. True if the component must be rendered.</summary>
    protected virtual bool ApplyUpdate(UpdateBatch batch) => false;

    /// <summary>Loads now, or once more after the current load.</summary>
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

    /// <summary>Executes an action of the user, shows its result, and reloads. False if the action failed.</summary>
    /// <param name="action">The action.</param>
    /// <param name="successMessage">Message after success; null for none.</param>
    protected async Task<bool> ExecuteAsync(Func<Task> action, string? successMessage = null)
    {
        try
        {
            await action();
            if (successMessage is not null)
            {
                Snackbar.Add(successMessage, Severity.Success);
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

    /// <summary>Asks the user to confirm an action that cannot be undone.</summary>
    /// <param name="title">The question.</param>
    /// <param name="will">What the action will do.</param>
    /// <param name="willNot">What it will leave alone; null for nothing to mention.</param>
    /// <param name="button">Label of the button that confirms.</param>
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
            await Kinds.LoadAsync(_stop.Token);
            await LoadAsync(_stop.Token);
            (Failure, IsLoaded) = (null, true);
        }
        catch (ApiException e)
        {
            Failure = e;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The user has left the page.
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
