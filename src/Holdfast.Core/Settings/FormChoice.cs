namespace Holdfast.Core.Settings;

/// <summary>One of the values that a field takes.</summary>
/// <param name="Value">The value.</param>
/// <param name="Label">What people read instead.</param>
public sealed record FormChoice(string Value, string Label);
