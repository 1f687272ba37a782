namespace Holdfast.Core.Kinds;

/// <summary>When a field applies: depends on another field of the form.</summary>
/// <param name="Field">Name of the other field.</param>
/// <param name="Value">The value that it must have; null if any value will do.</param>
public sealed record FormCondition(string Field, string? Value = null);
