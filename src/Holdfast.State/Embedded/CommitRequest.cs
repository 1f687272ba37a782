namespace Holdfast.State.Embedded;

/// <summary>Something that waits to be committed: a transaction, or the end of a lease.</summary>
internal sealed class CommitRequest
{
    private readonly TaskCompletionSource<StateCommit> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The transaction; null for the end of a lease.</summary>
    public StateTransaction? Transaction { get; init; }

    /// <summary>The lease whose entries are deleted.</summary>
    public long EndedLease { get; init; }

    /// <summary>Whoever waits has given up: it need not be begun.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>What became of it, so far.</summary>
    public StateCommit? Commit { get; set; }

    /// <summary>Why it cannot be done; null where it can.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Ends when it is on disk.</summary>
    public Task<StateCommit> Done => _done.Task;

    /// <summary>Tells whoever waits.</summary>
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

    /// <summary>Tells whoever waited that nothing was done.</summary>
    public void Cancel() => _done.TrySetCanceled(Cancellation);
}
