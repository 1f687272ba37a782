using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Operations;

/// <summary>Runs the work of an operation to its end, whatever that is.</summary>
internal static class OperationRunner
{
    /// <summary>Runs it.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="work">Does it; returns its result, and what is wrong where it is to count as failed all the same.</param>
    /// <param name="name">What it is, as a sentence goes on: <c>restore of 'demo/new.db'</c>.</param>
    /// <param name="whenStopped">What to do where it was stopped in the middle.</param>
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
                ? new(ErrorCatalogue.Aborted, "An operator aborted it.", whenStopped)
                : new(ErrorCatalogue.Interrupted, "The server stopped while this ran.", whenStopped);
        }
        catch (Exception e)
        {
            // A cancellation that nobody of us asked for is a failure like any other.
            state = OperationState.Failed;
            error = UnexpectedFailure.Wrap($"The {name}", e);
        }

        if (!operation.TryClaim())
        {
            return;
        }
        // Once what was asked for is done, nothing that goes wrong after it takes it back.
        if (!operation.TryEndAsSucceeded())
        {
            operation.End(state, result, error);
        }
    }
}
