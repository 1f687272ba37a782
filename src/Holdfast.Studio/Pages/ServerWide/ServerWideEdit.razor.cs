using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tasks;
using Holdfast.Server.Endpoints;
using Holdfast.Studio.Api;
using Holdfast.Studio.Live;
using Holdfast.Studio.Pages.Tasks;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.ServerWide;

/// <summary>The form of a server-wide backup task, with a live preview of what it does.</summary>
public sealed partial class ServerWideEdit
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private TaskDraft? _draft;
    private TaskDefinition? _read;
    private string? _loadedName;
    private string? _etag;
    private bool _hasKey;
    private bool _isSaving;
    private string? _changedBy;
    private ApiException? _refused;
    private IReadOnlyList<Fault> _faults = [];
    private PreviewView? _preview;
    private string? _previewFailure;
    private CancellationTokenSource _asking = new();
    private string? _exclusion;
    private string? _exclusionText;

    [Inject]
    private TimeProvider Time { get; set; } = default!;

    [Parameter]
    public string? Name { get; set; }

    private string Target =>
        $"server-wide-backups/{Uri.EscapeDataString(Name ?? (string.IsNullOrWhiteSpace(_draft?.Name) ? "new" : _draft.Name.Trim()))}";

    // Edits of others must not overwrite what is being typed: they show when it is saved.
    protected override bool IsAbout(LiveBatch batch) => false;

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
            Take(await Api.SendAsync<TemplateView>(HttpMethod.Get, Target, cancellationToken: cancellationToken));
        }
        await PreviewAsync(cancellationToken);
    }

    private void Take(Revised<TemplateView> task)
    {
        (_read, _etag) = (task.Value.Definition, task.ETag);
        _draft = TaskDraft.Of(task.Value.Definition with { Name = task.Value.Name });
        _hasKey = task.Value.Definition.Encryption?.Mode == EncryptionMode.Key;
        (_changedBy, _refused, _faults) = (null, null, []);
    }

    private async Task Edited()
    {
        await _asking.CancelAsync();
        _asking.Dispose();
        _asking = CancellationTokenSource.CreateLinkedTokenSource(Left);
        _ = PreviewSoonAsync(_asking.Token);
    }

    private async Task PreviewSoonAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Pause, Time, cancellationToken);
            await PreviewAsync(cancellationToken);
            await InvokeAsync(StateHasChanged);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Something else was typed.
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
            // A key is not needed to tell what it would encrypt.
            var definition = _draft.ToDefinition();
            var draft = definition with { Encryption = definition.Encryption! with { Key = null } };
            _preview = (
                await Api.SendAsync<PreviewView>(HttpMethod.Post, $"{Target}/preview", draft, cancellationToken: cancellationToken)
            ).Value;
            _previewFailure = null;
        }
        catch (ApiException e)
        {
            _previewFailure = e.Faults.Count > 0 ? Sentence.Join(e.Faults[0].Message, e.Faults[0].Hint) : e.Message;
        }
    }

    private async Task SaveAsync(string? ifMatch)
    {
        (_isSaving, _refused, _faults) = (true, null, []);
        try
        {
            var saved = await Api.SendAsync<TemplateView>(HttpMethod.Put, Target, _draft!.ToDefinition(), ifMatch);
            if (saved.Value.GeneratedKey is { } key)
            {
                await ShowKeyAsync(key, isNew: true);
            }
            Snackbar.Add($"{saved.Value.Name} is saved: it {saved.Value.Preview?.Summary ?? saved.Value.Summary}.", Severity.Success);
            Navigation.NavigateTo("/server-wide-backup");
        }
        catch (ApiException e) when (e.IsStale)
        {
            await TellChangesAsync(e.ETag);
        }
        catch (ApiException e)
        {
            (_refused, _faults) = (e, e.Faults);
        }
        finally
        {
            _isSaving = false;
        }
    }

    private async Task TellChangesAsync(string? etag)
    {
        var now = await Api.FindAsync<TemplateView>(Target);
        _changedBy =
            now is null || _read is null
                ? "it was deleted."
                : string.Join("; ", DefinitionChanges.Between(_read, now.Value.Definition)) + ".";
        _etag = now?.ETag ?? etag;
    }

    private async Task TakeTheirsAsync()
    {
        if (await Api.FindAsync<TemplateView>(Target) is { } now)
        {
            Take(now);
        }
        else
        {
            Navigation.NavigateTo("/server-wide-backup");
        }
        await PreviewAsync(Left);
    }

    private async Task KeepMineAsync()
    {
        _changedBy = null;
        await SaveAsync(_etag);
    }

    private async Task RevealAsync()
    {
        if (!await ConfirmAsync("Reveal the key?", "The key is shown to you. The audit log says that you have seen it.", null, "Reveal"))
        {
            return;
        }
        KeyView? key = null;
        if (await DoAsync(async () => key = (await Api.SendAsync<KeyView>(HttpMethod.Post, $"{Target}/key")).Value))
        {
            await ShowKeyAsync(key!, isNew: false);
        }
    }

    private async Task ShowKeyAsync(KeyView key, bool isNew)
    {
        var dialog = await Dialogs.ShowAsync<KeyDialog>(
            "The key of this task",
            new DialogParameters<KeyDialog> { { d => d.Key, key }, { d => d.IsNew, isNew } },
            new DialogOptions { BackdropClick = !isNew, CloseOnEscapeKey = !isNew }
        );
        await dialog.Result;
    }

    private async Task<IEnumerable<string>> FindAsync(string? text, CancellationToken cancellationToken) =>
        (
            await Api.GetAsync<Page<DatabaseView>>(
                $"databases?limit=20&search={Uri.EscapeDataString(text?.Trim('*') ?? "")}",
                cancellationToken
            )
        ).Items.Select(d => d.Id);

    private Task Exclude()
    {
        var text = (_exclusionText ?? _exclusion ?? "").Trim();
        (_exclusion, _exclusionText) = (null, "");
        if (text.Length == 0 || _draft!.Excluded.Contains(text, StringComparer.OrdinalIgnoreCase))
        {
            return Task.CompletedTask;
        }
        _draft.Excluded.Add(text);
        return Edited();
    }

    private Task Include(string excluded)
    {
        _draft!.Excluded.Remove(excluded);
        return Edited();
    }
}
