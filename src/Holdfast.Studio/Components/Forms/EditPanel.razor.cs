using Holdfast.Api;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Components.Forms;

/// <summary>A form in a panel: title, fields, and buttons to save or cancel.</summary>
public sealed partial class EditPanel
{
    private readonly string _id = $"edit-{Guid.NewGuid():n}";
    private bool _isBusy;

    [Parameter, EditorRequired]
    public string Title { get; set; } = "";

    [Parameter]
    public string? Text { get; set; }

    [Parameter]
    public string Save { get; set; } = "Save";

    /// <summary>URL of the page without the form; null if the form cannot be closed.</summary>
    [Parameter]
    public string? Cancel { get; set; }

    [Parameter]
    public EventCallback OnSave { get; set; }

    [Parameter]
    public ApiException? Failure { get; set; }

    [Parameter]
    public RenderFragment? ChildContent { get; set; }

    private async Task SubmitAsync()
    {
        if (_isBusy)
        {
            return;
        }
        _isBusy = true;
        try
        {
            await OnSave.InvokeAsync();
        }
        finally
        {
            _isBusy = false;
        }
    }
}
