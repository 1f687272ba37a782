using Holdfast.Core.Encryption;
using Holdfast.Core.Retention;

namespace Holdfast.Core.Tasks;

/// <summary>What a server-wide task and a regular one have in common. Immutable: an edit makes a new one.</summary>
public sealed record TaskSettings
{
    /// <summary>Logical or snapshot.</summary>
    public required BackupType Type { get; init; }

    /// <summary>When a full backup is due: a cron expression of 5 fields; null for never by schedule.</summary>
    public string? FullBackup { get; init; }

    /// <summary>When an incremental is due: a cron expression of 5 fields; null for never. At least one of the two is set.</summary>
    public string? IncrementalBackup { get; init; }

    /// <summary>Time zone of both, an IANA name such as <c>Europe/Berlin</c>; null for the node's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>How long backups are kept; null for ever.</summary>
    public RetentionPolicy? Retention { get; init; }

    /// <summary>What archives are encrypted with.</summary>
    public EncryptionSettings Encryption { get; init; } = new();

    /// <summary>Names of the destinations. None: the task does not run, and an alert says so.</summary>
    public IReadOnlyList<string> Destinations { get; init; } = [];

    /// <summary>
    /// In how many days each of its chains is verified once at each destination; 1 to 365. Null, the default, for never
    /// by itself.
    /// </summary>
    public int? VerifyEveryDays { get; init; }

    /// <summary>
    /// In how many hours a database that says of itself that nothing has changed is read and compared in full with its
    /// newest backup; 1 to 720, default 24.
    /// </summary>
    public int CompareEveryHours { get; init; } = 24;

    /// <summary>Whether an operator has switched it off.</summary>
    public bool Disabled { get; init; }

    /// <summary>Whether the schedule starts it.</summary>
    public bool Runs => !Disabled && Destinations.Count > 0;
}
