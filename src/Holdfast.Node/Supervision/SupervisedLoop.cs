using Holdfast.Core.Operations;

namespace Holdfast.Node.Supervision;

/// <summary>A background loop that a <see cref="Supervisor"/> runs.</summary>
public sealed class SupervisedLoop
{
    private readonly TimeProvider _time;
    private readonly Action _changed;

    // Guards the two fields below. Subscribers are called after it is released.
    private readonly Lock _gate = new();
    private LoopStatus _status;
    private long _lastIteration;

    internal SupervisedLoop(string name, TimeSpan longest, TimeProvider time, Action changed)
    {
        (_time, _changed) = (time, changed);
        _status = new(name, time.GetUtcNow(), longest, 0, null, TimeSpan.Zero);
        _lastIteration = time.GetTimestamp();
    }

    /// <summary>Its name.</summary>
    public string Name => _status.Name;

    /// <summary>Its status.</summary>
    public LoopStatus Status
    {
        get
        {
            lock (_gate)
            {
                return _status with { SinceLastIteration = _time.GetElapsedTime(_lastIteration) };
            }
        }
    }

    /// <summary>Completes when it was stopped and has ended.</summary>
    public Task Completion { get; internal set; } = Task.CompletedTask;

    /// <summary>Reports a completed iteration, which ends any earlier failure.</summary>
    public void CompleteIteration() =>
        Set(s =>
        {
            _lastIteration = _time.GetTimestamp();
            return s with { LastIteration = _time.GetUtcNow(), Failures = 0, Problem = null };
        });

    internal void RecordFailure(OperationError problem) => Set(s => s with { Failures = s.Failures + 1, Problem = problem });

    private void Set(Func<LoopStatus, LoopStatus> change)
    {
        bool isChanged;
        lock (_gate)
        {
            var before = _status;
            _status = change(before);
            isChanged = before.Problem != _status.Problem;
        }

        if (isChanged)
        {
            _changed(); // outside of the lock: subscribers may read the status
        }
    }
}
