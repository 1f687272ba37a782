namespace Holdfast.Node.Destinations;

/// <summary>
/// The identity that a destination's root must have on one node. Stored beside the definition, which operators save
/// over and over.
/// </summary>
/// <param name="Id">The identity, 32 hex digits.</param>
public sealed record ExpectedIdentity(string Id);
