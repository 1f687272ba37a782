using Holdfast.Engines;

namespace Holdfast.Node.Restores;

/// <summary>How far one restore is, for whoever watches it. Written by the restore, read by others at any time.</summary>
public sealed class RestoreMeter
{
    private long _total;
    private long _done;
    private int _items;

    /// <summary>Bytes that will be written; 0 while that is not known.</summary>
    public long TotalBytes
    {
        get => Interlocked.Read(ref _total);
        internal set => Interlocked.Exchange(ref _total, value);
    }

    /// <summary>Bytes written so far.</summary>
    public long DoneBytes => Interlocked.Read(ref _done);

    /// <summary>Items that are done.</summary>
    public int Items => Volatile.Read(ref _items);

    /// <summary>An id of the restore's own.</summary>
    internal string Id { get; init; } = "";

    /// <summary>The role that runs the restore; null where the engine has none, or it was not looked at.</summary>
    internal RestoreRoleState? RestoreRole { get; set; }

    /// <summary>Told of that role before anything is loaded, and waited for; null where nobody asks.</summary>
    internal Func<RestoreRoleState, CancellationToken, Task>? OnLoading { get; init; }

    internal void AddWritten(long bytes) => Interlocked.Add(ref _done, bytes);

    internal void AddItem() => Interlocked.Increment(ref _items);
}
