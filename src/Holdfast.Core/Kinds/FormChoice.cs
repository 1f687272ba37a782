namespace Holdfast.Core.Kinds;

/// <summary>One of the values of a choice field.</summary>
/// <param name="Value">The value.</param>
/// <param name="Label">Its label.</param>
public sealed record FormChoice(string Value, string Label);
