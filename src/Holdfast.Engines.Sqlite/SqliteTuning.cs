namespace Holdfast.Engines.Sqlite;

/// <summary>Settings that operators do not need to change; tests do.</summary>
internal sealed record SqliteTuning
{
    /// <summary>Maximum time to wait for a lock.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Assumed speed of copying into a spool file, in bytes per second; deliberately low.</summary>
    public double CopyRate { get; init; } = 400e6;

    /// <summary>Assumed speed of a dump, in bytes per second.</summary>
    public double DumpRate { get; init; } = 60e6;

    /// <summary>
    /// Maximum size in bytes of a database whose dump reads from memory while writers would wait; many small ones are
    /// dumped at the same time.
    /// </summary>
    public long MaxDumpInMemory { get; init; } = 256 << 10;

    /// <summary>
    /// How long the read mark of a database in WAL mode may keep its log from restarting, if the spool folder has room.
    /// </summary>
    public TimeSpan MaxReadMark { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a database in WAL mode that no process has open is read directly: a checkpoint by a process that opens
    /// it meanwhile would cost another attempt.
    /// </summary>
    public TimeSpan MaxColdRead { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Maximum size in bytes of a file that is copied first because no lock protects it from change, so that a change
    /// costs only another attempt.
    /// </summary>
    public long MaxColdCopy { get; init; } = 256L << 20;

    /// <summary>Number of attempts for a file that changes while it is read.</summary>
    public int MaxColdAttempts { get; init; } = 5;
}
