namespace Holdfast.Node.Jobs;

/// <summary>Work in the queue that is not an operation: its caller waits for it.</summary>
internal sealed class InternalJob : Job
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the work has started.</summary>
    public Task Started => _started.Task;

    /// <summary>Cancelled when the work must end: by the caller, or because the node stops.</summary>
    public required CancellationTokenSource Cancellation { get; init; }

    /// <summary>Marks the work as started.</summary>
    public void MarkStarted() => _started.TrySetResult();
}
