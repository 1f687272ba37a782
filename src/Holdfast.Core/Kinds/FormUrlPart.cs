namespace Holdfast.Core.Kinds;

/// <summary>A part of a URL that a field enters.</summary>
/// <param name="Type">Which part.</param>
/// <param name="Option">Name of the option, for <see cref="FormUrlPartType.Option"/>; null for other parts.</param>
public sealed record FormUrlPart(FormUrlPartType Type, string? Option = null);
