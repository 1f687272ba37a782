namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>What a script may cost, by its own length: whoever wrote it may want all memory, the whole disk, or a core for ever.</summary>
internal sealed record LoadLimits
{
    private const int MiB = 1 << 20;

    /// <summary>How long any script may keep SQLite busy; default 10 minutes.</summary>
    public TimeSpan BaseTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How much longer for each MiB of it; default 10 s, for the slowest disk with the most indexes.</summary>
    public TimeSpan TimePerMiB { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes that any script may make of itself; default 64 MiB.</summary>
    public long BaseBytes { get; init; } = 64 * MiB;

    /// <summary>How many more for each byte of it; default 64. A dump that would need more is not made.</summary>
    public int BytesPerByte { get; init; } = 64;

    /// <summary>
    /// Bytes that SQLite may take for one statement besides what it has; default 512 MiB, and four times the longest
    /// statement.
    /// </summary>
    public long BaseHeap { get; init; } = 512 * MiB;

    /// <summary>How often a statement that runs is looked at; default each second.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How long a script of that length may take.</summary>
    public TimeSpan GetMaxTime(long scriptBytes) => BaseTime + (TimePerMiB * ((double)scriptBytes / MiB));

    /// <summary>How large a database a script of that length may make.</summary>
    public long GetMaxDatabaseBytes(long scriptBytes) => BaseBytes + (BytesPerByte * scriptBytes);

    /// <summary>
    /// The longest value where the longest statement has that length. What is generated of a row may be somewhat longer
    /// than it.
    /// </summary>
    public static int GetMaxValueLength(long statementBytes) => (int)Math.Min(MiB + (8 * statementBytes), 1_000_000_000);

    /// <summary>How much memory SQLite may take where the longest statement has that length.</summary>
    public long GetMaxHeap(long statementBytes) => BaseHeap + (4 * statementBytes);
}
