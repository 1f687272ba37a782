namespace Holdfast.Studio.Pages.Restore;

/// <summary>The steps from a backup to a new database.</summary>
public enum RestoreStep
{
    /// <summary>Where the backup is looked for.</summary>
    Location,

    /// <summary>Which database, and which of its points.</summary>
    Point,

    /// <summary>Whether it can be read, and the key where one is needed.</summary>
    Key,

    /// <summary>What the new database is called, and where it goes.</summary>
    Name,

    /// <summary>What will be done.</summary>
    Summary,

    /// <summary>How far it is, and what came of it.</summary>
    Progress,
}
