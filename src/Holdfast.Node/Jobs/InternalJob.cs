namespace Holdfast.Node.Jobs;

/// <summary>Work in the queue that is no operation: whoever asked for it waits for it.</summary>
internal sealed class InternalJob : Job
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when its work has begun.</summary>
    public Task Started => _started.Task;

    /// <summary>Cancelled when its work shall end: by whoever asked for it, or because the node stops.</summary>
    public required CancellationTokenSource Cancellation { get; init; }

    /// <summary>It is its turn.</summary>
    public void MarkStarted() => _started.TrySetResult();
}
