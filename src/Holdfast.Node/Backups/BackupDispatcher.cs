using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Backups;

/// <summary>Backups that wait for their turn: large databases take one of few slots, small ones run in a wide lane, and publishing waits outside of both.</summary>
/// <param name="operations">Where each becomes an operation.</param>
/// <param name="isSmall">Whether a job's database is small.</param>
/// <param name="run">Runs one; calls the action when the database has been read and only publishing is left. Throws nothing.</param>
/// <param name="settings">Slots and lane.</param>
public sealed class BackupDispatcher(OperationBook operations, Func<BackupJob, bool> isSmall, Func<BackupJob, LiveOperation, Action, Task> run, NodeSettings settings)
{
    // Each holds an open file at the destination while it waits for its flush.
    private const int MostUnderWay = 512;

    private readonly Dictionary<string, LiveOperation> _keys = new(StringComparer.Ordinal);
    private readonly FairQueue<(BackupJob Job, LiveOperation Operation)> _small = new(), _large = new();
    private readonly Lock _gate = new();
    private int _lane, _slots, _underWay;
    private bool _isStopped;

    /// <summary>Told of each backup that has ended, when another of its task may begin. Must not block.</summary>
    public event Action<BackupJob>? Ended;

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _small.Count + _large.Count;
        }
    }

    /// <summary>How many run.</summary>
    public int Running
    {
        get
        {
            lock (_gate) return _underWay;
        }
    }

    /// <summary>Puts a backup in line. One of the same task that waits or runs already is that one.</summary>
    /// <param name="job">What is to be run.</param>
    /// <param name="askedBy">Who asked; null for the schedule.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/> while the node shuts down.</exception>
    public LiveOperation Add(BackupJob job, string? askedBy)
    {
        LiveOperation operation;
        lock (_gate)
        {
            if (_isStopped) throw new HoldfastException(ErrorCatalogue.NotAllowed, "The server is shutting down.", "Ask again when it is up.");
            if (_keys.TryGetValue(job.Key, out var present) && !present.HasEnded) return present; // one that has ended is over, though it still has its turn
            operation = operations.Add(OperationKind.Backup, job.Database, job.Task, job.Kind, askedBy);
            _keys[job.Key] = operation;
            (isSmall(job) ? _small : _large).Enqueue(job.Group, (job, operation));
        }

        Pump();
        return operation;
    }

    /// <summary>Whether a task waits or runs.</summary>
    public LiveOperation? Find(string taskId)
    {
        lock (_gate) return _keys.GetValueOrDefault(taskId);
    }

    /// <summary>Begins no more, gives the running ones the grace time, then interrupts them; returns when all have ended.</summary>
    /// <returns>Those that waited, and never began.</returns>
    public async Task<IReadOnlyList<Operation>> StopAsync(TimeProvider time)
    {
        List<LiveOperation> all;
        var dropped = new List<Operation>();
        lock (_gate)
        {
            _isStopped = true;
            while (_small.TryDequeue(out var item) || _large.TryDequeue(out item))
            {
                Drop(item.Job, item.Operation);
                dropped.Add(item.Operation.Current);
            }

            all = [.. _keys.Values];
        }

        var ended = Task.WhenAll(all.Select(o => o.Ended));
        await Task.WhenAny(ended, Task.Delay(settings.ShutdownGrace, time));
        foreach (var operation in all) await operation.InterruptAsync();
        await ended;
        return dropped;
    }

    private void Drop(BackupJob job, LiveOperation operation)
    {
        _keys.Remove(job.Key);
        operation.End(OperationState.Failed, null, new(ErrorCatalogue.Interrupted, "The server stopped before this began.", "The backup of a task runs at the next start."));
        operation.Dispose();
    }

    private void Pump()
    {
        while (true)
        {
            (BackupJob Job, LiveOperation Operation) next;
            bool small;
            lock (_gate)
            {
                if (_underWay >= MostUnderWay) return;
                if (_lane < settings.SmallLane && _small.TryDequeue(out next)) small = true;
                else if (_slots < settings.Slots && _large.TryDequeue(out next)) small = false;
                else return;
                _underWay++;
                if (small) _lane++;
                else _slots++;
            }

            _ = Task.Run(() => RunAsync(next.Job, next.Operation, small));
        }
    }

    private async Task RunAsync(BackupJob job, LiveOperation operation, bool small)
    {
        var isRead = 0;
        await run(job, operation, Read);
        Read();
        lock (_gate)
        {
            _underWay--;
            if (_keys.GetValueOrDefault(job.Key) == operation) _keys.Remove(job.Key);
        }

        operation.Dispose();
        Ended?.Invoke(job);
        Pump();

        void Read()
        {
            if (Interlocked.Exchange(ref isRead, 1) != 0) return;
            lock (_gate)
            {
                if (small) _lane--;
                else _slots--;
            }

            Pump();
        }
    }
}
