using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>Edits the encryption of a task. An existing key is never shown; a new one is sent to the server once.</summary>
public sealed partial class EncryptionEditor
{
    [Parameter, EditorRequired]
    public TaskDraft Draft { get; set; } = default!;

    /// <summary>Whether the server already has a key for this task.</summary>
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
