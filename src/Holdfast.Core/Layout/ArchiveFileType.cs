namespace Holdfast.Core.Layout;

/// <summary>What the name of an archive file says that it is.</summary>
public enum ArchiveFileType
{
    /// <summary><c>full-backup</c>: a full logical backup.</summary>
    FullBackup,

    /// <summary><c>snapshot</c>: a full image.</summary>
    Snapshot,

    /// <summary><c>encrypted-snapshot</c>: a full image of an encrypted database.</summary>
    EncryptedSnapshot,

    /// <summary><c>incremental-backup</c>: what changed since the archive before it.</summary>
    IncrementalBackup,
}
