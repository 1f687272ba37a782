namespace Holdfast.Destinations.Requests;

/// <summary>Delays transfers so that together they stay below a rate. Thread-safe.</summary>
/// <param name="bytesPerSecond">The rate.</param>
/// <param name="time">The clock; only its timestamps are used, so that a clock that is set does not stop transfers.</param>
public sealed class BandwidthLimit(long bytesPerSecond, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    // Guards _free. Nothing is called while it is held.
    private readonly Lock _gate = new();
    private TimeSpan _free;

    /// <summary>Waits until the bytes may be sent. Callers are served in the order in which they asked.</summary>
    public async ValueTask WaitAsync(int bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var now = time.GetElapsedTime(_start);
            var start = _free > now ? _free : now;
            _free = start + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
            wait = start - now;
        }
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancellationToken);
        }
    }
}
