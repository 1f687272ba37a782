namespace Holdfast.Core.Tasks;

/// <summary>Which backups that a task already has are copied to a destination that is added to it.</summary>
public enum ExistingBackups
{
    /// <summary>The newest chain of each database, so that the destination has a backup at once.</summary>
    Newest,

    /// <summary>All chains that the retention of the task keeps.</summary>
    All,

    /// <summary>None: the destination gets backups from the next full backup on.</summary>
    None,
}
