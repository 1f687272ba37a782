namespace Holdfast.Core.Tasks;

/// <summary>
/// Digest of a database's contents when it was last read, so that a later read can be compared without reading the chain from a
/// destination.
/// </summary>
/// <param name="ChangeToken">Its change token at that time.</param>
/// <param name="PartMean">Mean size of the parts of its streams, in bytes.</param>
/// <param name="Tag">A tag of the contents under a key of the node, Base64. It reveals nothing about them without that key.</param>
public sealed record ContentDigest(string ChangeToken, int PartMean, string Tag);
