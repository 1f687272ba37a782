namespace Holdfast.Destinations.S3.Uploads;

/// <summary>
/// Limits the memory of what all uploads to one bucket hold. An upload that finds no room waits; what is written to it meanwhile waits in
/// the queue of its backup, and then in the spool. Uploads that hold a part of what they need must not wait for each other without end: one
/// at a time, the one that has waited longest, gets what it needs beyond the limit, until it has sent its part. Thread-safe.
/// </summary>
/// <param name="maxBytes">The limit, in bytes.</param>
public sealed class PartMemory(long maxBytes)
{
    // Guards the fields below and all shares. Nothing is called while it is held; whoever waits continues asynchronously.
    private readonly Lock _gate = new();
    private readonly LinkedList<(PartShare Share, long Bytes, TaskCompletionSource Granted)> _waiting = new(); // the longest first
    private long _used; // without the share beyond the limit
    private PartShare? _beyond;

    /// <summary>
    /// The default limit for one bucket, in bytes: 32 MiB, and a part for each large database that is read at the same time, because one
    /// that is read slowly holds its part for long.
    /// </summary>
    public static long DefaultBytes { get; } = (32L << 20) + (Math.Max(1, Environment.ProcessorCount / 2) * (8L << 20));

    /// <summary>Bytes that uploads hold: at most the limit, one part, and the indexes, which do not wait.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_gate)
            {
                return _used + (_beyond?.Bytes ?? 0);
            }
        }
    }

    /// <summary>Takes memory, as soon as there is room.</summary>
    /// <param name="share">What the part holds; it grows.</param>
    /// <param name="bytes">Number of bytes to add.</param>
    /// <param name="cancellationToken">Cancels the wait. The share has to be released as well.</param>
    internal Task TakeAsync(PartShare share, long bytes, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (TryAdd(share, bytes))
            {
                return Task.CompletedTask;
            }
            var granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.AddLast((share, bytes, granted));
            return granted.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes memory at once, whatever the limit is.</summary>
    internal void Take(PartShare share, long bytes)
    {
        lock (_gate)
        {
            _used += bytes;
            share.Bytes += bytes;
        }
    }

    /// <summary>Returns all that a part holds.</summary>
    internal void Release(PartShare share)
    {
        lock (_gate)
        {
            if (ReferenceEquals(share, _beyond))
            {
                _beyond = null;
            }
            else
            {
                _used -= share.Bytes;
            }
            (share.Bytes, share.IsReleased) = (0, true);
            for (var next = _waiting.First; next is not null; )
            {
                var (waiter, following) = (next.Value, next.Next);
                // One that was released while it waited, because its upload was given up, gets nothing.
                if (waiter.Share.IsReleased || TryAdd(waiter.Share, waiter.Bytes))
                {
                    _waiting.Remove(next);
                    waiter.Granted.SetResult();
                }
                next = following;
            }
        }
    }

    private bool TryAdd(PartShare share, long bytes)
    {
        if (!ReferenceEquals(share, _beyond))
        {
            if (_used + bytes <= maxBytes)
            {
                _used += bytes;
            }
            else if (_beyond is null)
            {
                _beyond = share;
                _used -= share.Bytes;
            }
            else
            {
                return false;
            }
        }
        share.Bytes += bytes;
        return true;
    }
}
