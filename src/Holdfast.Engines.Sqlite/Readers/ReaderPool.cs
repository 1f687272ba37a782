using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// Manages the processes (at most two) that read databases which other users can write to: if such a file crashes
/// SQLite, or the memory that maps it, one of these processes ends and not the server. One process serves all jobs. If
/// it ends, each database that it had open is read again in the isolated process, one at a time, those that have
/// crashed a process before last: so only the database that is the cause fails. A process is started when there is
/// work, and exits after it has been idle for a while.
/// </summary>
public sealed class ReaderPool : IDisposable
{
    /// <summary>How long an idle process is kept.</summary>
    public static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(30);

    private readonly Func<ReaderTransport> _start;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly HashSet<ReaderJob> _jobs = [];

    // number of processes that each suspect has crashed while it was isolated
    private readonly Dictionary<string, int> _suspectCrashes = new(StringComparer.Ordinal);
    private readonly PriorityQueue<TaskCompletionSource, (int Ended, long Order)> _waitingForIsolation = new();
    private ReaderClient? _shared,
        _isolated;
    private bool _isIsolatedReaderBusy,
        _isDisposed;
    private long _count;

    /// <summary>Creates the pool; no process is started yet.</summary>
    /// <param name="program">
    /// The program, which runs <see cref="ReaderService.RunAsync"/> when it is started with these arguments.
    /// </param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="time">The clock.</param>
    public ReaderPool(string program, IReadOnlyList<string> arguments, TimeProvider time)
        : this(() => ReaderProcess.Start(program, arguments), time) { }

    internal ReaderPool(Func<ReaderTransport> start, TimeProvider time)
    {
        (_start, _time) = (start, time);
        _timer = time.CreateTimer(_ => CloseIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lets all processes exit.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _timer.Dispose();
            _shared?.Close();
            _isolated?.Close();
        }
    }

    /// <summary>Starts a job for a database. A suspect waits for its turn in the isolated process.</summary>
    /// <exception cref="HoldfastException">A process cannot be started.</exception>
    internal async Task<ReaderJob> BeginAsync(string path, CancellationToken cancellationToken)
    {
        int? crashes;
        Task turn;
        lock (_gate)
        {
            crashes = _suspectCrashes.TryGetValue(path, out var count) ? count : null;
            if (crashes is null)
            {
                return Begin(ref _shared, path, isIsolated: false);
            }
            turn = WaitForIsolation(crashes.Value, cancellationToken);
        }

        await turn;
        lock (_gate)
        {
            try
            {
                return Begin(ref _isolated, path, isIsolated: true);
            }
            catch
            {
                ReleaseIsolation();
                throw;
            }
        }
    }

    /// <summary>Ends a job.</summary>
    internal void Return(ReaderJob job)
    {
        lock (_gate)
        {
            _jobs.Remove(job);
            var reader = job.Reader;
            reader.Jobs--;
            reader.IdleSince = _time.GetTimestamp();
            if (reader.Jobs == 0 && !_isDisposed)
            {
                _timer.Change(MaxIdle, Timeout.InfiniteTimeSpan);
            }
            if (!job.IsIsolated)
            {
                return;
            }
            if (!reader.HasExited)
            {
                _suspectCrashes.Remove(job.Path); // this database was not the cause
            }
            ReleaseIsolation();
        }
    }

    private ReaderJob Begin(ref ReaderClient? slot, string path, bool isIsolated)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (slot is null or { HasExited: true })
        {
            slot = new(_start(), OnReaderExited);
        }
        var job = new ReaderJob(this, slot, ++_count, path, isIsolated, _time);
        slot.Jobs++;
        _jobs.Add(job);
        return job;
    }

    private Task WaitForIsolation(int crashes, CancellationToken cancellationToken)
    {
        if (!_isIsolatedReaderBusy)
        {
            _isIsolatedReaderBusy = true;
            return Task.CompletedTask;
        }

        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registration = cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken));
        _ = turn.Task.ContinueWith(
            _ => registration.Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
        _waitingForIsolation.Enqueue(turn, (crashes, ++_count));
        return turn.Task;
    }

    private void ReleaseIsolation()
    {
        while (_waitingForIsolation.TryDequeue(out var next, out _))
        {
            if (next.TrySetResult())
            {
                return;
            }
        }

        _isIsolatedReaderBusy = false;
    }

    // Runs on the receiving thread when a process has exited, before its jobs are notified: when they retry, the
    // suspects are already known.
    private void OnReaderExited(ReaderClient reader)
    {
        lock (_gate)
        {
            foreach (var job in _jobs.Where(j => j.Reader == reader))
            {
                _suspectCrashes[job.Path] = _suspectCrashes.GetValueOrDefault(job.Path) + (job.IsIsolated ? 1 : 0);
            }
            if (_shared == reader)
            {
                _shared = null;
            }
            if (_isolated == reader)
            {
                _isolated = null;
            }
        }
    }

    private void CloseIdle()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }
            CloseIdle(ref _shared);
            CloseIdle(ref _isolated);
        }
    }

    private void CloseIdle(ref ReaderClient? slot)
    {
        if (slot is not { Jobs: 0 } reader)
        {
            return;
        }
        var left = MaxIdle - _time.GetElapsedTime(reader.IdleSince);
        if (left > TimeSpan.Zero)
        {
            _timer.Change(left, Timeout.InfiniteTimeSpan);
            return;
        }

        slot = null;
        reader.Close();
    }
}
