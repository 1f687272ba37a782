using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Jobs;

namespace Holdfast.Node.Operations;

/// <summary>Puts operations that were queued when the node stopped back into the queue, or ends those that can never start.</summary>
/// <param name="operations">All operations.</param>
/// <param name="queue">The queue.</param>
/// <param name="works">Creates their work items.</param>
public sealed class QueuedOperationResumer(OperationStore operations, OperationQueue queue, QueuedWorkItemFactory works)
{
    /// <summary>Resumes all of them.</summary>
    /// <param name="ofAllNodes">Whether operations of other tags count as this node's own.</param>
    public void ResumeAll(bool ofAllNodes)
    {
        foreach (var operation in operations.GetQueued(ofAllNodes))
        {
            Resume(operation);
        }
    }

    private void Resume(Operation operation)
    {
        if (works.Create(operation, out var problem) is { } work)
        {
            queue.Resume(work, operation);
            return;
        }

        var running = operations.Resume(operation);
        if (running.TryClaim())
        {
            running.End(
                OperationState.Failed,
                null,
                new(ErrorCatalog.Interrupted, $"The server stopped before this started. {problem}", "Please retry.")
            );
        }
        running.Dispose();
    }
}
