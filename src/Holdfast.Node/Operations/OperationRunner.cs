using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Operations;

/// <summary>Runs the work of an operation and records its result.</summary>
internal static class OperationRunner
{
    /// <summary>Runs it.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="work">Does the work; returns the result, and an error if the operation counts as failed nevertheless.</param>
    /// <param name="name">What it does, for use within a sentence: <c>restore of 'demo/new.db'</c>.</param>
    /// <param name="whenStopped">The hint for an interrupted operation.</param>
    public static async Task RunAsync(
        RunningOperation operation,
        Func<CancellationToken, Task<(OperationResult Result, HoldfastException? Problem)>> work,
        string name,
        string whenStopped
    )
    {
        OperationState state;
        OperationResult? result = null;
        HoldfastException? error;
        try
        {
            (result, error) = await work(operation.Stopping);
            state = error is null ? OperationState.Completed : OperationState.Failed;
        }
        catch (OperationCanceledException) when (operation.Stopping.IsCancellationRequested)
        {
            state = operation.IsAborted ? OperationState.Aborted : OperationState.Failed;
            error = operation.IsAborted
                ? new(ErrorCatalog.Aborted, "An operator aborted it.", whenStopped)
                : new(ErrorCatalog.Interrupted, "The server stopped while this ran.", whenStopped);
        }
        catch (Exception e)
        {
            // A cancellation that none of our tokens requested is a failure like any other.
            state = OperationState.Failed;
            error = UnexpectedFailure.Wrap($"The {name}", e);
        }

        if (!operation.TryClaim())
        {
            return;
        }
        // Once the result is stored, no later failure reverts it.
        if (!operation.TryEndAsSucceeded())
        {
            operation.End(state, result, error);
        }
    }
}
