namespace Holdfast.Node.Retention;

/// <summary>A chain whose deletion has begun.</summary>
/// <param name="Path">Path of its folder at the destination.</param>
/// <param name="Archives">Number of its archives when its deletion began.</param>
public sealed record ExpiringChain(string Path, int Archives);
