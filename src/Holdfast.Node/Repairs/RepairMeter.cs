namespace Holdfast.Node.Repairs;

/// <summary>Progress of a repair. Written by the repair, read concurrently by others.</summary>
internal sealed class RepairMeter
{
    private long _activity;
    private long _total;
    private long _done;
    private int _archives;

    /// <summary>Bytes of the archives to copy, as far as known.</summary>
    public long TotalBytes => Interlocked.Read(ref _total);

    /// <summary>Bytes of the archives that were copied.</summary>
    public long DoneBytes => Interlocked.Read(ref _done);

    /// <summary>Number of archives that were copied.</summary>
    public int Archives => Volatile.Read(ref _archives);

    /// <summary>Grows with each byte that is read or written.</summary>
    public long Activity => Interlocked.Read(ref _activity);

    public void RecordActivity(long bytes) => Interlocked.Add(ref _activity, bytes);

    public void AddPlanned(long bytes) => Interlocked.Add(ref _total, bytes);

    public void AddCopied(long bytes)
    {
        Interlocked.Add(ref _done, bytes);
        Interlocked.Increment(ref _archives);
    }
}
