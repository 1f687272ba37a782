namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>
/// Limits for loading a script, relative to its length: the author of a hostile script may want all memory, the whole
/// disk, or a core forever.
/// </summary>
internal sealed record LoadLimits
{
    private const int MiB = 1 << 20;

    /// <summary>Time for which any script may keep SQLite busy; default 10 minutes.</summary>
    public TimeSpan BaseTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Additional time for each MiB of the script; default 10 s, for the slowest disk with the most indexes.</summary>
    public TimeSpan TimePerMiB { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Database size in bytes that any script may create; default 64 MiB.</summary>
    public long BaseBytes { get; init; } = 64 * MiB;

    /// <summary>Additional database bytes for each byte of the script; default 64. A dump that would need more fails.</summary>
    public int BytesPerByte { get; init; } = 64;

    /// <summary>
    /// Memory in bytes that SQLite may allocate for one statement, in addition to four times the longest statement;
    /// default 512 MiB.
    /// </summary>
    public long BaseHeap { get; init; } = 512 * MiB;

    /// <summary>How often a running statement is checked; default every second.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Returns the maximum time for a script of that length.</summary>
    public TimeSpan GetMaxTime(long scriptBytes) => BaseTime + (TimePerMiB * ((double)scriptBytes / MiB));

    /// <summary>Returns the maximum size of the database for a script of that length.</summary>
    public long GetMaxDatabaseBytes(long scriptBytes) => BaseBytes + (BytesPerByte * scriptBytes);

    /// <summary>
    /// Returns the maximum length of a value if the longest statement has that length. A generated value may be
    /// somewhat longer than the statement.
    /// </summary>
    public static int GetMaxValueLength(long statementBytes) => (int)Math.Min(MiB + (8 * statementBytes), 1_000_000_000);

    /// <summary>Returns the maximum memory of SQLite if the longest statement has that length.</summary>
    public long GetMaxHeap(long statementBytes) => BaseHeap + (4 * statementBytes);
}
