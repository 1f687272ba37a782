namespace Holdfast.Node.Catalog.Sharing;

/// <summary>The ids of a chain's archives.</summary>
/// <param name="Chain">Id of the chain.</param>
/// <param name="Database">The database: <c>source/name</c>.</param>
/// <param name="Archives">Its archives, the oldest first.</param>
public sealed record SharedChainIds(string Chain, string Database, IReadOnlyList<SharedArchiveIds> Archives);
