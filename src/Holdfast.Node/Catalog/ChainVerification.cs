namespace Holdfast.Node.Catalog;

/// <summary>When a chain was verified at one destination.</summary>
/// <param name="Chain">Path of the chain's folder.</param>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Verified">When any of its archives was verified there last; null for never.</param>
public sealed record ChainVerification(string Chain, string Destination, DateTimeOffset? Verified);
