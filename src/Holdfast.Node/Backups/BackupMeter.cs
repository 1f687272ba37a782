using Holdfast.Node.Operations;

namespace Holdfast.Node.Backups;

/// <summary>How far one backup is, for whoever watches it. Written by the backup, read by others at any time.</summary>
/// <param name="destinations">Number of destinations.</param>
public sealed class BackupMeter(int destinations)
{
    private readonly long[] _stored = new long[destinations];
    private long _done;
    private long _activity;
    private int _items;

    /// <summary>Takes the backup's steps; null where nobody reads them.</summary>
    public IOperationLog? Log { get; init; }

    /// <summary>What the backup is doing: <c>opening</c>, <c>reading</c>, <c>publishing</c>.</summary>
    public string Phase { get; internal set; } = "opening";

    /// <summary>Bytes that will be read, roughly; 0 while that is not known.</summary>
    public long TotalBytes { get; internal set; }

    /// <summary>Bytes read so far.</summary>
    public long DoneBytes => Interlocked.Read(ref _done);

    /// <summary>Items that are done.</summary>
    public int Items => Volatile.Read(ref _items);

    /// <summary>Bytes that the destination with this number has taken.</summary>
    public long StoredBytes(int destination) => Interlocked.Read(ref _stored[destination]);

    /// <summary>Grows with each byte that is read or written at a destination, also when a chain is healed.</summary>
    internal long Activity => Interlocked.Read(ref _activity);

    internal void RecordActivity(long bytes) => Interlocked.Add(ref _activity, bytes);

    internal void LogStep(string line) => Log?.Write(line);

    internal void AddRead(long bytes) => Interlocked.Add(ref _done, bytes);

    internal void AddItem() => Interlocked.Increment(ref _items);

    internal void AddStored(int destination, long bytes) => Interlocked.Add(ref _stored[destination], bytes);
}
