namespace Holdfast.Engines.Sqlite;

/// <summary>Figures that no operator needs to set; tests do.</summary>
internal sealed record SqliteTuning
{
    /// <summary>How long a lock is waited for.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Speed that copying into a spool file is reckoned with, in bytes per second; low on purpose.</summary>
    public double CopyRate { get; init; } = 400e6;

    /// <summary>Speed that a dump is reckoned with, in bytes per second.</summary>
    public double DumpRate { get; init; } = 60e6;

    /// <summary>
    /// Up to this size, in bytes, a database whose writers wait is dumped into memory; many small ones are dumped at
    /// once.
    /// </summary>
    public long MaxDumpInMemory { get; init; } = 256 << 10;

    /// <summary>
    /// How long the read mark of a database in WAL mode may keep its log from starting over, when the spool folder has
    /// room.
    /// </summary>
    public TimeSpan MaxReadMark { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a database in WAL mode that nobody has open is read directly: a checkpoint of who opens it meanwhile
    /// would cost another try.
    /// </summary>
    public TimeSpan MaxColdRead { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Up to this size, in bytes, a file that nothing protects from change is copied first, so that a change costs only
    /// another try.
    /// </summary>
    public long MaxColdCopy { get; init; } = 256L << 20;

    /// <summary>How often a file that changes while it is read is tried.</summary>
    public int MaxColdAttempts { get; init; } = 5;
}
