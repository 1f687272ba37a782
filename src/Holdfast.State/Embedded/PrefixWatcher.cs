using System.Diagnostics.CodeAnalysis;

namespace Holdfast.State.Embedded;

/// <summary>
/// What one follower has not taken yet. It is bounded: one that is too slow loses its place, and begins again with a
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

    /// <summary>Whether it has lost its place.</summary>
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

    /// <summary>Tells of a transaction. Where it changed nothing under the prefix, only that its revision has been reached.</summary>
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

    /// <summary>It may have missed something: it begins again with a snapshot.</summary>
    public void RequireSnapshot()
    {
        lock (_gate)
        {
            DropBatches();
            Signal();
        }
    }

    /// <summary>Nothing more will come; what is there can still be taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Signal();
        }
    }

    /// <summary>It stands at a snapshot: what came before is in it.</summary>
    public void ResumeFromSnapshot()
    {
        lock (_gate)
        {
            DropBatches();
            _isSnapshotRequired = false;
        }
    }

    /// <summary>Waits until there is something to take, the place is lost, or the store is closed.</summary>
    /// <returns>False where nothing more will come.</returns>
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

    /// <summary>Takes the next batch; nothing where the place is lost.</summary>
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
