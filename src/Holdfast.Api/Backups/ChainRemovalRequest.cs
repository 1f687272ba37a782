namespace Holdfast.Api.Backups;

/// <summary>A chain that an operator has looked at, and lets go.</summary>
/// <param name="From">Where it is: <c>destination:NAME/</c> and the path of its folder there.</param>
/// <param name="Archives">
/// Bytes of each of its archives, by their file names, as they were shown: where anything is other than that, nothing
/// is removed.
/// </param>
public sealed record ChainRemovalRequest(string From, IReadOnlyDictionary<string, long> Archives);
