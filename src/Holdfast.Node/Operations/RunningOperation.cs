using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Operations;

/// <summary>
/// An operation of this node that has not ended yet. Its runner updates it; other callers read, abort and postpone it. It is
/// ended once, by the first caller that claims it: its runner or, if a call of that hangs, another one. Later updates are ignored.
/// </summary>
public sealed class RunningOperation : IOperationLog, IDisposable
{
    private const int MaxLogLines = 500;

    // A cancellation callback that hangs must not block the caller who cancels the operation.
    private static readonly TimeSpan CancellationTimeout = TimeSpan.FromSeconds(1);

    private readonly OperationStore _store;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _log = new();

    // Guards all fields below. OperationStore.Publish and MarkEnded are called while it is held, so that the last published state
    // is the current one; they must not call back.
    private readonly Lock _gate = new();
    private Operation _operation;
    private Func<(string Phase, OperationProgress Progress)>? _readProgress;
    private Func<long>? _readActivity;
    private (OperationState State, OperationResult Result, HoldfastException? Error)? _success;
    private (string Phase, long Bytes, int Items, long Lines) _lastProgress;
    private long _lastActivity;
    private long _lines;
    private bool _hasStarted,
        _isClaimed,
        _isDisposed,
        _hasProgressFailed;

    internal RunningOperation(OperationStore book, Operation operation, TimeProvider time) =>
        (_store, _operation, _time) = (book, operation, time);

    /// <summary>Its id.</summary>
    public string Id => _operation.Id;

    /// <summary>The current state.</summary>
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

    /// <summary>The log, limited to the last 500 lines.</summary>
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

    /// <summary>Whether it has ended according to <see cref="Current"/>. Never blocks.</summary>
    public bool HasEnded => Volatile.Read(ref _operation).HasEnded;

    /// <summary>Cancelled when it must stop.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>
    /// Whether an operator stopped it; if not, and <see cref="Stopping"/> is cancelled, the node is shutting down.
    /// </summary>
    public bool IsAborted { get; private set; }

    /// <summary>When to run it again after it was stopped; null for never.</summary>
    public DateTimeOffset? DelayedUntil { get; private set; }

    /// <summary>Completes when it has ended, or is queued for the next start of the node.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Time without progress: no byte, item, step or phase. Zero while it is queued. Updated every few seconds.</summary>
    public TimeSpan TimeWithoutProgress
    {
        get
        {
            lock (_gate)
            {
                return _hasStarted && !_operation.HasEnded ? _time.GetElapsedTime(_lastActivity) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Called when an operator stops it, before the cancellation. Must not block.</summary>
    internal Action? OnAborted { get; set; }

    /// <summary>Called when it has ended, before <see cref="Completion"/>. Must not block.</summary>
    internal Action? OnEnded { get; set; }

    /// <inheritdoc/>
    public void Write(string line)
    {
        lock (_gate)
        {
            Append(line);
        }
    }

    /// <summary>
    /// Stops it for good, or until a given time. A queued operation has ended when this returns; a running one ends soon.
    /// </summary>
    /// <param name="by">The requesting user.</param>
    /// <param name="until">When to run it again; null for never.</param>
    public async Task AbortAsync(string by, DateTimeOffset? until)
    {
        lock (_gate)
        {
            if (_operation.HasEnded || IsAborted)
            {
                return;
            }
            (IsAborted, DelayedUntil) = (true, until);
            Append(until is null ? $"aborted by {by}" : $"postponed by {by} until {until:yyyy-MM-dd HH:mm:ss} UTC");
        }

        Subscribers.Notify(OnAborted);
        await InterruptAsync();
    }

    /// <summary>Cancels it, because the node stops or it makes no progress. Does nothing if it has ended. Never throws.</summary>
    public async Task InterruptAsync()
    {
        Task cancelling;
        lock (_gate)
        {
            cancelling = _isDisposed ? Task.CompletedTask : _stop.CancelAsync(); // callers need not check whether it has just ended
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

    /// <summary>Takes the turn of the operation.</summary>
    /// <returns>False if it has already been ended.</returns>
    internal bool TryBegin()
    {
        lock (_gate)
        {
            if (_isClaimed)
            {
                return false;
            }
            (_hasStarted, _lastActivity) = (true, _time.GetTimestamp());
            return true;
        }
    }

    /// <summary>Marks it as running.</summary>
    /// <param name="readProgress">Returns the current progress; called at any time.</param>
    /// <param name="readActivity">Returns a number that grows with any other activity; null if there is none.</param>
    internal void MarkStarted(Func<(string Phase, OperationProgress Progress)> readProgress, Func<long>? readActivity = null)
    {
        lock (_gate)
        {
            if (_isClaimed)
            {
                return;
            }
            (_readProgress, _readActivity) = (readProgress, readActivity);
            if (_operation.State == OperationState.Running)
            {
                return;
            }
            _operation = _operation with { State = OperationState.Running, Started = _time.GetUtcNow() };
            _store.Publish(this);
        }
    }

    // Published under the lock, like the end, so that the last published state is the current one.
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

    /// <summary>
    /// Records that the work is done and stored: the operation ends with this result, whatever happens from now on.
    /// </summary>
    /// <returns>False if another caller has ended it meanwhile.</returns>
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

    /// <summary>Claims the right to end it.</summary>
    /// <param name="onlyWaiting">Whether to claim it only if it has not started.</param>
    /// <returns>False if it has started, or another caller ends it.</returns>
    internal bool TryClaim(bool onlyWaiting = false)
    {
        lock (_gate)
        {
            if (_isClaimed || (onlyWaiting && _hasStarted))
            {
                return false;
            }
            _isClaimed = true;
            return true;
        }
    }

    /// <summary>Ends it with the result of <see cref="TryMarkSucceeded"/>. The caller must have claimed it.</summary>
    /// <returns>False if there is no such result; then it has not ended.</returns>
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

    /// <summary>Ends it. The caller must have claimed it.</summary>
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

    /// <summary>Queues it for the next start of the node. The caller must have claimed it.</summary>
    internal void Requeue()
    {
        try
        {
            lock (_gate)
            {
                Append("the server is stopping: runs again at the next start");
                _operation = _operation with { State = OperationState.Queued, Started = null, Phase = "waiting", Progress = new() };
                _store.Publish(this);
            }
        }
        finally
        {
            Complete();
        }
    }

    // Whatever failed before: the slot is released, and nobody waits forever.
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

    // The progress according to the runner. If that throws, the last known one: a failure must neither keep the operation from
    // ending nor others from being listed.
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
                Append($"the progress cannot be determined: {e.GetType().Name}: {e.Message}");
            }
            _hasProgressFailed = true;
            return (_operation.Phase, _operation.Progress);
        }
    }

    // The result and the duration; nothing if it never started.
    private string Summarize(OperationResult? result)
    {
        if (_operation.Started is not { } started)
        {
            return "";
        }
        var seconds = string.Create(CultureInfo.InvariantCulture, $" after {(_time.GetUtcNow() - started).TotalSeconds:0.0} s");
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
