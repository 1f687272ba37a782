namespace Holdfast.Destinations.Requests;

/// <summary>Delays transfers so that together they stay below a rate. Thread-safe.</summary>
/// <param name="bytesPerSecond">The rate.</param>
/// <param name="time">The clock.</param>
public sealed class BandwidthLimit(long bytesPerSecond, TimeProvider time)
{
    // Guards _free. Nothing is called while it is held.
    private readonly Lock _gate = new();
    private DateTimeOffset _free = DateTimeOffset.MinValue;

    /// <summary>Waits until the bytes may be sent. Callers are served in the order in which they asked.</summary>
    public async ValueTask WaitAsync(int bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var now = time.GetUtcNow();
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
