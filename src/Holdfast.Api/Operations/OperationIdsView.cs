namespace Holdfast.Api.Operations;

/// <summary>Operations that were begun.</summary>
/// <param name="OperationIds">Their ids.</param>
public sealed record OperationIdsView(IReadOnlyList<string> OperationIds)
{
    /// <summary>
    /// The run that those of them belong to which were begun by this; null for none: each database was being backed up
    /// already.
    /// </summary>
    public string? RunId { get; init; }
}
