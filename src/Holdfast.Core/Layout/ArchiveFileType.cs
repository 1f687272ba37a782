namespace Holdfast.Core.Layout;

/// <summary>The type of an archive, as its file name states it.</summary>
public enum ArchiveFileType
{
    /// <summary><c>full-backup</c>: a full logical backup.</summary>
    FullBackup,

    /// <summary><c>snapshot</c>: a full image.</summary>
    Snapshot,

    /// <summary><c>encrypted-snapshot</c>: a full image of an encrypted database.</summary>
    EncryptedSnapshot,

    /// <summary><c>incremental-backup</c>: the changes since the archive before it.</summary>
    IncrementalBackup,
}
