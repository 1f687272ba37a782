namespace Holdfast.Core.Settings;

/// <summary>A field of a form.</summary>
/// <param name="Key">The setting, as the API names it; faults of the setting are shown at the field.</param>
/// <param name="Label">What people read beside it.</param>
/// <param name="Type">What it takes.</param>
public sealed record FormField(string Key, string Label, FormFieldType Type = FormFieldType.Text)
{
    /// <summary>A sentence below it; null for none.</summary>
    public string? Help { get; init; }

    /// <summary>An example that an empty field shows; null for none.</summary>
    public string? Placeholder { get; init; }

    /// <summary>What it holds at first; null for nothing.</summary>
    public string? Default { get; init; }

    /// <summary>Whether it has to be filled in. Default no.</summary>
    public bool IsRequired { get; init; }

    /// <summary>What a <see cref="FormFieldType.Choice"/> takes; empty for any other.</summary>
    public IReadOnlyList<FormChoice> Choices { get; init; } = [];
}
