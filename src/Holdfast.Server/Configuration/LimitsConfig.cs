namespace Holdfast.Server.Configuration;

/// <summary>Limits of concurrency, intervals and time-outs.</summary>
public sealed record LimitsConfig
{
    /// <summary>Number of large databases backed up at once, 1 to 256. Default: half the number of cores, at least 1.</summary>
    public int LargeDatabaseConcurrency { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Number of small databases backed up at once, 1 to 1024. Default: four times the number of cores.</summary>
    public int SmallDatabaseConcurrency { get; init; } = 4 * Environment.ProcessorCount;

    /// <summary>Number of restores at once, 1 to 64. Default: 2.</summary>
    public int Restores { get; init; } = 2;

    /// <summary>
    /// Number of backups and restores of one source at once, 1 to 1024. Default: null, limited only by the other
    /// settings.
    /// </summary>
    public int? PerSource { get; init; }

    /// <summary>
    /// Number of backups and restores of one destination at once, 1 to 1024. Default: null, limited only by the other
    /// settings.
    /// </summary>
    public int? PerDestination { get; init; }

    /// <summary>
    /// Time without progress after which an operation raises an alert, in minutes, 1 to 10080; after twice this time, a
    /// backup is aborted. Default: 10.
    /// </summary>
    public int NoProgressMinutes { get; init; } = 10;

    /// <summary>Time between two discoveries of a source, in seconds, 1 to 86400. Default: 30.</summary>
    public int DiscoverySeconds { get; init; } = 30;

    /// <summary>How long a shutdown waits for running backups before it interrupts them, in seconds, 0 to 3600. Default: 30.</summary>
    public int GraceSeconds { get; init; } = 30;

    /// <summary>Age at which a chain is replaced by a new one with a full backup, in days, 1 to 3650. Default: 30.</summary>
    public int MaxChainAgeDays { get; init; } = 30;

    /// <summary>How long a node can be away before another one takes over its tasks, in minutes, 1 to 10080. Default: 30.</summary>
    public int GracePeriodMinutes { get; init; } = 30;
}
