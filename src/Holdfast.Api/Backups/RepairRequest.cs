namespace Holdfast.Api.Backups;

/// <summary>Requests to copy what the destinations of a task lack from each other.</summary>
public sealed record RepairRequest
{
    /// <summary>
    /// Whether all chains are copied that retention keeps, as for a destination that was added to the task. Default false: the newest one,
    /// and archives that were lost or damaged.
    /// </summary>
    public bool AllChains { get; init; }
}
