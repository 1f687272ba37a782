namespace Holdfast.Node.Destinations;

/// <summary>
/// The identity that a destination's root must have on one node. Stored separately from the definition, which operators edit.
/// </summary>
/// <param name="Id">The identity, 32 hex digits.</param>
public sealed record ExpectedIdentity(string Id);
