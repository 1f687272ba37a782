using System.Diagnostics.CodeAnalysis;

namespace Holdfast.State.Watching;

/// <summary>
/// The pending batches of one watcher. The queue is bounded: a watcher that is too slow has its batches dropped and continues with a
/// snapshot.
/// </summary>
internal sealed class PrefixWatcher(string prefix) : IDisposable
{
    private const int MaxBatches = 4096;
    private const long MaxBytes = 8 << 20;

    private readonly Queue<StateBatch> _batches = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Lock _gate = new();
    private long _bytes;
    private long _progress;
    private bool _closed;
    private bool _isSnapshotRequired;

    /// <summary>Whether batches were dropped, so that the watcher needs a snapshot.</summary>
    public bool IsSnapshotRequired
    {
        get
        {
            lock (_gate)
            {
                return _isSnapshotRequired;
            }
        }
    }

    /// <summary>Queues the changes of a transaction; if none is under the prefix, only the new revision.</summary>
    public void Enqueue(AppliedChanges changes)
    {
        List<StateEntry> puts = [.. changes.Puts.Where(p => p.Key.StartsWith(prefix, StringComparison.Ordinal))];
        List<string> deletes = [.. changes.Deletes.Where(d => d.StartsWith(prefix, StringComparison.Ordinal))];
        lock (_gate)
        {
            if (_isSnapshotRequired)
            {
                return;
            }
            if (puts.Count + deletes.Count == 0)
            {
                _progress = changes.Revision;
            }
            else
            {
                _progress = 0;
                _bytes += puts.Sum(p => (long)p.Value.Length);
                _batches.Enqueue(new(false, puts, deletes, changes.Revision));
                if (_batches.Count > MaxBatches || _bytes > MaxBytes)
                {
                    DropBatches();
                }
            }

            Signal();
        }
    }

    /// <summary>Requires a snapshot, because changes may have been missed.</summary>
    public void RequireSnapshot()
    {
        lock (_gate)
        {
            DropBatches();
            Signal();
        }
    }

    /// <summary>Marks the end. Batches that are queued can still be taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Signal();
        }
    }

    /// <summary>Continues from a snapshot, which includes everything queued before.</summary>
    public void ResumeFromSnapshot()
    {
        lock (_gate)
        {
            DropBatches();
            _isSnapshotRequired = false;
        }
    }

    /// <summary>Waits until a batch is available, a snapshot is required, or the store is closed.</summary>
    /// <returns>False if there will be no more batches.</returns>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_isSnapshotRequired)
                {
                    return !_closed;
                }
                if (_batches.Count > 0 || _progress > 0)
                {
                    return true;
                }
                if (_closed)
                {
                    return false;
                }
            }

            await _signal.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes the next batch; false if there is none or a snapshot is required.</summary>
    public bool TryTake([NotNullWhen(true)] out StateBatch? batch)
    {
        lock (_gate)
        {
            if (_batches.TryDequeue(out batch))
            {
                _bytes -= batch.Puts.Sum(p => (long)p.Value.Length);
                return true;
            }

            if (_progress == 0)
            {
                return false;
            }
            batch = new(false, [], [], _progress);
            _progress = 0;
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _signal.Dispose();

    private void DropBatches()
    {
        _isSnapshotRequired = true;
        _batches.Clear();
        _bytes = _progress = 0;
    }

    private void Signal()
    {
        if (_signal.CurrentCount == 0)
        {
            _signal.Release();
        }
    }
}
