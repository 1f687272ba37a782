using Holdfast.Api;
using Holdfast.Core.Tasks;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>Starts a full backup without a task, schedule or retention.</summary>
public sealed partial class OneTimeBackupDialog
{
    private BackupType _type = BackupType.Snapshot;
    private IReadOnlyCollection<string> _destinations = [];
    private string _recipients = "";
    private ApiException? _failure;

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = default!;

    [Parameter, EditorRequired]
    public string Id { get; set; } = "";

    private async Task StartAsync()
    {
        try
        {
            await Api.Backups.StartOneTimeAsync(
                Id,
                new()
                {
                    Type = _type,
                    Destinations = [.. _destinations],
                    Recipients = [.. _recipients.Split([' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries)],
                }
            );
            Snackbar.Add($"One-time backup of {Id} started.", Severity.Success);
            Dialog.Close();
        }
        catch (ApiException e)
        {
            _failure = e;
        }
    }
}
