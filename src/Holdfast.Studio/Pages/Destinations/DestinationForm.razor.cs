using Holdfast.Api;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Destinations;

public sealed partial class DestinationForm
{
    private ApiException? _failure;
    private string _name = "";
    private string _path = "";
    private string? _tag;

    /// <summary>Name of the one that is edited; null for a new one.</summary>
    [Parameter]
    public string? Name { get; set; }

    [Parameter]
    public IReadOnlyList<string> Roots { get; set; } = [];

    [Parameter]
    public EventCallback<string> Saved { get; set; }

    protected override async Task OnInitializedAsync()
    {
        if (Name is null)
        {
            if (Roots.Count == 1)
            {
                _path = $"{Roots[0].TrimEnd('/')}/";
            }
            return;
        }

        var found = await Api.Destinations.FindAsync(Name);
        (_path, _tag) = (found?.Value.Path ?? "", found?.ETag);
    }

    private async Task SaveAsync()
    {
        var name = Name ?? _name.Trim();
        try
        {
            if (name.Length == 0)
            {
                throw new ApiException(400, "The destination needs a name.", null, [new("name", "Give it a name.", "")]);
            }
            if (Name is null && await Api.Destinations.FindAsync(name) is not null)
            {
                throw new ApiException(409, $"There is a destination '{name}' already.", "Choose another name.", []);
            }
            await Api.Destinations.PutAsync(name, new() { Kind = "local", Path = _path.Trim() }, EditCondition.Unchanged(_tag));
            _failure = null;
            await Saved.InvokeAsync(name);
        }
        catch (ApiException e)
        {
            _failure = e;
        }
    }
}
