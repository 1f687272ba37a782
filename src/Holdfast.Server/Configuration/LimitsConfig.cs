namespace Holdfast.Server.Configuration;

/// <summary>How much at once, how often, how long.</summary>
public sealed record LimitsConfig
{
    /// <summary>Backups of large databases at once, 1 to 256. Default half the cores, at least 1.</summary>
    public int LargeDatabaseConcurrency { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Backups of small databases at once, 1 to 1024. Default four times the cores.</summary>
    public int SmallDatabaseConcurrency { get; init; } = 4 * Environment.ProcessorCount;

    /// <summary>Restores at once, 1 to 64. Default 2.</summary>
    public int Restores { get; init; } = 2;

    /// <summary>Backups and restores of one source at once, 1 to 1024; null, the default, for what the other limits allow.</summary>
    public int? PerSource { get; init; }

    /// <summary>Backups and restores of one destination at once, 1 to 1024; null, the default, for what the other limits allow.</summary>
    public int? PerDestination { get; init; }

    /// <summary>
    /// How long an operation may not move before that is an alert, in minutes, 1 to 10080; after twice as long a backup
    /// is given up. Default 10.
    /// </summary>
    public int NoProgressMinutes { get; init; } = 10;

    /// <summary>Time between two looks at a source, in seconds, 1 to 86400. Default 30.</summary>
    public int DiscoverySeconds { get; init; } = 30;

    /// <summary>How long a shutdown waits for running backups before it interrupts them, in seconds, 0 to 3600. Default 30.</summary>
    public int GraceSeconds { get; init; } = 30;

    /// <summary>Age at which a chain gets a new full backup, in days, 1 to 3650. Default 30.</summary>
    public int MaxChainAgeDays { get; init; } = 30;

    /// <summary>How long a node may be away before its tasks go to another, in minutes, 1 to 10080. Default 30.</summary>
    public int GracePeriodMinutes { get; init; } = 30;
}
