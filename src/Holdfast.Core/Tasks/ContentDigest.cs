namespace Holdfast.Core.Tasks;

/// <summary>
/// What a database held when it was read last, so that a later reading can be held against it without asking a
/// destination for its chain.
/// </summary>
/// <param name="ChangeToken">The change token that it had.</param>
/// <param name="PartMean">Mean bytes of the parts that its streams were cut into.</param>
/// <param name="Tag">A tag of the contents under a key of the node, Base64: it tells nothing of them to whoever has not that key.</param>
public sealed record ContentDigest(string ChangeToken, int PartMean, string Tag);
