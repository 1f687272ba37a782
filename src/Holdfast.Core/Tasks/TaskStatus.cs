using Holdfast.Core.Encryption;
using Holdfast.Core.Retention;

namespace Holdfast.Core.Tasks;

/// <summary>The status of one task; stored once for each task.</summary>
public sealed record TaskStatus
{
    /// <summary>The status of a task that has never run.</summary>
    public static readonly TaskStatus NeverRun = new();

    /// <summary>When the last successful full backup started; null for never.</summary>
    public DateTimeOffset? LastFullBackup { get; init; }

    /// <summary>When the last successful incremental started, including runs that had nothing to store; null for never.</summary>
    public DateTimeOffset? LastIncrementalBackup { get; init; }

    /// <summary>
    /// When the last full read of the database that matched its newest backup started, by a backup or a comparison. Null in a status from
    /// an older version.
    /// </summary>
    public DateTimeOffset? LastRead { get; init; }

    /// <summary>When the last comparison outside of the backups started, whatever its result; null for never.</summary>
    public DateTimeOffset? LastCompared { get; init; }

    /// <summary>Contents of the newest backup; null if unknown, or if the database has no change token.</summary>
    public ContentDigest? Content { get; init; }

    /// <summary>
    /// When the last run that used up a full slot started, whatever its result; null for never. Slots until then are used up.
    /// </summary>
    public DateTimeOffset? FullSlotUsed { get; init; }

    /// <summary>The same for incremental slots; a full backup uses up both.</summary>
    public DateTimeOffset? IncrementalSlotUsed { get; init; }

    /// <summary>When the last run ended; null for never.</summary>
    public DateTimeOffset? LastEnd { get; init; }

    /// <summary>How the last run ended; null for never.</summary>
    public Operations.OperationState? LastState { get; init; }

    /// <summary>Number of failed runs since the last successful one.</summary>
    public int Failures { get; init; }

    /// <summary>The kind of the failed run, and of its retry; null if the last run did not fail.</summary>
    public BackupKind? FailedKind { get; init; }

    /// <summary>Why the last run failed completely or in part, for people; null if it did not.</summary>
    public string? LastError { get; init; }

    /// <summary>When a postponed run starts again; null if none is postponed.</summary>
    public DateTimeOffset? DelayedUntil { get; init; }

    /// <summary>The kind of the postponed run.</summary>
    public BackupKind? DelayedKind { get; init; }

    /// <summary>Type of the last archive, after any fallback; null if there is none.</summary>
    public BackupType? EffectiveType { get; init; }

    /// <summary>Why the type differs from the requested one; null if it does not.</summary>
    public string? TypeReason { get; init; }

    /// <summary>How the last archive is encrypted; null if there is none.</summary>
    public ArchiveEncryption? Encryption { get; init; }

    /// <summary>Size of the last stored archive file, in bytes.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Size of the database at its last backup, in bytes.</summary>
    public long? DatabaseBytes { get; init; }

    /// <summary>Size at the backup before it, of the same type; null if there was none.</summary>
    public long? PreviousDatabaseBytes { get; init; }

    /// <summary>Destinations that could not store the last archive, and why; null if there are none.</summary>
    public IReadOnlyDictionary<string, string>? FailedDestinations { get; init; }

    /// <summary>
    /// Destinations that have the newest backup, according to the last successful run. Null if unknown: then all of the task's destinations
    /// except <see cref="FailedDestinations"/>.
    /// </summary>
    public IReadOnlyList<string>? StoredAt { get; init; }

    /// <summary>Destinations at which retention did not delete expired backups, and why; null if there are none.</summary>
    public IReadOnlyDictionary<string, RetentionProblem>? RetentionProblems { get; init; }

    /// <summary>
    /// The newest archive of the newest chain, as written; null if unknown, for example before the first backup by this version.
    /// </summary>
    public ChainHead? Head { get; init; }

    /// <summary>
    /// Paths of chains of its database whose names are too far in the future, by destination name, as of the last successful run; null if
    /// there are none.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? NamesAhead { get; init; }

    /// <summary>Number of further such chains, by destination name; null if there are none.</summary>
    public IReadOnlyDictionary<string, int>? MoreNamesAhead { get; init; }

    /// <summary>Duration of the last successful run.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Tag of the node that ran it last.</summary>
    public string? Node { get; init; }

    /// <summary>Id of its last operation.</summary>
    public string? OperationId { get; init; }

    /// <summary>Warnings of the last run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>When the newest successful backup of any kind started; null if there is none.</summary>
    public DateTimeOffset? LastSuccess =>
        LastFullBackup > LastIncrementalBackup || LastIncrementalBackup is null ? LastFullBackup : LastIncrementalBackup;
}
