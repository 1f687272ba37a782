namespace Holdfast.Api.Backups;

/// <summary>A request to delete a chain that an operator has reviewed.</summary>
/// <param name="From">Location of the chain: <c>destination:NAME/</c> followed by the path of its folder.</param>
/// <param name="Archives">Size in bytes of each archive by its file name, as it was shown. If anything differs, nothing is deleted.</param>
public sealed record ChainRemovalRequest(string From, IReadOnlyDictionary<string, long> Archives);
