using Holdfast.Node.Operations;

namespace Holdfast.Node.Jobs;

/// <summary>An operation in the queue.</summary>
internal sealed class OperationJob : Job
{
    /// <summary>The operation.</summary>
    public required RunningOperation Operation { get; init; }

    /// <summary>What it does.</summary>
    public required OperationWorkItem WorkItem { get; init; }

    /// <summary>When an operator aborted it while it ran, as a timestamp; null where none did.</summary>
    public long? AbortedAt { get; set; }
}
