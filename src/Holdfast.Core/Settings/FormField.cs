namespace Holdfast.Core.Settings;

/// <summary>A field of a form.</summary>
/// <param name="Key">The setting, as named in the API; its errors are shown at the field.</param>
/// <param name="Label">The label.</param>
/// <param name="Type">Type of the input.</param>
public sealed record FormField(string Key, string Label, FormFieldType Type = FormFieldType.Text)
{
    /// <summary>Help text below the field; null for none.</summary>
    public string? Help { get; init; }

    /// <summary>An example that an empty field shows; null for none.</summary>
    public string? Placeholder { get; init; }

    /// <summary>Initial value; null for none.</summary>
    public string? Default { get; init; }

    /// <summary>Whether it has to be filled in. Default no.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The values of a <see cref="FormFieldType.Choice"/>; empty for other types.</summary>
    public IReadOnlyList<FormChoice> Choices { get; init; } = [];
}
