using Holdfast.Api.Backups;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Chains;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore;

/// <summary>Whether the point can be read; where a key is needed, the place to give it. It is tried before anything is made.</summary>
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

    /// <summary>What is wrong with what was typed, as a key.</summary>
    [Parameter]
    public IReadOnlyList<ValidationError> Errors { get; set; } = [];

    [Parameter]
    public bool IsTrying { get; set; }

    /// <summary>Told of a key that is to be tried, as the API takes it.</summary>
    [Parameter, EditorRequired]
    public EventCallback<string> KeyEntered { get; set; }

    private string KeyHint =>
        Check.NeedsPassphrase ? "Give the passphrase of the database."
        : Check.NeedsKeys.Count == 0 ? "The file does not say which key it needs."
        : $"It needs key {string.Join(" or ", Check.NeedsKeys)}: that of its task, or the database's own where the database is encrypted.";

    private async Task SubmitAsync()
    {
        if (string.IsNullOrEmpty(_key) || IsTrying)
        {
            return;
        }
        await KeyEntered.InvokeAsync(Check.NeedsPassphrase ? $"passphrase: {_key}" : _key);
    }
}
