namespace Holdfast.Api.Operations;

/// <summary>The operations that a request started.</summary>
/// <param name="OperationIds">Ids of the operations.</param>
public sealed record OperationIdsView(IReadOnlyList<string> OperationIds)
{
    /// <summary>
    /// Id of the run that the newly started operations belong to; null if every database already had a backup queued or
    /// running.
    /// </summary>
    public string? RunId { get; init; }
}
