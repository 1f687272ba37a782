using Holdfast.Api;
using Holdfast.Core.Errors;
using Holdfast.Core.Kinds;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Kinds;

/// <summary>The fields of a form that a kind describes.</summary>
public sealed partial class KindFields
{
    private KindFormValues? _shown;
    private bool _isOpen;

    /// <summary>What is entered.</summary>
    [Parameter, EditorRequired]
    public KindFormValues Values { get; set; } = default!;

    /// <summary>Why the server refused the definition; null if it did not.</summary>
    [Parameter]
    public ApiException? Failure { get; set; }

    /// <summary>Whether the first field gets the focus.</summary>
    [Parameter]
    public bool AutoFocus { get; set; }

    [Parameter]
    public Margin Margin { get; set; } = Margin.None;

    protected override void OnParametersSet()
    {
        if (ReferenceEquals(_shown, Values))
        {
            return;
        }
        _shown = Values;
        _isOpen = FieldsOf(FormSection.Advanced).Any(Values.IsChanged);
    }

    private IEnumerable<FormField> FieldsOf(FormSection section) =>
        Values.Form.Fields.Where(f => f.Section == section && Values.IsVisible(f));

    private void Change(FormField field, string value) => Values[field] = value;

    private string? FindError(FormField field)
    {
        if (Failure is null || !Values.ShowsErrors(field))
        {
            return null;
        }
        var errors = Failure
            .ValidationErrors.Where(e => e.Field == field.Name || e.Field.StartsWith($"{field.Name}[", StringComparison.Ordinal))
            .Select(e => Sentence.Join(e.Message, e.Hint));
        return string.Join(' ', errors) is { Length: > 0 } text ? text : null;
    }
}
