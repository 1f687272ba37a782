namespace Holdfast.Core.Tasks;

/// <summary>How a database is put into an archive.</summary>
public enum BackupType
{
    /// <summary>Logical: a script that builds the database anew.</summary>
    Backup,

    /// <summary>Binary image of the database's pages.</summary>
    Snapshot,
}
