using Holdfast.Api;
using Holdfast.Api.Backups;
using Holdfast.Studio.Chains;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore.Steps;

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

    /// <summary>Whether the user has entered a key.</summary>
    [Parameter]
    public bool HasKeys { get; set; }

    /// <summary>The error of the request; null if there was none.</summary>
    [Parameter]
    public ApiException? Failure { get; set; }

    [Parameter, EditorRequired]
    public EventCallback<(bool KeepMode, bool KeepOwner)> Confirmed { get; set; }

    private static string ModeLabel(FileView file) =>
        FileFormatter.Mode(file) == file.Mode
            ? $"Keep the original mode {file.Mode}"
            : $"Keep the original mode {file.Mode} without permissions for other users: {FileFormatter.Mode(file)}";

    private async Task ConfirmAsync()
    {
        _isStarting = true;
        await Confirmed.InvokeAsync((_keepMode, _keepOwner));
        _isStarting = false;
    }
}
