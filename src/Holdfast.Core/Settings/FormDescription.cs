namespace Holdfast.Core.Settings;

/// <summary>Describes the form for the settings of one kind of engine or destination, for pages and commands.</summary>
/// <param name="Label">Name of the kind: <c>PostgreSQL</c>.</param>
/// <param name="Fields">The fields, in display order; none if only the configuration file can define this kind.</param>
public sealed record FormDescription(string Label, IReadOnlyList<FormField> Fields);
