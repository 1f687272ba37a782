using Holdfast.Core.Encryption;

namespace Holdfast.Core.Tasks;

/// <summary>
/// A server-wide or regular task, as an operator defines it. Properties whose default is not null, 0 or false have a <c>set</c> accessor:
/// reading JSON assigns every <c>init</c> property, also one that is missing there.
/// </summary>
public sealed record TaskDefinition
{
    /// <summary>A new name; null keeps the name in the URL.</summary>
    public string? Name { get; init; }

    /// <summary>Logical or snapshot.</summary>
    public required BackupType Type { get; init; }

    /// <summary>Cron expression of 5 fields; null for no scheduled full backups.</summary>
    public string? FullBackup { get; init; }

    /// <summary>Cron expression of 5 fields; null for no incrementals.</summary>
    public string? IncrementalBackup { get; init; }

    /// <summary>IANA name of the time zone; null for the node's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Retention; null keeps backups for ever.</summary>
    public RetentionDefinition? Retention { get; init; }

    /// <summary>Encryption; null for none.</summary>
    public EncryptionDefinition? Encryption { get; init; }

    /// <summary>Names of destinations.</summary>
    public IReadOnlyList<string> Destinations { get; set; } = [];

    /// <summary>
    /// Interval in days at which each chain is verified at each destination; 1 to 365. Null for manual verification only.
    /// </summary>
    public int? VerifyEveryDays { get; init; }

    /// <summary>
    /// Interval in hours at which a database that appears unchanged is compared in full with its newest backup; 1 to 720, default 24.
    /// </summary>
    public int CompareEveryHours { get; set; } = 24;

    /// <summary>Which existing backups are copied to a destination that is added to the task. Default the newest chain.</summary>
    public ExistingBackups ExistingBackups { get; init; }

    /// <summary>Server-wide only: database ids and globs that it does not cover.</summary>
    public IReadOnlyList<string> Excluded { get; set; } = [];

    /// <summary>Server-wide only: window over which starts are staggered, in minutes. Default none.</summary>
    public double SpreadMinutes { get; init; }

    /// <summary>Regular only: tag of the node that should run it while it can.</summary>
    public string? PreferredNode { get; init; }

    /// <summary>Whether it is disabled.</summary>
    public bool Disabled { get; init; }
}
