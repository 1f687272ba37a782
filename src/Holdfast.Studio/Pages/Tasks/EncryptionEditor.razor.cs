using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>What archives are encrypted with. The key itself is never shown here: what is pasted goes to the server once.</summary>
public sealed partial class EncryptionEditor
{
    [Parameter, EditorRequired]
    public TaskDraft Draft { get; set; } = default!;

    /// <summary>Whether the server has a key for this task already.</summary>
    [Parameter]
    public bool HasKey { get; set; }

    [Parameter]
    public string? KeyError { get; set; }

    [Parameter]
    public string? RecipientsError { get; set; }

    [Parameter]
    public EventCallback Changed { get; set; }

    private Task SetAsync(Action set)
    {
        set();
        return Changed.InvokeAsync();
    }
}
