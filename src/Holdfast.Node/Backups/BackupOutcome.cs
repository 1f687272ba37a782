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

    /// <summary>What protects the archive; null when it failed before that was decided.</summary>
    public EncryptionDecision? Encryption { get; init; }

    /// <summary>Path of the archive at its destinations; null where none was written.</summary>
    public string? Path { get; init; }

    /// <summary>Id of the archive; null where none was written.</summary>
    public string? ArchiveId { get; init; }

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

    /// <summary>What went wrong at each destination, by their order; null where nothing did. Empty when it failed before that was known.</summary>
    public IReadOnlyList<HoldfastException?> DestinationFailures { get; init; } = [];

    /// <summary>Why it failed, or failed in part; null where it did not.</summary>
    public HoldfastException? Error { get; init; }
}
