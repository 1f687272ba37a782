namespace Holdfast.State.Embedded;

/// <summary>
/// A lease of this process. Its timer renews it, so it expires only if the timer fires too late because the process was suspended. Holders
/// then have to stop, as with a remote store.
/// </summary>
internal sealed class EmbeddedLease : IStateLease
{
    private readonly Func<long, Task> _deleteEntries;
    private readonly TimeSpan _timeToLive;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();

    // Lock order: the store's gate, then this one. CancelAsync runs callbacks on the thread pool, so none runs under this lock.
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private long _renewed;
    private Task? _deleting;
    private bool _live = true;

    /// <summary>Creates a lease and starts to renew it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="timeToLive">How long it lasts without renewal.</param>
    /// <param name="deleteEntries">
    /// Queues the deletion of the entries of the lease with that id. Called with the lease's lock held, so it must not block.
    /// </param>
    /// <param name="time">The clock.</param>
    public EmbeddedLease(long id, TimeSpan timeToLive, Func<long, Task> deleteEntries, TimeProvider time)
    {
        (Id, _timeToLive, _deleteEntries, _time) = (id, timeToLive, deleteEntries, time);
        Lost = _lost.Token;
        _renewed = time.GetTimestamp();
        lock (_gate)
        {
            _timer = time.CreateTimer(_ => OnTimer(), null, timeToLive / 3, timeToLive / 3);
        }
    }

    /// <inheritdoc/>
    public long Id { get; }

    /// <inheritdoc/>
    public CancellationToken Lost { get; }

    /// <summary>Whether entries may be put with it.</summary>
    public bool IsLive
    {
        get
        {
            lock (_gate)
            {
                return _live;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await EndAsync();
        }
        catch (Exception)
        {
            // For example a full disk. The timer retries, and the next process deletes all entries with a lease when it opens the store.
        }
    }

    /// <summary>Ends the lease because the store closes. Its entries are deleted when the store is opened again.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _live = false;
            _deleting = Task.CompletedTask;
            _timer?.Dispose();
            _timer = null;
        }

        _ = _lost.CancelAsync(); // exceptions of callbacks are not observed
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_live && _time.GetElapsedTime(_renewed) < _timeToLive)
            {
                _renewed = _time.GetTimestamp();
                return;
            }
        }

        _ = DisposeAsync().AsTask();
    }

    // Holders are notified before the entries are deleted: others may take over as soon as the entries are gone.
    private async Task EndAsync()
    {
        Task deleting;
        lock (_gate)
        {
            if (_live)
            {
                _ = _lost.CancelAsync();
            }
            _live = false;
            if (_deleting is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _deleting = _deleteEntries(Id);
            }
            deleting = _deleting;
        }

        await deleting;
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }
}
