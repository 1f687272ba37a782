using Holdfast.Core.Encryption;

namespace Holdfast.Core.Tasks;

/// <summary>A server-wide or regular task as an operator writes it.</summary>
public sealed record TaskDefinition
{
    /// <summary>A new name for it; null keeps the one it is addressed by.</summary>
    public string? Name { get; init; }

    /// <summary>Logical or snapshot.</summary>
    public required BackupType Type { get; init; }

    /// <summary>Cron expression of 5 fields; null for no full backups by schedule.</summary>
    public string? FullBackup { get; init; }

    /// <summary>Cron expression of 5 fields; null for no incrementals.</summary>
    public string? IncrementalBackup { get; init; }

    /// <summary>IANA name of the time zone; null for the node's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Null keeps backups for ever.</summary>
    public RetentionDefinition? Retention { get; init; }

    /// <summary>Null for none.</summary>
    public EncryptionDefinition? Encryption { get; init; }

    /// <summary>Names of destinations.</summary>
    public IReadOnlyList<string> Destinations { get; set; } = [];

    /// <summary>In how many days each chain is verified once at each destination; 1 to 365. Null for never by itself.</summary>
    public int? VerifyEveryDays { get; init; }

    /// <summary>
    /// In how many hours a database that seems unchanged is compared in full with its newest backup; 1 to 720, default
    /// 24.
    /// </summary>
    public int CompareEveryHours { get; set; } = 24;

    /// <summary>Server-wide only: database ids and globs that it does not cover.</summary>
    public IReadOnlyList<string> Excluded { get; set; } = [];

    /// <summary>Server-wide only: window over which starts are staggered, in minutes. Default none.</summary>
    public double SpreadMinutes { get; init; }

    /// <summary>Regular only: tag of the node that should run it while it can.</summary>
    public string? PreferredNode { get; init; }

    /// <summary>Whether it is switched off.</summary>
    public bool Disabled { get; init; }
}
