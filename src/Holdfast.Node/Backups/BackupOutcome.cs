using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Backups;

/// <summary>The outcome of the backup of one database, for tables, logs and the API.</summary>
public sealed record BackupOutcome
{
    /// <summary>The database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>How the backup ended.</summary>
    public required BackupState State { get; init; }

    /// <summary>Full or incremental; null if it failed before that was decided.</summary>
    public BackupKind? Kind { get; init; }

    /// <summary>The type of the archive; null if it failed before that was decided.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Why the type differs from the requested one; null if it does not.</summary>
    public string? TypeReason { get; init; }

    /// <summary>The encryption of the archive; null if it failed before that was decided.</summary>
    public EncryptionDecision? Encryption { get; init; }

    /// <summary>Whether the database was read completely although nothing had to be stored.</summary>
    public bool WasReadInFull { get; init; }

    /// <summary>Digest of the database's contents; null if it was not read completely or has no change token.</summary>
    public ContentDigest? Content { get; init; }

    /// <summary>Path of the archive at its destinations; null if none was written.</summary>
    public string? Path { get; init; }

    /// <summary>Id of the archive; null if none was written.</summary>
    public string? ArchiveId { get; init; }

    /// <summary>The written archive; null if none.</summary>
    public ChainHead? Head { get; init; }

    /// <summary>Size of the database, in bytes.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>Bytes of items stored in this archive, before compression.</summary>
    public long OwnBytes { get; init; }

    /// <summary>Size of the archive file, in bytes.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Duration of the backup.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Notes for the operator: fallbacks, a key that is not used, why an incremental became full.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Paths of chains whose names are too far in the future, by the name of their destination.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> FutureChainNames { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// The error of each destination, in order; null for success. Empty if the backup failed before that was known.
    /// </summary>
    public IReadOnlyList<HoldfastException?> DestinationFailures { get; init; } = [];

    /// <summary>Why the backup failed, completely or in part; null if it succeeded.</summary>
    public HoldfastException? Error { get; init; }
}
