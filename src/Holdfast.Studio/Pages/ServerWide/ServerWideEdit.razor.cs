using Holdfast.Api;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Api.Tasks;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Api;
using Holdfast.Studio.Live;
using Holdfast.Studio.Pages.Tasks;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.ServerWide;

/// <summary>The form of a server-wide backup task, with a live preview.</summary>
public sealed partial class ServerWideEdit
{
    private static readonly TimeSpan PreviewDelay = TimeSpan.FromMilliseconds(400);

    private TaskDraft? _draft;
    private TaskDefinition? _saved;
    private string? _loadedName;
    private string? _etag;
    private bool _hasKey;
    private bool _isSaving;
    private string? _conflict;
    private ApiException? _failure;
    private IReadOnlyList<ValidationError> _errors = [];
    private PreviewView? _preview;
    private string? _previewFailure;
    private CancellationTokenSource _previewCancellation = new();
    private string? _exclusion;
    private string? _exclusionText;

    [Inject]
    private TimeProvider Time { get; set; } = default!;

    [Parameter]
    public string? Name { get; set; }

    private string TargetName => Name ?? (string.IsNullOrWhiteSpace(_draft?.Name) ? "new" : _draft.Name.Trim());

    // Changes by other users must not overwrite the input; they are detected on saving.
    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (_draft is not null && _loadedName == Name)
        {
            return;
        }
        _loadedName = Name;
        if (Name is null)
        {
            _draft = new();
        }
        else
        {
            Take(await Api.ServerWideBackups.GetAsync(Name, cancellationToken));
        }
        await PreviewAsync(cancellationToken);
    }

    private void Take(Versioned<TemplateView> task)
    {
        (_saved, _etag) = (task.Value.Definition, task.ETag);
        _draft = TaskDraft.Of(task.Value.Definition with { Name = task.Value.Name });
        _hasKey = task.Value.Definition.Encryption?.Mode == EncryptionMode.Key;
        (_conflict, _failure, _errors) = (null, null, []);
    }

    private async Task OnEditedAsync()
    {
        await _previewCancellation.CancelAsync();
        _previewCancellation.Dispose();
        _previewCancellation = CancellationTokenSource.CreateLinkedTokenSource(PageClosed);
        _ = PreviewSoonAsync(_previewCancellation.Token);
    }

    private async Task PreviewSoonAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(PreviewDelay, Time, cancellationToken);
            await PreviewAsync(cancellationToken);
            await InvokeAsync(StateHasChanged);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The user has typed on; a newer preview is on its way.
        }
    }

    private async Task PreviewAsync(CancellationToken cancellationToken)
    {
        if (!Session.IsOperator || _draft is null)
        {
            return;
        }
        try
        {
            // The preview does not need the key.
            var definition = _draft.ToDefinition();
            var draft = definition with { Encryption = definition.Encryption! with { Key = null } };
            _preview = await Api.ServerWideBackups.PreviewAsync(TargetName, draft, cancellationToken);
            _previewFailure = null;
        }
        catch (ApiException e)
        {
            _previewFailure =
                e.ValidationErrors.Count > 0 ? Sentence.Join(e.ValidationErrors[0].Message, e.ValidationErrors[0].Hint) : e.Message;
        }
    }

    private async Task SaveAsync(string? ifMatch)
    {
        (_isSaving, _failure, _errors) = (true, null, []);
        try
        {
            var saved = await Api.ServerWideBackups.PutAsync(TargetName, _draft!.ToDefinition(), EditCondition.Unchanged(ifMatch));
            if (saved.Value.GeneratedKey is { } key)
            {
                await ShowKeyAsync(key, isNew: true);
            }
            Snackbar.Add($"{saved.Value.Name} saved. It {saved.Value.Preview?.Summary ?? saved.Value.Summary}.", Severity.Success);
            Navigation.NavigateTo("/server-wide-backup");
        }
        catch (ApiException e) when (e.IsStale)
        {
            await ShowConflictAsync(e.ETag);
        }
        catch (ApiException e)
        {
            (_failure, _errors) = (e, e.ValidationErrors);
        }
        finally
        {
            _isSaving = false;
        }
    }

    private async Task ShowConflictAsync(string? etag)
    {
        var now = await Api.ServerWideBackups.FindAsync(TargetName);
        _conflict =
            now is null || _saved is null
                ? "it has been deleted."
                : string.Join("; ", DefinitionChanges.Between(_saved, now.Value.Definition)) + ".";
        _etag = now?.ETag ?? etag;
    }

    private async Task DiscardMineAsync()
    {
        if (await Api.ServerWideBackups.FindAsync(TargetName) is { } now)
        {
            Take(now);
        }
        else
        {
            Navigation.NavigateTo("/server-wide-backup");
        }
        await PreviewAsync(PageClosed);
    }

    private async Task OverwriteAsync()
    {
        _conflict = null;
        await SaveAsync(_etag);
    }

    private async Task RevealAsync()
    {
        if (!await ConfirmAsync("Reveal the key?", "The key will be displayed. The audit log will record this.", null, "Reveal"))
        {
            return;
        }
        KeyView? key = null;
        if (await ExecuteAsync(async () => key = await Api.ServerWideBackups.RevealKeyAsync(TargetName)))
        {
            await ShowKeyAsync(key!, isNew: false);
        }
    }

    private async Task ShowKeyAsync(KeyView key, bool isNew)
    {
        var dialog = await Dialogs.ShowAsync<KeyDialog>(
            "Task key",
            new DialogParameters<KeyDialog> { { d => d.Key, key }, { d => d.IsNew, isNew } },
            new DialogOptions { BackdropClick = !isNew, CloseOnEscapeKey = !isNew }
        );
        await dialog.Result;
    }

    private async Task<IEnumerable<string>> FindAsync(string? text, CancellationToken cancellationToken) =>
        (await Api.Databases.ListPageAsync(new() { Limit = 20, Search = text?.Trim('*') ?? "" }, cancellationToken)).Items.Select(d =>
            d.Id
        );

    private Task Exclude()
    {
        var text = (_exclusionText ?? _exclusion ?? "").Trim();
        (_exclusion, _exclusionText) = (null, "");
        if (text.Length == 0 || _draft!.Excluded.Contains(text, StringComparer.OrdinalIgnoreCase))
        {
            return Task.CompletedTask;
        }
        _draft.Excluded.Add(text);
        return OnEditedAsync();
    }

    private Task Include(string excluded)
    {
        _draft!.Excluded.Remove(excluded);
        return OnEditedAsync();
    }
}
