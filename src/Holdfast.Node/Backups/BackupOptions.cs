using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Backups;

/// <summary>Options of a backup, the same for every database that it covers.</summary>
public sealed record BackupOptions
{
    /// <summary>The requested type. Default logical.</summary>
    public BackupType Type { get; init; } = BackupType.Backup;

    /// <summary>The requested kind. Default full. An incremental without a chain to build on becomes full, with a reason.</summary>
    public BackupKind Kind { get; init; } = BackupKind.Full;

    /// <summary>The given key or recipients; null for none.</summary>
    public AgeProtection? Encryption { get; init; }

    /// <summary>Whether the given key also encrypts snapshots of unencrypted databases. Default no.</summary>
    public bool EncryptSnapshots { get; init; }

    /// <summary>Whether a database with an unchanged change token is read and compared in full. Default no.</summary>
    public bool CompareInFull { get; init; }

    /// <summary>Tag of the node.</summary>
    public required string Node { get; init; }

    /// <summary>The node's own key, which opens indexes.</summary>
    public required AgeIdentity NodeKey { get; init; }

    /// <summary>Additional keys that may open indexes.</summary>
    public AgeKeys IndexKeys { get; init; } = AgeKeys.None;

    /// <summary>Short id of the task; null for one-time and offline backups.</summary>
    public string? Task { get; init; }

    /// <summary>Epoch of the assignment; 0 if there is none.</summary>
    public long Epoch { get; init; }

    /// <summary>
    /// The latest possible current time, which names at the destinations are compared with. Default null, without a trusted clock:
    /// then only names decades ahead are ignored.
    /// </summary>
    public DateTimeOffset? LatestPossibleTime { get; init; }

    /// <summary>
    /// Maximum age of a chain that is extended; the next backup of an older one is full. Null, the default, for no limit.
    /// </summary>
    public TimeSpan? MaxChainAge { get; init; }
}
