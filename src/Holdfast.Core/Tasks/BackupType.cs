namespace Holdfast.Core.Tasks;

/// <summary>The form in which a database is archived.</summary>
public enum BackupType
{
    /// <summary>Logical: a script that recreates the database.</summary>
    Backup,

    /// <summary>Binary image of the database's pages.</summary>
    Snapshot,
}
