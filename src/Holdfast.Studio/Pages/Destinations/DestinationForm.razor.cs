using Holdfast.Api;
using Holdfast.Core.Kinds;
using Holdfast.Studio.Kinds;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Destinations;

/// <summary>Defines or changes a destination, with the form of its kind.</summary>
public sealed partial class DestinationForm
{
    private ApiException? _failure;
    private DestinationKind? _kind;
    private KindFormValues? _values;
    private string _name = "";
    private string? _tag;

    /// <summary>Name of the destination to edit; null for a new one.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>Kind of a new destination; null or an unknown one for the first.</summary>
    [Parameter]
    public string? Kind { get; set; }

    [Parameter]
    public EventCallback<string> Saved { get; set; }

    private string? Text =>
        Name is null
            ? _kind?.Form.Text ?? _kind?.Summary
            : "Existing backups stay where they are. If you change the location, they are no longer listed.";

    protected override async Task OnInitializedAsync()
    {
        if (Name is null)
        {
            ChooseKind((Kinds.FindDestination(Kind) ?? (Kinds.Destinations is [var first, ..] ? first : null))?.Kind);
        }
        else if (await Api.Destinations.FindAsync(Name) is { } found && Kinds.FindDestination(found.Value.Kind) is { } kind)
        {
            (_kind, _values, _tag) = (kind, KindFormValues.From(kind.Form, ClientJson.ToDocument(found.Value)), found.ETag);
        }
    }

    private void ChooseKind(string? kind)
    {
        if (Kinds.FindDestination(kind) is { } found)
        {
            (_kind, _values, _failure) = (found, new(found.Form), null);
        }
    }

    private async Task SaveAsync()
    {
        var name = Name ?? _name.Trim();
        try
        {
            if (name.Length == 0)
            {
                throw new ApiException(400, "The destination needs a name.", null, [new("name", "Enter a name.", "")]);
            }
            if (Name is null && await Api.Destinations.FindAsync(name) is not null)
            {
                throw new ApiException(409, $"Destination '{name}' already exists.", "Choose another name.", []);
            }
            var definition = _values!.ToDefinition();
            definition["kind"] = _kind!.Kind;
            await Api.Destinations.PutDocumentAsync(name, definition, EditCondition.Unchanged(_tag));
            _failure = null;
            _values.ClearSecrets();
            await Saved.InvokeAsync(name);
        }
        catch (ApiException e)
        {
            _failure = e;
        }
    }
}
