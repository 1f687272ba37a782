using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Catalog;

/// <summary>One archive at one destination.</summary>
/// <param name="Destination">Name of the destination.</param>
/// <param name="State">State of the copy.</param>
/// <param name="Verified">When the copy was last read completely; null if never.</param>
/// <param name="Since">Since when the copy has had its problem; null for none.</param>
/// <param name="Problem">The problem; null for none.</param>
/// <param name="IsAcknowledged">
/// Whether an operator knows of the problem, so that it raises no alert. It still counts for the chain.
/// </param>
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
    /// Whether the copy was read and found damaged, and not read since: a damaged copy that went missing and came back is still
    /// damaged.
    /// </summary>
    public bool WasDamaged { get; init; }

    /// <summary>
    /// Length of this copy, if the archive is unrecorded and another destination has another length; null if it equals that of the
    /// archive.
    /// </summary>
    public long? Length { get; init; }

    /// <summary>Whether the archive can be restored from this copy, as far as known.</summary>
    public bool IsRestorable => State is CopyState.Whole or CopyState.WithoutIndex;

    /// <summary>Whether the archive itself is intact, but one that it builds on is not.</summary>
    public bool IsParentProblem => State == CopyState.Damaged && Problem?.Code == ErrorCatalog.ChainIncomplete.Code;
}
