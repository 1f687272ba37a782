using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Operations;

/// <summary>An operation of this node that has not ended yet. Its runner writes it, others look, abort and delay.</summary>
public sealed class LiveOperation : IDisposable
{
    private const int MostLines = 500;

    private readonly OperationBook _book;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _log = new();
    private readonly Lock _gate = new();
    private Operation _operation;
    private Func<(string Phase, OperationProgress Progress)>? _look;
    private bool _isDisposed;

    internal LiveOperation(OperationBook book, Operation operation, TimeProvider time) => (_book, _operation, _time) = (book, operation, time);

    /// <summary>Its id.</summary>
    public string Id => _operation.Id;

    /// <summary>It, as it is now.</summary>
    public Operation Current
    {
        get
        {
            lock (_gate)
            {
                if (_look is null || _operation.HasEnded) return _operation;
                var (phase, progress) = _look();
                return _operation with { Phase = phase, Progress = progress };
            }
        }
    }

    /// <summary>Its log so far, the last 500 lines.</summary>
    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_gate) return [.. _log];
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

    /// <summary>Done when it has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Adds a line to its log.</summary>
    public void Write(string line)
    {
        lock (_gate)
        {
            _log.Enqueue($"{_time.GetUtcNow():HH:mm:ss} {line}");
            if (_log.Count > MostLines) _log.Dequeue();
        }
    }

    /// <summary>Stops it for good, or until a time.</summary>
    /// <param name="by">Who asked.</param>
    /// <param name="until">When it shall begin again; null for not at all.</param>
    public async Task AbortAsync(string by, DateTimeOffset? until)
    {
        lock (_gate)
        {
            if (_operation.HasEnded || IsAborted) return;
            (IsAborted, DelayedUntil) = (true, until);
        }

        Write(until is null ? $"aborted by {by}" : $"put off by {by} until {until:yyyy-MM-dd HH:mm:ss} UTC");
        await InterruptAsync();
    }

    /// <summary>Stops it because the node does. Nothing where it has ended.</summary>
    public Task InterruptAsync()
    {
        lock (_gate) return _isDisposed ? Task.CompletedTask : _stop.CancelAsync(); // who stops it need not know whether it has just ended
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _isDisposed = true;
        _stop.Dispose();
    }

    internal void Began(Func<(string Phase, OperationProgress Progress)> look)
    {
        lock (_gate)
        {
            _look = look;
            _operation = _operation with { State = OperationState.Running, Started = _time.GetUtcNow() };
            _book.Tell(this);
        }
    }

    // Told under the lock, as the end is: what is told last is what it is.
    internal void StoreProgress()
    {
        lock (_gate)
        {
            if (_operation.State == OperationState.Running) _book.Tell(this);
        }
    }

    internal void End(OperationState state, OperationResult? result, HoldfastException? error)
    {
        lock (_gate)
        {
            if (_look is not null) _operation = _operation with { Progress = _look().Progress };
            _log.Enqueue($"{_time.GetUtcNow():HH:mm:ss} ended: {state}{(error is null ? "" : $": {error.Message}")}");
            _operation = _operation with { State = state, Ended = _time.GetUtcNow(), Phase = "ended", Result = result, Error = error is null ? null : OperationError.Of(error) };
            _book.Ended(this);
        }

        _ended.TrySetResult();
    }
}
