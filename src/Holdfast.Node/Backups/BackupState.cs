namespace Holdfast.Node.Backups;

/// <summary>How the backup of one database ended.</summary>
public enum BackupState
{
    /// <summary>The archive is at every destination.</summary>
    Completed,

    /// <summary>The archive is at some destinations, but not at all of them.</summary>
    CompletedWithErrors,

    /// <summary>Unchanged since the previous archive; none was written.</summary>
    Unchanged,

    /// <summary>No archive was written.</summary>
    Failed,
}
