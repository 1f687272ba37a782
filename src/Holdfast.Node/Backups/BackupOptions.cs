using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Backups;

/// <summary>What is asked of a backup, the same for every database that it covers.</summary>
public sealed record BackupOptions
{
    /// <summary>The type asked for. Default logical.</summary>
    public BackupType Type { get; init; } = BackupType.Backup;

    /// <summary>The kind asked for. Default full. An incremental without a chain to build on becomes full, and says so.</summary>
    public BackupKind Kind { get; init; } = BackupKind.Full;

    /// <summary>The key or recipients given; null for none.</summary>
    public AgeProtection? Encryption { get; init; }

    /// <summary>Whether the given key also encrypts snapshots of unencrypted databases. Default no.</summary>
    public bool EncryptSnapshots { get; init; }

    /// <summary>Whether a database that says of itself that nothing has changed is read and compared in full. Default no.</summary>
    public bool CompareInFull { get; init; }

    /// <summary>Tag of the node.</summary>
    public required string Node { get; init; }

    /// <summary>The node's own key: it opens indexes.</summary>
    public required AgeIdentity NodeKey { get; init; }

    /// <summary>Keys that may open indexes besides the node's.</summary>
    public AgeKeys IndexKeys { get; init; } = AgeKeys.None;

    /// <summary>Short id of the task; null for one-time and offline backups.</summary>
    public string? Task { get; init; }

    /// <summary>Epoch of the assignment; 0 where there is none.</summary>
    public long Epoch { get; init; }

    /// <summary>
    /// The latest that it can be now, which names at the destinations are held against; null, the default, where nobody
    /// watches the time: then only names decades ahead are not followed.
    /// </summary>
    public DateTimeOffset? LatestPossibleTime { get; init; }

    /// <summary>A chain that is older is not extended: the next backup is full. Null, the default, for any age.</summary>
    public TimeSpan? MaxChainAge { get; init; }
}
