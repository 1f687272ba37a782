namespace Holdfast.Core.Cluster;

/// <summary>The role of a node's source for one database; it can differ between databases.</summary>
public enum DatabaseRole
{
    /// <summary>The source accepts writes.</summary>
    Primary,

    /// <summary>The source replicates another one.</summary>
    Replica,
}
