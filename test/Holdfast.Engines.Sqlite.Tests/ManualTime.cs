using System.Collections.Concurrent;

namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>A clock that tests control; its timers never fire by themselves.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly ConcurrentDictionary<Silent, Action> _timers = new();
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public void Advance(TimeSpan by) => _ticks += by.Ticks;

    /// <summary>Fires all existing timers: an exception that escaped from a callback would end the process.</summary>
    public void Fire()
    {
        foreach (var call in _timers.Values)
        {
            call();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Silent(this);
        _timers[timer] = () => callback(state);
        return timer;
    }

    private sealed class Silent(ManualTime time) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => time._timers.TryRemove(this, out _);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
