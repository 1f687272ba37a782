namespace Holdfast.State.Embedded;

/// <summary>
/// A lease of this process. Its timer renews it, so it ends by itself only where the timer did not come in time: the
/// process stood still. Whoever relied
/// on it then must know, as with a store elsewhere.
/// </summary>
internal sealed class EmbeddedLease : IStateLease
{
    private readonly Func<long, Task> _deleteEntries;
    private readonly TimeSpan _timeToLive;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private long _renewed;
    private Task? _deleting;
    private bool _live = true;

    /// <summary>Makes a lease and starts to renew it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="timeToLive">How long it lasts when it is not renewed.</param>
    /// <param name="deleteEntries">Deletes the entries of the lease of that id.</param>
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

    /// <summary>Whether something may be put with it.</summary>
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
            // The disk is full or gone, or whatever else. The timer tries again; and the next process deletes all that had a lease.
        }
    }

    /// <summary>The store closes: its entries are deleted when it is opened again.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _live = false;
            _deleting = Task.CompletedTask;
            _timer?.Dispose();
            _timer = null;
        }

        _ = _lost.CancelAsync(); // what its callbacks throw is theirs
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

    // Those who relied on it are told before its entries go: whoever sees them gone may take over.
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
