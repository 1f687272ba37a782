using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// The processes that read databases which others may write to, two at most: what such a file does to SQLite, or to
/// memory that maps it, ends one of them
/// and not the server. One has all jobs. Where it ends, each database that it had is read again in the other one,
/// alone, one after the other and those that
/// ended a process before last: so the one whose fault it is fails, and no other. A process starts with work, and ends
/// when it had none for a while.
/// </summary>
public sealed class ReaderPool : IDisposable
{
    /// <summary>How long a process stays without work.</summary>
    public static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(30);

    private readonly Func<ReaderTransport> _start;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly HashSet<ReaderJob> _jobs = [];

    // and how many processes it has ended while it was alone
    private readonly Dictionary<string, int> _suspectCrashes = new(StringComparer.Ordinal);
    private readonly PriorityQueue<TaskCompletionSource, (int Ended, long Order)> _waitingForIsolation = new();
    private ReaderClient? _shared,
        _isolated;
    private bool _isIsolatedReaderBusy,
        _isDisposed;
    private long _count;

    /// <summary>Makes it; nothing is started yet.</summary>
    /// <param name="program">The program, which runs <see cref="ReaderService.RunAsync"/> when it is started like this.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="time">The clock.</param>
    public ReaderPool(string program, IReadOnlyList<string> arguments, TimeProvider time)
        : this(() => ReaderProcess.Start(program, arguments), time) { }

    internal ReaderPool(Func<ReaderTransport> start, TimeProvider time)
    {
        (_start, _time) = (start, time);
        _timer = time.CreateTimer(_ => CloseIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lets all processes end.</summary>
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

    /// <summary>Begins a job for a database. It may have to wait for its turn, where it is read alone.</summary>
    /// <exception cref="HoldfastException">No process can be started.</exception>
    internal async Task<ReaderJob> BeginAsync(string path, CancellationToken cancellationToken)
    {
        int? ended;
        Task turn;
        lock (_gate)
        {
            ended = _suspectCrashes.TryGetValue(path, out var count) ? count : null;
            if (ended is null)
            {
                return Begin(ref _shared, path, isAlone: false);
            }
            turn = WaitForIsolation(ended.Value, cancellationToken);
        }

        await turn;
        lock (_gate)
        {
            try
            {
                return Begin(ref _isolated, path, isAlone: true);
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
                _suspectCrashes.Remove(job.Path); // it was not why
            }
            ReleaseIsolation();
        }
    }

    private ReaderJob Begin(ref ReaderClient? slot, string path, bool isAlone)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (slot is null or { HasExited: true })
        {
            slot = new(_start(), OnReaderExited);
        }
        var job = new ReaderJob(this, slot, ++_count, path, isAlone, _time);
        slot.Jobs++;
        _jobs.Add(job);
        return job;
    }

    private Task WaitForIsolation(int ended, CancellationToken cancellationToken)
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
        _waitingForIsolation.Enqueue(turn, (ended, ++_count));
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

    // On the thread that receives, when the process has ended and before its jobs are told: by then it is known who is a suspect.
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
