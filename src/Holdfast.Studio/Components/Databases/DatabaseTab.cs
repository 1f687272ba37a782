namespace Holdfast.Studio.Components.Databases;

/// <summary>The pages of one database.</summary>
public enum DatabaseTab
{
    /// <summary>Its ongoing tasks.</summary>
    Tasks,

    /// <summary>Its backups.</summary>
    Backups,

    /// <summary>Its topology.</summary>
    Topology,
}
