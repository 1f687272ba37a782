namespace Holdfast.Destinations.S3.Uploads;

/// <summary>
/// Limits the memory of the parts that all uploads of a node fill and send. An upload may hold one part whatever the others hold, so that
/// none ever waits for another one, not even for one that is stalled; the further parts, with which it has several requests in flight, it
/// gets while the limit allows them. Thread-safe.
/// </summary>
/// <param name="maxBytes">The limit, in bytes.</param>
public sealed class PartMemory(long maxBytes)
{
    /// <summary>The default limit, in bytes.</summary>
    public const long DefaultBytes = 64 << 20;

    // Guards the fields below. Nothing is called while it is held.
    private readonly Lock _gate = new();
    private long _used;
    private TaskCompletionSource _released = CreateSignal();

    /// <summary>Bytes of all parts. At most the limit and one part of each upload.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_gate)
            {
                return _used;
            }
        }
    }

    /// <summary>Takes memory for the only part of an upload, even beyond the limit.</summary>
    internal void Reserve(long bytes)
    {
        lock (_gate)
        {
            _used += bytes;
        }
    }

    /// <summary>Takes memory for a further part, if the limit allows it.</summary>
    /// <param name="bytes">Length of the part.</param>
    /// <param name="released">A task that ends when memory is released the next time.</param>
    /// <returns>Whether it was taken.</returns>
    internal bool TryReserve(long bytes, out Task released)
    {
        lock (_gate)
        {
            released = _released.Task;
            if (_used + bytes > maxBytes)
            {
                return false;
            }
            _used += bytes;
            return true;
        }
    }

    /// <summary>Returns memory.</summary>
    internal void Release(long bytes)
    {
        if (bytes == 0)
        {
            return;
        }
        TaskCompletionSource released;
        lock (_gate)
        {
            _used -= bytes;
            released = _released;
            _released = CreateSignal();
        }
        released.SetResult();
    }

    private static TaskCompletionSource CreateSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
