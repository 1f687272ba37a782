namespace Holdfast.Core.Settings;

/// <summary>What a page or a command needs to know to show and ask for the settings of one kind of engine or destination.</summary>
/// <param name="Label">The kind, as its makers write it: <c>PostgreSQL</c>.</param>
/// <param name="Fields">The fields, in the order in which they are asked for; none where only the configuration file defines one.</param>
public sealed record FormDescription(string Label, IReadOnlyList<FormField> Fields);
