namespace Holdfast.Core.Kinds;

/// <summary>A field of a form.</summary>
/// <param name="Name">
/// The member of the definition in the API's JSON that it sets; a dot separates the members of nested objects: <c>restore.user</c>.
/// Errors of this member are shown at the field.
/// </param>
/// <param name="Label">The label.</param>
/// <param name="Type">Type of the value. Default <see cref="FormFieldType.Text"/>.</param>
public sealed record FormField(string Name, string Label, FormFieldType Type = FormFieldType.Text)
{
    /// <summary>Help text below the field; null for none.</summary>
    public string? Help { get; init; }

    /// <summary>An example that an empty field shows; null for none.</summary>
    public string? Placeholder { get; init; }

    /// <summary>Initial value, as text; null for none.</summary>
    public string? Default { get; init; }

    /// <summary>Whether it must be filled in. Default no: an empty field is left out of the definition.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The values of a <see cref="FormFieldType.Choice"/>; empty for other types.</summary>
    public IReadOnlyList<FormChoice> Choices { get; init; } = [];

    /// <summary>Minimum of a number or duration; null for none.</summary>
    public long? Min { get; init; }

    /// <summary>Maximum of a number or duration; null for none.</summary>
    public long? Max { get; init; }

    /// <summary>The part of the form that shows it. Default <see cref="FormSection.Basic"/>.</summary>
    public FormSection Section { get; init; }

    /// <summary>
    /// The part of a URL that it enters; null if its value is the whole member. Several fields with the same <see cref="Name"/> form
    /// one URL with the scheme <see cref="FormDescription.UrlScheme"/>; see <see cref="FormUrl"/>.
    /// </summary>
    public FormUrlPart? UrlPart { get; init; }

    /// <summary>When the field is shown and sent; null for always.</summary>
    public FormCondition? Condition { get; init; }

    /// <summary>Whether its value tells where the source or destination is, so that lists show it. Default no.</summary>
    public bool IsLocation { get; init; }
}
