namespace Holdfast.Node.Catalog;

/// <summary>The publication of an archive at remote destinations that its record settles.</summary>
/// <param name="ChainIds">The ids of the chain's archives including this one, sealed as its indexes are; null to leave them.</param>
public sealed record ArchivePublication(byte[]? ChainIds);
