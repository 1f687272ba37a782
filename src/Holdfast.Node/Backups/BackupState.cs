namespace Holdfast.Node.Backups;

/// <summary>How the backup of one database ended.</summary>
public enum BackupState
{
    /// <summary>The archive is at every destination.</summary>
    Completed,

    /// <summary>The archive is at some destinations, not at all of them.</summary>
    CompletedWithErrors,

    /// <summary>Nothing has changed since the archive before; none was written.</summary>
    Unchanged,

    /// <summary>No archive was made.</summary>
    Failed,
}
