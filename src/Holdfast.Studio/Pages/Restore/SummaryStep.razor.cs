using Holdfast.Api;
using Holdfast.Api.Backups;
using Holdfast.Studio.Chains;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore;

public sealed partial class SummaryStep
{
    private bool _isStarting;
    private bool _keepMode;
    private bool _keepOwner;

    [Parameter, EditorRequired]
    public RestorePointCheckView Check { get; set; } = default!;

    [Parameter, EditorRequired]
    public RestorePointSummary Point { get; set; } = default!;

    [Parameter, EditorRequired]
    public RestoreAddress Address { get; set; } = default!;

    /// <summary>Whether a key was given here.</summary>
    [Parameter]
    public bool HasKeys { get; set; }

    /// <summary>Why it was refused; null where it was not.</summary>
    [Parameter]
    public ApiException? Failure { get; set; }

    [Parameter, EditorRequired]
    public EventCallback<(bool KeepMode, bool KeepOwner)> Confirmed { get; set; }

    private async Task ConfirmAsync()
    {
        _isStarting = true;
        await Confirmed.InvokeAsync((_keepMode, _keepOwner));
        _isStarting = false;
    }
}
