namespace Holdfast.Studio.Pages.Restore;

/// <summary>Steps of the restore wizard.</summary>
public enum RestoreStep
{
    /// <summary>Select where to look for the backup.</summary>
    Location,

    /// <summary>Select the database and the restore point.</summary>
    Point,

    /// <summary>Check that the backup can be read; enter a key if needed.</summary>
    Key,

    /// <summary>Choose name and source of the new database.</summary>
    Name,

    /// <summary>Review and start.</summary>
    Summary,

    /// <summary>Progress and result.</summary>
    Progress,
}
