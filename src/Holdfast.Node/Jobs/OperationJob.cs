using Holdfast.Node.Operations;

namespace Holdfast.Node.Jobs;

/// <summary>An operation in the queue.</summary>
internal sealed class OperationJob : Job
{
    /// <summary>The operation.</summary>
    public required RunningOperation Operation { get; init; }

    /// <summary>The work of the operation.</summary>
    public required OperationWorkItem WorkItem { get; init; }

    /// <summary>When an operator aborted it while it ran, as a timestamp; null if not aborted.</summary>
    public long? AbortedAt { get; set; }
}
