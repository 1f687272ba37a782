using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Catalog;

/// <summary>One archive at one destination.</summary>
/// <param name="Destination">Name of the destination.</param>
/// <param name="State">What is known of it there.</param>
/// <param name="Verified">When all of its bytes were read there last; null for never.</param>
/// <param name="Since">Since when a problem is known; null for none.</param>
/// <param name="Problem">What is wrong; null for nothing.</param>
/// <param name="IsAcknowledged">Whether an operator knows of the problem, so that it is no alert. It still counts for the chain.</param>
public sealed record CatalogCopy(
    string Destination,
    CopyState State,
    DateTimeOffset? Verified,
    DateTimeOffset? Since,
    OperationError? Problem,
    bool IsAcknowledged
)
{
    /// <summary>
    /// Whether it was read and found damaged, and nothing that was read since says otherwise: one that went missing and
    /// came back is damaged still.
    /// </summary>
    public bool WasDamaged { get; init; }

    /// <summary>
    /// Bytes of this copy, where the archive is unrecorded and they are others than at another destination; null where
    /// they are the archive's.
    /// </summary>
    public long? Length { get; init; }

    /// <summary>Whether the archive can be restored from here, as far as is known.</summary>
    public bool IsRestorable => State is CopyState.Whole or CopyState.WithoutIndex;

    /// <summary>Whether nothing is wrong with the archive itself, but with one that it builds on.</summary>
    public bool IsParentProblem => State == CopyState.Damaged && Problem?.Code == ErrorCatalogue.ChainIncomplete.Code;
}
