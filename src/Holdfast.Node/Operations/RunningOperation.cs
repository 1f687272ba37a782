using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Operations;

/// <summary>
/// An operation of this node that has not ended yet. Its runner writes it, others look, abort and delay. It is ended
/// once: by whoever claims it first, its
/// runner or, where a call of that hangs, somebody else. What comes later is ignored.
/// </summary>
public sealed class RunningOperation : IOperationLog, IDisposable
{
    private const int MaxLogLines = 500;

    // What hangs in the callbacks of a cancellation must not hold up who asked for it.
    private static readonly TimeSpan CancellationTimeout = TimeSpan.FromSeconds(1);

    private readonly OperationStore _store;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _log = new();

    // Everything below it. The book is told while it is held: what is told last is what it is.
    private readonly Lock _gate = new();
    private Operation _operation;
    private Func<(string Phase, OperationProgress Progress)>? _readProgress;
    private Func<long>? _readActivity;
    private (OperationState State, OperationResult Result, HoldfastException? Error)? _success;
    private (string Phase, long Bytes, int Items, long Lines) _lastProgress;
    private long _lastActivity;
    private long _lines;
    private bool _hasBegun,
        _isClaimed,
        _isDisposed,
        _hasProgressFailed;

    internal RunningOperation(OperationStore book, Operation operation, TimeProvider time) =>
        (_store, _operation, _time) = (book, operation, time);

    /// <summary>Its id.</summary>
    public string Id => _operation.Id;

    /// <summary>It, as it is now.</summary>
    public Operation Current
    {
        get
        {
            lock (_gate)
            {
                if (_readProgress is null || _operation.State != OperationState.Running)
                {
                    return _operation;
                }
                var (phase, progress) = ReadProgress();
                return _operation with { Phase = phase, Progress = progress };
            }
        }
    }

    /// <summary>Its log so far, the last 500 lines.</summary>
    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_gate)
            {
                return [.. _log];
            }
        }
    }

    /// <summary>Whether it has ended, as <see cref="Current"/> says too; waits for nobody.</summary>
    public bool HasEnded => Volatile.Read(ref _operation).HasEnded;

    /// <summary>Cancelled when it shall stop.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Whether an operator stopped it; if not, and <see cref="Stopping"/> is cancelled, the node shuts down.</summary>
    public bool IsAborted { get; private set; }

    /// <summary>When it shall begin again after it was stopped; null for never.</summary>
    public DateTimeOffset? DelayedUntil { get; private set; }

    /// <summary>Done when it has ended, or waits for the next start of the node.</summary>
    public Task Completion => _completion.Task;

    /// <summary>How long it has not moved: no byte, no item, no step, no phase. Zero while it waits. Seen every few seconds.</summary>
    public TimeSpan TimeWithoutProgress
    {
        get
        {
            lock (_gate)
            {
                return _hasBegun && !_operation.HasEnded ? _time.GetElapsedTime(_lastActivity) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Called when an operator stops it, before it is cancelled. Must not block.</summary>
    internal Action? OnAborted { get; set; }

    /// <summary>Called when it has ended, before those who wait for that. Must not block.</summary>
    internal Action? OnEnded { get; set; }

    /// <inheritdoc/>
    public void Write(string line)
    {
        lock (_gate)
        {
            Append(line);
        }
    }

    /// <summary>Stops it for good, or until a time. One that waits has ended when this returns; one that runs ends soon.</summary>
    /// <param name="by">Who asked.</param>
    /// <param name="until">When it shall begin again; null for not at all.</param>
    public async Task AbortAsync(string by, DateTimeOffset? until)
    {
        lock (_gate)
        {
            if (_operation.HasEnded || IsAborted)
            {
                return;
            }
            (IsAborted, DelayedUntil) = (true, until);
            Append(until is null ? $"aborted by {by}" : $"put off by {by} until {until:yyyy-MM-dd HH:mm:ss} UTC");
        }

        Subscribers.Notify(OnAborted);
        await InterruptAsync();
    }

    /// <summary>Cancels it: because the node stops, or it does not move. Nothing where it has ended. Never throws.</summary>
    public async Task InterruptAsync()
    {
        Task cancelling;
        lock (_gate)
        {
            cancelling = _isDisposed ? Task.CompletedTask : _stop.CancelAsync(); // who stops it need not know whether it has just ended
        }
        await cancelling.WaitAsync(CancellationTimeout, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }
        _stop.Dispose();
    }

    /// <summary>It is its turn.</summary>
    /// <returns>False where somebody has ended it before.</returns>
    internal bool TryBegin()
    {
        lock (_gate)
        {
            if (_isClaimed)
            {
                return false;
            }
            (_hasBegun, _lastActivity) = (true, _time.GetTimestamp());
            return true;
        }
    }

    /// <summary>It runs.</summary>
    /// <param name="look">Tells how far it is, at any time.</param>
    /// <param name="moves">Tells a number that grows with whatever moves besides; null where nothing does.</param>
    internal void MarkStarted(Func<(string Phase, OperationProgress Progress)> look, Func<long>? moves = null)
    {
        lock (_gate)
        {
            if (_isClaimed)
            {
                return;
            }
            (_readProgress, _readActivity) = (look, moves);
            if (_operation.State == OperationState.Running)
            {
                return;
            }
            _operation = _operation with { State = OperationState.Running, Started = _time.GetUtcNow() };
            _store.Publish(this);
        }
    }

    // Told under the lock, as the end is: what is told last is what it is.
    internal void StoreProgress()
    {
        lock (_gate)
        {
            if (_operation.State != OperationState.Running)
            {
                return;
            }
            DetectProgress();
            _store.Publish(this);
        }
    }

    /// <summary>What was asked for is done and stored: whatever happens from now on, it ends like this.</summary>
    /// <returns>False where somebody has ended it meanwhile.</returns>
    internal bool TryMarkSucceeded(OperationState state, OperationResult result, HoldfastException? error)
    {
        lock (_gate)
        {
            if (_isClaimed)
            {
                return false;
            }
            _success ??= (state, result, error);
            return true;
        }
    }

    /// <summary>Makes the caller the one who ends it.</summary>
    /// <param name="onlyWaiting">Whether it is left alone where it has begun.</param>
    /// <returns>False where it is left alone, or somebody else ends it.</returns>
    internal bool TryClaim(bool onlyWaiting = false)
    {
        lock (_gate)
        {
            if (_isClaimed || (onlyWaiting && _hasBegun))
            {
                return false;
            }
            _isClaimed = true;
            return true;
        }
    }

    /// <summary>Ends it as what was done before says; for whoever has claimed it.</summary>
    /// <returns>False where nothing was done yet, and it has not ended.</returns>
    internal bool TryEndAsSucceeded()
    {
        (OperationState State, OperationResult Result, HoldfastException? Error)? success;
        lock (_gate)
        {
            success = _success;
        }
        if (success is not { } done)
        {
            return false;
        }
        End(done.State, done.Result, done.Error);
        return true;
    }

    /// <summary>Ends it; for whoever has claimed it.</summary>
    internal void End(OperationState state, OperationResult? result, HoldfastException? error)
    {
        try
        {
            lock (_gate)
            {
                var progress = ReadProgress().Progress;
                Append($"ended: {state}{Summarize(result)}{(error is null ? "" : $": {error.Message}")}");
                _operation = _operation with
                {
                    State = state,
                    Ended = _time.GetUtcNow(),
                    Phase = "ended",
                    Progress = progress,
                    Result = result,
                    Error = error is null ? null : OperationError.From(error),
                };
                _store.MarkEnded(this);
            }
        }
        finally
        {
            Complete();
        }
    }

    /// <summary>Puts it back as one that waits, for the next start of the node; for whoever has claimed it.</summary>
    internal void Requeue()
    {
        try
        {
            lock (_gate)
            {
                Append("the server stops: it runs again at the next start");
                _operation = _operation with { State = OperationState.Queued, Started = null, Phase = "waiting", Progress = new() };
                _store.Publish(this);
            }
        }
        finally
        {
            Complete();
        }
    }

    // Whatever went wrong before: its slot is another's, and nobody waits for it for ever.
    private void Complete()
    {
        try
        {
            Subscribers.Notify(OnEnded);
        }
        finally
        {
            _completion.TrySetResult();
        }
    }

    // How far it is, as its runner tells it; as it was told last where that throws, which must not keep it from ending,
    // nor others from being listed.
    private (string Phase, OperationProgress Progress) ReadProgress()
    {
        if (_readProgress is null)
        {
            return (_operation.Phase, _operation.Progress);
        }
        try
        {
            return _readProgress();
        }
        catch (Exception e)
        {
            if (!_hasProgressFailed)
            {
                Append($"how far it is cannot be told: {e.GetType().Name}: {e.Message}");
            }
            _hasProgressFailed = true;
            return (_operation.Phase, _operation.Progress);
        }
    }

    // What it came to, and how long it took; nothing where it never began.
    private string Summarize(OperationResult? result)
    {
        if (_operation.Started is not { } begun)
        {
            return "";
        }
        var seconds = string.Create(CultureInfo.InvariantCulture, $" after {(_time.GetUtcNow() - begun).TotalSeconds:0.0} s");
        return result is null || result.Unchanged
            ? seconds
            : $"{seconds}, {result.DatabaseBytes} bytes of the database, {result.StoredBytes} stored";
    }

    private void DetectProgress()
    {
        var (phase, progress) = ReadProgress();
        var mark = (phase, progress.DoneBytes + progress.StoredBytes.Values.Sum() + (_readActivity?.Invoke() ?? 0), progress.Items, _lines);
        if (mark == _lastProgress)
        {
            return;
        }
        (_lastProgress, _lastActivity) = (mark, _time.GetTimestamp());
    }

    private void Append(string line)
    {
        _lines++;
        _log.Enqueue($"{_time.GetUtcNow():HH:mm:ss} {Truncation.Truncate(line)}");
        if (_log.Count > MaxLogLines)
        {
            _log.Dequeue();
        }
    }
}
