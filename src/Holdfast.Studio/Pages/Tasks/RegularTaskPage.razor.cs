using Holdfast.Api;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Formatting;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Tasks;

public sealed partial class RegularTaskPage
{
    private TaskDraft? _draft;
    private string? _etag;
    private bool _hasKey;
    private ApiException? _failure;
    private IReadOnlyList<ValidationError> _errors = [];

    [Parameter]
    public string Id { get; set; } = "";

    [Parameter]
    public string? TaskId { get; set; }

    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        Id = Uri.UnescapeDataString(Id);
        if (_draft is not null)
        {
            return;
        }
        if (TaskId is null)
        {
            _draft = new();
            return;
        }

        var task = await Api.Tasks.GetAsync(Id, TaskId, cancellationToken);
        (_draft, _etag, _hasKey) = (
            TaskDraft.Of(task.Value.Definition with { Name = task.Value.Name }),
            task.ETag,
            task.Value.Definition.Encryption?.Mode == EncryptionMode.Key
        );
    }

    private async Task SaveAsync()
    {
        (_failure, _errors) = (null, []);
        try
        {
            var definition = _draft!.ToDefinition();
            var saved = TaskId is null
                ? await Api.Tasks.CreateAsync(Id, definition)
                : await Api.Tasks.PutAsync(Id, TaskId, definition, EditCondition.Unchanged(_etag));
            if (saved.Value.GeneratedKey is { } key)
            {
                var dialog = await Dialogs.ShowAsync<KeyDialog>(
                    "Task key",
                    new DialogParameters<KeyDialog> { { d => d.Key, key }, { d => d.IsNew, true } },
                    new DialogOptions { BackdropClick = false, CloseOnEscapeKey = false }
                );
                await dialog.Result;
            }

            Navigation.NavigateTo(Links.Database(Id));
        }
        catch (ApiException e)
        {
            (_failure, _errors) = (e, e.ValidationErrors);
        }
    }
}
