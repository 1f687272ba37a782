using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Backups;

/// <summary>
/// Whether a restore point can be read: its chain is there and its keys are at hand. The bytes of the database are
/// checked when they are restored.
/// </summary>
public sealed record RestorePointCheckView
{
    /// <summary>Its file name.</summary>
    public required string Archive { get; init; }

    /// <summary>When the backup began.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary><c>FullBackup</c>, <c>IncrementalBackup</c>, <c>Snapshot</c> or <c>EncryptedSnapshot</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Whether the file is encrypted.</summary>
    public required bool IsEncrypted { get; init; }

    /// <summary>Whether a passphrase opens it.</summary>
    public bool NeedsPassphrase { get; init; }

    /// <summary>Ids of the keys that open it.</summary>
    public IReadOnlyList<string> NeedsKeys { get; set; } = [];

    /// <summary>Why it cannot be read; null where it can. <c>key-missing</c> and <c>key-wrong</c> are told apart.</summary>
    public OperationError? Problem { get; init; }

    /// <summary>The database that it is of; null where it cannot be read, as all that follows.</summary>
    public string? Database { get; init; }

    /// <summary>Engine that it is of: it can become a database of a source of the same.</summary>
    public string? Engine { get; init; }

    /// <summary>Whether the database itself is encrypted; it will be again.</summary>
    public bool DatabaseEncrypted { get; init; }

    /// <summary>Logical or snapshot.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Tag of the node that made it.</summary>
    public string? Node { get; init; }

    /// <summary>Archives that it takes.</summary>
    public int Archives { get; init; }

    /// <summary>Bytes of those files.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes that will be written.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>Owner and mode of the file that was backed up; null where that is not known, and where the database was no file.</summary>
    public FileView? File { get; init; }

    /// <summary>
    /// System user that the server runs as: a new file belongs to it, and nobody else may read it, unless the restore
    /// asks for owner or mode of the original.
    /// </summary>
    public required string ServerUser { get; init; }
}
