using Holdfast.Core.Operations;

namespace Holdfast.Api.Backups;

/// <summary>The chains of a location.</summary>
/// <param name="Chains">The chains, grouped by destination and database, newest first.</param>
/// <param name="Problems">The destinations that could not be read, with the reason.</param>
/// <param name="More">Whether there are more chains than the list contains.</param>
public sealed record ChainsView(IReadOnlyList<ChainView> Chains, IReadOnlyDictionary<string, OperationError> Problems, bool More);
