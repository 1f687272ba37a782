namespace Holdfast.State.Embedded;

/// <summary>A queued commit: a transaction, or the end of a lease.</summary>
internal sealed class CommitRequest
{
    private readonly TaskCompletionSource<StateCommit> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The transaction; null for the end of a lease.</summary>
    public StateTransaction? Transaction { get; init; }

    /// <summary>The lease whose entries are deleted.</summary>
    public long EndedLease { get; init; }

    /// <summary>Cancelled when the caller has given up; the request is then not started.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The result so far.</summary>
    public StateCommit? Commit { get; set; }

    /// <summary>Why it failed; null if it did not.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Completes when the change is on disk.</summary>
    public Task<StateCommit> Done => _done.Task;

    /// <summary>Completes <see cref="Done"/> with the result or the failure.</summary>
    public void Complete()
    {
        if (Failure is not null)
        {
            _done.TrySetException(Failure);
        }
        else
        {
            _done.TrySetResult(Commit!);
        }
    }

    /// <summary>Cancels <see cref="Done"/>: nothing was changed.</summary>
    public void Cancel() => _done.TrySetCanceled(Cancellation);
}
