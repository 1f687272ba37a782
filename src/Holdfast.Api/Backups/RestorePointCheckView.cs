using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Backups;

/// <summary>
/// Whether a restore point can be read: its chain is complete and the keys are available. The contents of the database
/// are verified during a restore.
/// </summary>
public sealed record RestorePointCheckView
{
    /// <summary>File name of its archive.</summary>
    public required string Archive { get; init; }

    /// <summary>When the backup began.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary><c>FullBackup</c>, <c>IncrementalBackup</c>, <c>Snapshot</c> or <c>EncryptedSnapshot</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Whether the file is encrypted.</summary>
    public required bool IsEncrypted { get; init; }

    /// <summary>Whether a passphrase is required.</summary>
    public bool NeedsPassphrase { get; init; }

    /// <summary>Ids of the keys that can decrypt it.</summary>
    public IReadOnlyList<string> NeedsKeys { get; set; } = [];

    /// <summary>
    /// Why it cannot be read; null if it can. A missing key has the code <c>key-missing</c>, a wrong one
    /// <c>key-wrong</c>.
    /// </summary>
    public OperationError? Problem { get; init; }

    /// <summary>The database that was backed up; null if the archive cannot be read, like the values below.</summary>
    public string? Database { get; init; }

    /// <summary>Engine of the database. It can be restored to a source of the same engine.</summary>
    public string? Engine { get; init; }

    /// <summary>Whether the database itself is encrypted; the restored one will be too.</summary>
    public bool DatabaseEncrypted { get; init; }

    /// <summary>Logical or snapshot.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Tag of the node that made it.</summary>
    public string? Node { get; init; }

    /// <summary>Number of archives that a restore needs.</summary>
    public int Archives { get; init; }

    /// <summary>Size of these archives, in bytes.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes that a restore will write.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>Owner and permissions of the original file; null if unknown, or if the database was not a file.</summary>
    public FileView? File { get; init; }

    /// <summary>
    /// System user that the server runs as. It owns the new file and only it can read it, unless the restore keeps the
    /// owner or mode of the original.
    /// </summary>
    public required string ServerUser { get; init; }
}
