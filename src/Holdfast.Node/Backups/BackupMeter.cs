using Holdfast.Core.Operations;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Backups;

/// <summary>Progress of one backup. Written by the backup, read concurrently by others.</summary>
/// <param name="destinations">Number of destinations.</param>
public sealed class BackupMeter(int destinations)
{
    private readonly long[] _stored = new long[destinations];
    private readonly Func<OutputState>?[] _outputs = new Func<OutputState>?[destinations];
    private long _done;
    private long _activity;
    private int _items;

    /// <summary>Receives the steps of the backup; null to discard them.</summary>
    public IOperationLog? Log { get; init; }

    /// <summary>The current phase: <c>opening</c>, <c>reading</c>, <c>publishing</c>.</summary>
    public string Phase { get; internal set; } = "opening";

    /// <summary>Estimated bytes to read; 0 while unknown.</summary>
    public long TotalBytes { get; internal set; }

    /// <summary>Bytes read so far.</summary>
    public long DoneBytes => Interlocked.Read(ref _done);

    /// <summary>Items completed.</summary>
    public int Items => Volatile.Read(ref _items);

    /// <summary>Bytes stored at the destination with this index.</summary>
    public long StoredBytes(int destination) => Interlocked.Read(ref _stored[destination]);

    /// <summary>How far the destination with this index is; null before it is written to.</summary>
    public OutputState? StateOf(int destination) => Volatile.Read(ref _outputs[destination])?.Invoke();

    /// <summary>Grows with each byte that is read or written at a destination, also while a chain is repaired.</summary>
    internal long Activity => Interlocked.Read(ref _activity);

    internal void RecordActivity(long bytes) => Interlocked.Add(ref _activity, bytes);

    internal void Follow(int destination, Func<OutputState> readState) => Volatile.Write(ref _outputs[destination], readState);

    internal void LogStep(string line) => Log?.Write(line);

    internal void AddRead(long bytes) => Interlocked.Add(ref _done, bytes);

    internal void AddItem() => Interlocked.Increment(ref _items);

    internal void AddStored(int destination, long bytes) => Interlocked.Add(ref _stored[destination], bytes);
}
