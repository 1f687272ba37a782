using Holdfast.Core.Operations;

namespace Holdfast.Api.Backups;

/// <summary>Chains that were found.</summary>
/// <param name="Chains">The chains, those of one place and database together, the newest first.</param>
/// <param name="Problems">Destinations that could not be looked at, and why.</param>
/// <param name="More">Whether there are more than are told.</param>
public sealed record ChainsView(IReadOnlyList<ChainView> Chains, IReadOnlyDictionary<string, OperationError> Problems, bool More);
