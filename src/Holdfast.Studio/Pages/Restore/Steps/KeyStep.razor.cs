using Holdfast.Api.Backups;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Chains;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore.Steps;

/// <summary>
/// Shows why a restore point cannot be read, and asks for a key if it needs one. The key is checked before anything is created.
/// </summary>
public sealed partial class KeyStep
{
    private string? _key;
    private bool _isShown;

    [Parameter, EditorRequired]
    public RestorePointCheckView Check { get; set; } = default!;

    [Parameter, EditorRequired]
    public RestorePointSummary Point { get; set; } = default!;

    [Parameter, EditorRequired]
    public RestoreAddress Address { get; set; } = default!;

    /// <summary>Errors of the key that the user entered.</summary>
    [Parameter]
    public IReadOnlyList<ValidationError> Errors { get; set; } = [];

    [Parameter]
    public bool IsChecking { get; set; }

    /// <summary>Invoked with a key that the user entered, in the format of the API.</summary>
    [Parameter, EditorRequired]
    public EventCallback<string> KeyEntered { get; set; }

    private string KeyHint =>
        Check.NeedsPassphrase ? "Enter the passphrase of the database."
        : Check.NeedsKeys.Count == 0 ? "The file does not contain the id of its key."
        : $"Enter key {string.Join(" or ", Check.NeedsKeys)}: the key of the task, or the key of the database if that is encrypted.";

    private async Task SubmitAsync()
    {
        if (string.IsNullOrEmpty(_key) || IsChecking)
        {
            return;
        }
        await KeyEntered.InvokeAsync(Check.NeedsPassphrase ? $"passphrase: {_key}" : _key);
    }
}
