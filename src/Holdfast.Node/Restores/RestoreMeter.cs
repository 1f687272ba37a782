using Holdfast.Engines.Restores;

namespace Holdfast.Node.Restores;

/// <summary>Progress of one restore. Written by the restore, read concurrently by others.</summary>
public sealed class RestoreMeter
{
    private long _total;
    private long _done;
    private int _items;

    /// <summary>Bytes to write; 0 while unknown.</summary>
    public long TotalBytes
    {
        get => Interlocked.Read(ref _total);
        internal set => Interlocked.Exchange(ref _total, value);
    }

    /// <summary>Bytes written so far.</summary>
    public long DoneBytes => Interlocked.Read(ref _done);

    /// <summary>Items completed.</summary>
    public int Items => Volatile.Read(ref _items);

    /// <summary>Id of the restore.</summary>
    internal string Id { get; init; } = "";

    /// <summary>The role that runs the restore; null if the engine has none, or its state was not read.</summary>
    internal RestoreRoleState? RestoreRole { get; set; }

    /// <summary>Receives the state of that role before anything is loaded, and is awaited; null for none.</summary>
    internal Func<RestoreRoleState, CancellationToken, Task>? OnLoading { get; init; }

    internal void AddWritten(long bytes) => Interlocked.Add(ref _done, bytes);

    internal void AddItem() => Interlocked.Increment(ref _items);
}
