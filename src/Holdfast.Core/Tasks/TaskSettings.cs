using Holdfast.Core.Encryption;
using Holdfast.Core.Retention;

namespace Holdfast.Core.Tasks;

/// <summary>Settings that server-wide and regular tasks have in common. Immutable: an edit creates a new record.</summary>
public sealed record TaskSettings
{
    /// <summary>Logical or snapshot.</summary>
    public required BackupType Type { get; init; }

    /// <summary>When a full backup is due: a cron expression of 5 fields; null for never.</summary>
    public string? FullBackup { get; init; }

    /// <summary>When an incremental is due: a cron expression of 5 fields; null for never. At least one of the two is set.</summary>
    public string? IncrementalBackup { get; init; }

    /// <summary>Time zone of both, an IANA name such as <c>Europe/Berlin</c>; null for the node's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>How long backups are kept; null for ever.</summary>
    public RetentionPolicy? Retention { get; init; }

    /// <summary>What archives are encrypted with.</summary>
    public EncryptionSettings Encryption { get; init; } = new();

    /// <summary>Names of the destinations. A task without any does not run, and an alert reports it.</summary>
    public IReadOnlyList<string> Destinations { get; init; } = [];

    /// <summary>
    /// Interval in days at which each of its chains is verified at each destination; 1 to 365. Null, the default, for manual verification
    /// only.
    /// </summary>
    public int? VerifyEveryDays { get; init; }

    /// <summary>
    /// Interval in hours at which a database whose change token is unchanged is read and compared in full with its newest backup; 1 to 720,
    /// default 24.
    /// </summary>
    public int CompareEveryHours { get; init; } = 24;

    /// <summary>Which existing backups are copied to a destination that is added to the task. Default the newest chain.</summary>
    public ExistingBackups ExistingBackups { get; init; }

    /// <summary>Whether an operator has disabled it.</summary>
    public bool Disabled { get; init; }

    /// <summary>Whether it runs on schedule.</summary>
    public bool Runs => !Disabled && Destinations.Count > 0;
}
