using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Operations;

/// <summary>Runs the work of an operation to its end, whatever that is.</summary>
internal static class OperationRun
{
    /// <summary>Runs it.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="work">Does it; returns its result, and what is wrong where it is to count as failed all the same.</param>
    /// <param name="name">What it is, as a sentence goes on: <c>restore of 'demo/new.db'</c>.</param>
    /// <param name="whenStopped">What to do where it was stopped in the middle.</param>
    public static async Task ToItsEndAsync(LiveOperation operation, Func<CancellationToken, Task<(OperationResult Result, HoldfastException? Problem)>> work, string name, string whenStopped)
    {
        try
        {
            var (result, problem) = await work(operation.Stopping);
            operation.End(problem is null ? OperationState.Completed : OperationState.Failed, result, problem);
        }
        catch (OperationCanceledException)
        {
            var (state, error, message) = operation.IsAborted ? (OperationState.Aborted, ErrorCatalogue.Aborted, "An operator aborted it.") : (OperationState.Failed, ErrorCatalogue.Interrupted, "The server stopped while this ran.");
            operation.End(state, null, new(error, message, whenStopped));
        }
        catch (HoldfastException e)
        {
            operation.End(OperationState.Failed, null, e);
        }
        catch (Exception e)
        {
            operation.End(OperationState.Failed, null, new(ErrorCatalogue.Unexpected, $"The {name} ended unexpectedly: {e.GetType().Name}: {e.Message}", "Please report this.", e));
        }
    }
}
