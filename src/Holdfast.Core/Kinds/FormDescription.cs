namespace Holdfast.Core.Kinds;

/// <summary>
/// Describes the form that defines a source or destination of one kind. Pages and commands render it without knowing the kind.
/// </summary>
/// <param name="Title">What the form does: <c>Add a PostgreSQL server</c>.</param>
/// <param name="Fields">The fields, in display order. The name of the source or destination is not one of them.</param>
public sealed record FormDescription(string Title, IReadOnlyList<FormField> Fields)
{
    /// <summary>Introduction above the fields; null for none.</summary>
    public string? Text { get; init; }

    /// <summary>Scheme of the URL that the fields with a <see cref="FormField.UrlPart"/> form; null if there are none.</summary>
    public string? UrlScheme { get; init; }
}
