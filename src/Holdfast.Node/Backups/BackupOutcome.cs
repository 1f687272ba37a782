using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Backups;

/// <summary>How the backup of one database ended, for tables, logs and API.</summary>
public sealed record BackupOutcome
{
    /// <summary>The database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>How it ended.</summary>
    public required BackupState State { get; init; }

    /// <summary>Full or incremental; null when it failed before that was decided.</summary>
    public BackupKind? Kind { get; init; }

    /// <summary>What was made; null when it failed before that was decided.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Why that is not the type that was asked for; null where it is.</summary>
    public string? TypeReason { get; init; }

    /// <summary>What protects the archive; null when it failed before that was decided.</summary>
    public EncryptionDecision? Encryption { get; init; }

    /// <summary>Whether the database was read to its end, though nothing had to be stored.</summary>
    public bool WasReadInFull { get; init; }

    /// <summary>What the database held; null where it was not read to its end, or has no change token.</summary>
    public ContentDigest? Content { get; init; }

    /// <summary>Path of the archive at its destinations; null where none was written.</summary>
    public string? Path { get; init; }

    /// <summary>Id of the archive; null where none was written.</summary>
    public string? ArchiveId { get; init; }

    /// <summary>The archive as it was written; null where none was.</summary>
    public ChainHead? Head { get; init; }

    /// <summary>Bytes of the database at this point.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>Bytes of items that the archive itself holds, before compression.</summary>
    public long OwnBytes { get; init; }

    /// <summary>Bytes of the archive file.</summary>
    public long StoredBytes { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>What the operator should know: fallbacks, a key that is not used, why an incremental became full.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Paths of chains whose names lie too far ahead, by the name of their destination.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> FutureChainNames { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// What went wrong at each destination, by their order; null where nothing did. Empty when it failed before that
    /// was known.
    /// </summary>
    public IReadOnlyList<HoldfastException?> DestinationFailures { get; init; } = [];

    /// <summary>Why it failed, or failed in part; null where it did not.</summary>
    public HoldfastException? Error { get; init; }
}
