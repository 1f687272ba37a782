using Holdfast.Core.Encryption;
using Holdfast.Core.Retention;

namespace Holdfast.Core.Tasks;

/// <summary>What has become of one task so far; stored once for each task.</summary>
public sealed record TaskStatus
{
    /// <summary>The status of a task that has never run.</summary>
    public static readonly TaskStatus NeverRun = new();

    /// <summary>When the last full backup that succeeded began; null for never.</summary>
    public DateTimeOffset? LastFullBackup { get; init; }

    /// <summary>When the last incremental that succeeded began, one that had nothing to store among them; null for never.</summary>
    public DateTimeOffset? LastIncrementalBackup { get; init; }

    /// <summary>
    /// When the database was last begun to be read to its end, and stood in its newest backup: by a backup, or a
    /// comparison in full. Null where an older Holdfast has not said.
    /// </summary>
    public DateTimeOffset? LastRead { get; init; }

    /// <summary>When a comparison beside the backups last began, whatever it came to; null for never.</summary>
    public DateTimeOffset? LastCompared { get; init; }

    /// <summary>What the newest backup holds; null where that is not known, or the database has no change token.</summary>
    public ContentDigest? Content { get; init; }

    /// <summary>
    /// When the last run began for which a full slot was used up, whatever became of it; null for never. Slots up to
    /// then are past.
    /// </summary>
    public DateTimeOffset? FullSlotUsed { get; init; }

    /// <summary>The same for incremental slots; a full uses up both.</summary>
    public DateTimeOffset? IncrementalSlotUsed { get; init; }

    /// <summary>When the last run ended; null for never.</summary>
    public DateTimeOffset? LastEnd { get; init; }

    /// <summary>How the last run ended; null for never.</summary>
    public Operations.OperationState? LastState { get; init; }

    /// <summary>Runs that failed since one succeeded.</summary>
    public int Failures { get; init; }

    /// <summary>The kind that the run which failed was to be, and a retry is; null where none failed.</summary>
    public BackupKind? FailedKind { get; init; }

    /// <summary>Why the last run failed, or failed in part, for people; null where it did not.</summary>
    public string? LastError { get; init; }

    /// <summary>A run was stopped to begin again at this time; null for no delay.</summary>
    public DateTimeOffset? DelayedUntil { get; init; }

    /// <summary>The kind that the delayed run is.</summary>
    public BackupKind? DelayedKind { get; init; }

    /// <summary>Type of the last archive, after any fallback; null for none.</summary>
    public BackupType? EffectiveType { get; init; }

    /// <summary>Why that is not the type that was asked for; null where it is.</summary>
    public string? TypeReason { get; init; }

    /// <summary>What protects the last archive; null for none.</summary>
    public ArchiveEncryption? Encryption { get; init; }

    /// <summary>Bytes of the last archive file that was stored.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Bytes of the database at its last backup.</summary>
    public long? DatabaseBytes { get; init; }

    /// <summary>The same at the backup before it, of the same type; null where there was none.</summary>
    public long? PreviousDatabaseBytes { get; init; }

    /// <summary>Destinations that did not take the last archive, and why; null where all did.</summary>
    public IReadOnlyDictionary<string, string>? FailedDestinations { get; init; }

    /// <summary>
    /// Destinations that hold the newest backup, as the last run that succeeded left them. Null where none has said:
    /// then all of the task, without <see cref="FailedDestinations"/>.
    /// </summary>
    public IReadOnlyList<string>? StoredAt { get; init; }

    /// <summary>Destinations at which retention did not delete what is past its time, and why; null for none.</summary>
    public IReadOnlyDictionary<string, RetentionProblem>? RetentionProblems { get; init; }

    /// <summary>
    /// The newest archive of the newest chain, as it was written; null where that is not known, as before the first
    /// backup by this version.
    /// </summary>
    public ChainHead? Head { get; init; }

    /// <summary>
    /// Paths of chains of its database whose names lie too far ahead, by the name of their destination, as the last run
    /// that succeeded found them; null for none.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? NamesAhead { get; init; }

    /// <summary>How many more such chains there were, by the name of their destination; null for none.</summary>
    public IReadOnlyDictionary<string, int>? MoreNamesAhead { get; init; }

    /// <summary>How long the last run that succeeded took.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Tag of the node that ran it last.</summary>
    public string? Node { get; init; }

    /// <summary>Its last operation.</summary>
    public string? OperationId { get; init; }

    /// <summary>Warnings of the last run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The newest backup of any kind that succeeded; null for none.</summary>
    public DateTimeOffset? LastSuccess =>
        LastFullBackup > LastIncrementalBackup || LastIncrementalBackup is null ? LastFullBackup : LastIncrementalBackup;
}
